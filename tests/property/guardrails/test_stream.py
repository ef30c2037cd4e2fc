"""An answer that streams: however it is cut, the same goes out; no part of a hit goes out unmasked; and the end agrees with the whole."""

from __future__ import annotations

import base64

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringwall.guardrails import Block, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.assessment import outputs
from ringwall.guardrails.stream import EDGE, REACH, STEP, Ended, Released, Stopped, Stream
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import SCORERS, config

GUARDRAIL = compile_guardrail(
    parse_config(
        config(
            wordPolicyConfig={"wordsConfig": [{"text": "wallaroon deviltry"}, {"text": "bomb"}]},
            sensitiveInformationPolicyConfig={
                "piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}, {"type": "CREDIT_DEBIT_CARD_NUMBER", "action": "BLOCK"}],
                "regexesConfig": [{"name": "ticket", "pattern": "TCK-[0-9]{4,400}", "action": "ANONYMIZE"}],
            },
        )
    ),
    SCORERS,
)
PHRASE = "wallaroon deviltry"
BLOCKING = (
    PHRASE,
    "wallar\u200boon  deviltry",
    base64.b64encode(f"so {PHRASE} now".encode()).decode(),
    PHRASE.encode().hex(),
    "".join(f"%{byte:02x}" for byte in PHRASE.encode()),
    PHRASE[::-1],
    "jnyynebba qrivygel",  # rotated by thirteen
    "a bomb",
    "4111 1111 1111 1111",
)
MASKED = ("bob.the.builder@example.com", "TCK-1234", "TCK-" + "7" * 300)
BENIGN = ("bombastic", "aplomb", "wallaroon", "4111 1111", "bob@", "TCK-12", "The pump was replaced in March. ", "grüße ", "\n", " ")
FILLER = st.integers(0, 700).map(lambda length: ("the vibration readings have been stable since then and " * 14)[:length])
TEXTS = st.lists(FILLER | st.sampled_from(BENIGN + MASKED), min_size=1, max_size=8).map(" ".join)


def stream(text: str, cuts: list[int], *, close: bool = False) -> tuple[str, Stopped | Ended]:
    """Return what was released before the end, and the end."""
    session = Stream(GUARDRAIL, "OUTPUT", Limits())
    out = ""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        for event in session.feed(0, text[start:end]):
            if isinstance(event, Stopped):
                return out, event
            out += event.text
    for event in session.close(0) if close else ():
        if isinstance(event, Stopped):
            return out, event
        out += event.text
    return out, session.finish()


def whole_of(out: str, end: Stopped | Ended) -> str:
    return out + "".join(released.text for released in end.released) if isinstance(end, Ended) else out


@settings(max_examples=60)
@given(st.lists(FILLER | st.sampled_from(BENIGN + MASKED + BLOCKING), min_size=1, max_size=7).map(" ".join), st.data())
def test_the_same_goes_out_however_an_answer_is_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    out, end = stream(text, cuts)
    expected, expected_end = stream(text, [])
    assert out == expected
    assert end == expected_end


@settings(max_examples=60)
@given(TEXTS, st.sampled_from(BLOCKING), TEXTS)
def test_no_character_of_a_blocking_hit_goes_out(before: str, hidden: str, after: str) -> None:
    text = f"{before} {hidden} {after}"
    evaluation = evaluate(GUARDRAIL, "OUTPUT", [Block(text)], Limits())
    hits = [hit.finding.span for verdict in evaluation.verdicts for hit in verdict.hits if hit.action == "BLOCK"]
    out, end = stream(text, [])
    assert isinstance(end, Stopped)
    first = min(span.start for span in hits if span.end - span.start <= REACH - EDGE)
    masked_before = evaluate(GUARDRAIL, "OUTPUT", [Block(text[:first])], Limits())
    visible = outputs(masked_before)[0] if masked_before.outcome.action == "ANONYMIZE" else text[:first]
    assert visible.startswith(out)
    closed, end = stream(text, [], close=True)
    assert isinstance(end, Stopped)
    assert visible.startswith(closed)


@settings(max_examples=60)
@given(TEXTS)
@example(text="x" * (STEP - 30) + " bob.the.builder@example.com " + "y" * 300)
@example(text="TCK-" + "7" * 300 + " and on")
def test_what_goes_out_in_pieces_is_what_the_whole_lets_out(text: str) -> None:
    evaluation = evaluate(GUARDRAIL, "OUTPUT", [Block(text)], Limits())
    expected = (outputs(evaluation) or [text])[0]
    out, end = stream(text, [])
    assert isinstance(end, Ended)
    assert whole_of(out, end) == expected
    assert end.evaluation == evaluation
    assert stream(text, [], close=True)[0] == expected


def test_every_cut_of_one_answer() -> None:
    text = "The pump was replaced in March. " * 9 + "write to bob.the.builder@example.com " + "and the readings have been stable. " * 12
    expected = stream(text, [])
    for cut in range(len(text) + 1):
        assert stream(text, [cut]) == expected


def test_a_benign_answer_leaves_before_its_end() -> None:
    text = "The pump was replaced in March. " * 40
    out, _ = stream(text, [])
    assert len(text) - REACH < len(out) < len(text)


def test_blocks_are_judged_apart_and_together() -> None:
    session = Stream(GUARDRAIL, "OUTPUT", Limits())
    assert session.feed(0, "it is a wallaroon") == ()
    assert session.feed(1, "deviltry, they said") == ()
    assert isinstance(session.finish(), Stopped)


def test_the_asynchronous_mode_sends_first_and_stops_behind() -> None:
    session = Stream(GUARDRAIL, "OUTPUT", Limits(), mode="async")
    text = f"{'so it was ' * 10}{PHRASE} {'and on it went ' * 40}"
    events = session.feed(0, text)
    assert events[0] == Released(0, text)
    assert isinstance(events[-1], Stopped)


def test_a_word_that_a_mark_cuts_is_not_another_word() -> None:
    for shown in range(len(" bombastic") + 1):
        text = ("the vibration readings " * 30)[: STEP - shown] + " bombastic" + " and so on" * 60
        assert isinstance(stream(text, [])[1], Ended)
