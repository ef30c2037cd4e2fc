"""What may leave early: rules planted right behind what has left, in every way the wall reads, and nothing of them leaves."""

from __future__ import annotations

import base64
import codecs
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.guardrails import Block, Guardrail, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.assessment import outputs
from ringwall.guardrails.border import IGNORABLE
from ringwall.guardrails.lane import FIRST_LEARNED_MARKS, FIRST_MARKS
from ringwall.guardrails.stream import EDGE, REACH, Ended, Released, Stopped, Stream
from ringwall.text.detectors import plain_end
from ringwall.text.tables.block_codes import _MORSE
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import SCORERS, config, content_policy

LIMITS = Limits()
WORDS = ("wallaroon deviltry", "bomb", "we shall never speak of the old harvest again", "stratagem")
PII = ("EMAIL", "CREDIT_DEBIT_CARD_NUMBER", "US_SOCIAL_SECURITY_NUMBER", "PHONE", "NAME", "PASSWORD", "IP_ADDRESS")


def guardrail(action: str, *, pii: tuple[str, ...] = PII) -> Guardrail:
    return compile_guardrail(
        parse_config(
            config(
                wordPolicyConfig={"wordsConfig": [{"text": word} for word in WORDS]},
                sensitiveInformationPolicyConfig={
                    "piiEntitiesConfig": [{"type": name, "action": action} for name in pii],
                    "regexesConfig": [{"name": "ticket", "pattern": "TCK [0-9 ]{4,40}", "action": action}],
                },
            )
        ),
        SCORERS,
    )


BLOCKING, MASKING = guardrail("BLOCK"), guardrail("ANONYMIZE", pii=PII[:5])
PROSE = "the vibration readings of this one have been stable since then and nobody has heard it squeal or rumble any more, so they say "
WRITTEN = (
    "wallaroon deviltry",
    "we shall never speak of the old harvest again",
    "a bomb is",
    "bob.the.builder@example.com",
    "4111 1111 1111 1111",
    "078-05-1120",
    "my password is hunter2!x",
    "Mr John Smith",
    "TCK 12 34 56",
)


def grouped(size: int, text: str) -> str:
    return " ".join(text[i : i + size] for i in range(0, len(text), size))


WAYS = {
    "as it is": lambda text: text,
    "invisible": "\u200b".join,
    "wide": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "base64": lambda text: base64.b64encode(f"so {text} now".encode()).decode(),
    "base64 in groups": lambda text: grouped(5, base64.b64encode(f"so {text} now".encode()).decode()),
    "base64 words": lambda text: " ".join(base64.b64encode(word.encode()).decode() for word in text.split()),
    "base32 in groups": lambda text: grouped(6, base64.b32encode(f"so {text}".encode()).decode()),
    "base85 in groups": lambda text: grouped(7, base64.b85encode(f"so {text} now".encode()).decode()),
    "hex": lambda text: text.encode().hex(" ", 3),
    "decimal": lambda text: " ".join(map(str, text.encode())),
    "percent": lambda text: "".join(f"%{ord(c):02x}" if i % 3 == 1 else c for i, c in enumerate(text)),
    "references": lambda text: "".join(f"&#{ord(c)};" if i % 4 == 2 else c for i, c in enumerate(text)),
    "quoted": lambda text: "".join(f"={ord(c):02X}" if i % 2 else c for i, c in enumerate(text)),
    "morse": lambda text: " ".join(_MORSE.get(c.lower(), "/") for c in text),
    "spaced": " ".join,
    "dotted": ".".join,
    "backwards": lambda text: text[::-1],
    "rotated": lambda text: codecs.encode(text, "rot13"),
    "mirrored": lambda text: "".join(chr(219 - ord(c)) if "a" <= c <= "z" else c for c in text),
    "pig latin": lambda text: " ".join(f"{word[1:]}{word[0]}ay" for word in text.split()),
    "scrambled": lambda text: " ".join(w[0] + "".join(sorted(w[1:-1])) + w[-1] if len(w) > 3 else w for w in text.split()),
    "pictures": lambda text: "\U0001f600".join(text[i : i + 3] for i in range(0, len(text), 3)),
    "backwards in base64": lambda text: base64.b64encode(f"so {text[::-1]} now".encode()).decode(),
    "base64 backwards": lambda text: base64.b64encode(f"so {text} now".encode()).decode()[::-1],
}
AFTER = ("", " ", ". And so on it went, day after day, until they stopped it. " * 8)


def left_of(session: Stream, text: str, cuts: list[int]) -> tuple[int, str, bool]:
    """Return how many raw characters left before the answer's end, as what they left, and whether it was stopped."""
    out = ""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        for event in session.feed(0, text[start:end]):
            if isinstance(event, Stopped):
                return session._lanes[0].out, out, True
            assert isinstance(event, Released)
            out += event.text
    return session._lanes[0].out, out, False


def planted(rng: random.Random) -> tuple[str, str]:
    """A text with a rule's match right behind what has left of it by then, or near there; and how it is written."""
    way = rng.choice(sorted(WAYS))
    hidden = WAYS[way](rng.choice(WRITTEN))
    length = rng.choice([*FIRST_MARKS, 600]) + rng.randrange(-40, 20)
    before = (PROSE * 6)[: max(length, 0)]
    if before and rng.random() < 0.7:
        before = before[: plain_end(before)]
    return f"{before}{hidden}{rng.choice(AFTER)}", way


