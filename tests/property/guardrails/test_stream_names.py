"""A learned finder in an answer that streams: however it is cut, the same goes out, and no character of a name that has a window's context."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.guardrails import Scorers, compile_guardrail, parse_config
from ringwall.guardrails.stream import Ended, Released, Stopped, Stream
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import config
from tests.unit.guardrails.test_naming import CapitalFinder

NAME = "zorbla"


def guardrail(action: str) -> object:
    policy = {"piiEntitiesConfig": [{"type": "NAME", "action": action}]}
    return compile_guardrail(parse_config(config(sensitiveInformationPolicyConfig=policy)), Scorers(names=CapitalFinder()))


MASKING, BLOCKING = guardrail("ANONYMIZE"), guardrail("BLOCK")
FILLER = st.integers(0, 500).map(lambda length: ("the readings have been stable since then and " * 12)[:length])
TEXTS = st.lists(FILLER | st.just(NAME), min_size=1, max_size=8).map(" ".join)


def stream(text: str, cuts: list[int], guard: object) -> tuple[str, Stopped | Ended]:
    session = Stream(guard, "OUTPUT", Limits())  # type: ignore[arg-type]
    out = ""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        for event in session.feed(0, text[start:end]):
            if isinstance(event, Stopped):
                return out, event
            assert isinstance(event, Released)
            out += event.text
    return out, session.finish()


@settings(max_examples=40)
@given(TEXTS, st.data())
def test_the_same_goes_out_however_an_answer_is_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    cut, whole = stream(text, cuts, MASKING), stream(text, [], MASKING)
    assert cut[0] == whole[0]
    assert isinstance(cut[1], Ended)
    assert isinstance(whole[1], Ended)
    released = cut[0] + "".join(each.text for each in cut[1].released)
    assert released == text.replace(NAME, "{NAME}")


@settings(max_examples=40)
@given(FILLER, FILLER)
def test_nothing_of_a_blocked_name_goes_out(before: str, after: str) -> None:
    text = f"{before} {NAME} {after}"
    out, end = stream(text, list(range(0, len(text), 7)), BLOCKING)
    assert isinstance(end, Stopped)
    assert text.startswith(out)
    assert len(out) <= len(before) + 1


def test_a_benign_answer_leaves_before_its_end() -> None:
    out, _ = stream("the readings have been stable since then and " * 12, [], MASKING)
    assert len(out) > 256