def test_nothing_of_a_match_leaves_wherever_it_is_planted() -> None:
    rng, seen = random.Random(11), set()
    for _ in range(260):
        text, way = planted(rng)
        evaluation = evaluate(BLOCKING, "OUTPUT", [Block(text)], LIMITS)
        spans = [hit.finding.span for verdict in evaluation.verdicts for hit in verdict.hits if hit.action == "BLOCK"]
        spans = [span for span in spans if span.end - span.start <= REACH - EDGE]
        if not spans:
            continue
        seen.add(way)
        left, _, _ = left_of(Stream(BLOCKING, "OUTPUT", LIMITS), text, [])
        assert left <= min(span.start for span in spans), (way, text, left, spans)
    assert len(seen) >= len(WAYS) - 3


@pytest.mark.slow
def test_nothing_of_a_match_leaves_in_many_more_texts() -> None:
    rng = random.Random(12)
    for _ in range(6_000):
        text, way = planted(rng)
        evaluation = evaluate(BLOCKING, "OUTPUT", [Block(text)], LIMITS)
        spans = [hit.finding.span for verdict in evaluation.verdicts for hit in verdict.hits if hit.action == "BLOCK"]
        spans = [span for span in spans if span.end - span.start <= REACH - EDGE]
        left, _, _ = left_of(Stream(BLOCKING, "OUTPUT", LIMITS), text, [])
        assert left <= min((span.start for span in spans), default=len(text)), (way, text, left, spans)


@settings(max_examples=40)
@given(st.integers(0, 700), st.sampled_from(WRITTEN[3:]), st.sampled_from(AFTER), st.data())
def test_what_leaves_early_is_what_the_whole_lets_out_masked(length: int, said: str, after: str, data: st.DataObject) -> None:
    text = f"{(PROSE * 6)[:length]} {said} {after}"
    evaluation = evaluate(MASKING, "OUTPUT", [Block(text)], LIMITS)
    expected = (outputs(evaluation) or [text])[0]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    session = Stream(MASKING, "OUTPUT", LIMITS)
    _, out, stopped = left_of(session, text, cuts)
    end = session.finish()
    assert not stopped
    assert isinstance(end, Ended)
    assert out + "".join(released.text for released in end.released) == expected


@pytest.mark.parametrize("way", sorted(WAYS))
def test_every_split_of_a_text_gives_the_same(way: str) -> None:
    text = f"{PROSE}{WAYS[way]('bob.the.builder@example.com')} and {PROSE}"
    expected = left_of(Stream(MASKING, "OUTPUT", LIMITS), text, [])
    for cut in range(0, len(text) + 1, 7):
        assert left_of(Stream(MASKING, "OUTPUT", LIMITS), text, [cut]) == expected
    assert left_of(Stream(MASKING, "OUTPUT", LIMITS), text, list(range(1, len(text)))) == expected


def test_the_first_words_leave_at_once() -> None:
    left, out, _ = left_of(Stream(BLOCKING, "OUTPUT", LIMITS), PROSE[:64], [])
    assert 0 < left < 64
    assert PROSE.startswith(out)
    words = compile_guardrail(parse_config(config(wordPolicyConfig={"wordsConfig": [{"text": word} for word in WORDS]})), SCORERS)
    left, _, _ = left_of(Stream(words, "OUTPUT", LIMITS), PROSE[:48], [])
    assert left > 0


def test_a_long_answer_waits_for_what_may_come_and_no_longer() -> None:
    text = PROSE * 12
    left, _, _ = left_of(Stream(BLOCKING, "OUTPUT", LIMITS), text, [])
    assert len(text) - left < REACH + 100


def test_without_rules_that_read_text_everything_leaves_at_once() -> None:
    nothing = compile_guardrail(parse_config(config(**content_policy(("HATE", "HIGH", "NONE")))), SCORERS)
    session = Stream(nothing, "OUTPUT", LIMITS)
    assert session.feed(0, "So") == (Released(0, "So"),)
    assert session.feed(0, PROSE * 20) == (Released(0, PROSE * 20),)
    assert session.feed(0, PROSE * 30) == (Released(0, PROSE * 30),)
    assert session.close(0) == ()
    assert isinstance(session.finish(), Ended)


def test_learned_rules_score_the_first_words_soon_and_then_whole_passages() -> None:
    scored = compile_guardrail(parse_config(config(**content_policy(("HATE", "HIGH", "HIGH")))), SCORERS)
    left, _, _ = left_of(Stream(scored, "OUTPUT", LIMITS), PROSE[: FIRST_LEARNED_MARKS[1]], [])
    assert left > 0
    text = PROSE[:200] + "hate at 90 it is, " + PROSE
    left, _, stopped = left_of(Stream(scored, "OUTPUT", LIMITS), text, [])
    assert stopped
    assert left <= FIRST_LEARNED_MARKS[2]


def test_a_phrase_drawn_out_with_what_nobody_sees_is_stopped() -> None:
    unseen = "\u200b" * 600
    text = f"{PROSE}so it is wallaroo{unseen}n deviltry and so on"
    left, _, stopped = left_of(Stream(BLOCKING, "OUTPUT", LIMITS), text, [])
    assert stopped
    assert left <= text.index("wallaroo")
    blank = f"{PROSE}so it is wallaroo{' ' * 600}"
    session = Stream(BLOCKING, "OUTPUT", LIMITS)
    events = session.feed(0, blank)
    assert isinstance(events[-1], Stopped)
    assert [verdict.failed for verdict in events[-1].evaluation.verdicts if verdict.failed] == ["ignorable characters"]


@pytest.mark.parametrize("gap", ["\u200b" * 600, " " * 600, "-" * 600, "\n" * (IGNORABLE - 20)])
def test_blanks_and_invisible_characters_behind_other_words_are_nothing(gap: str) -> None:
    text = f"{PROSE}so it is squeak{gap}ing and {PROSE * 3}"
    _, _, stopped = left_of(Stream(BLOCKING, "OUTPUT", LIMITS), text, [])
    assert not stopped
