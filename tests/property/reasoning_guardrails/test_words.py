"""Where the walk over the phrase automata proves that words are covered, no way of writing them shows otherwise."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from ringwall.guardrails import Block, Guardrail, Scorers, compile_guardrail, evaluate, parse_config
from ringwall.reasoning.guardrails import prove_upgrade
from ringwall.vocabulary import Limits

PARTS = ("night", "jar", "flies", "owl", "at", "5ecret", "a1l", "Straße", "ПРОЕКТ", "x-ray")
WORDS = st.lists(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map(" ".join), min_size=1, max_size=3, unique_by=str.casefold)
WRITINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    lambda word: word[::-1],
    " ".join,
    lambda word: word.replace(" ", ""),
    lambda word: word.replace(" ", " - "),
    lambda word: word.replace("i", "1").replace("e", "3"),
    lambda word: codecs.encode(word, "rot13"),
    lambda word: base64.b64encode(word.encode()).decode(),
    lambda word: word.encode().hex(),
    lambda word: "".join(f"%{byte:02x}" for byte in word.encode()),
)
AROUND = st.sampled_from([("", ""), ("see ", " now"), ("x", "y"), ("9", "9"), ("the,", ".")])


def guardrail(words: list[str]) -> Guardrail:
    listed = {"wordsConfig": [{"text": word} for word in words]}
    config = {"name": "g", "blockedInputMessaging": "no", "blockedOutputsMessaging": "no", "wordPolicyConfig": listed}
    return compile_guardrail(parse_config(config), Scorers())


def blocks(guarded: Guardrail, text: str) -> bool:
    return evaluate(guarded, "INPUT", [Block(text)], Limits()).outcome.action == "BLOCK"


@st.composite
def shortened(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Words, and others that are parts of them or written otherwise: often enough a cover."""
    before = draw(WORDS)
    after: dict[str, str] = {}
    for word in before:
        parts = word.split(" ")
        start = draw(st.integers(0, len(parts) - 1))
        glue = draw(st.sampled_from(["", " ", "-"]))
        part = glue.join(parts[start : draw(st.integers(start + 1, len(parts)))])
        after.setdefault(part.casefold(), draw(st.sampled_from([part, part.upper(), part.replace("i", "1")])))
    return before, list({word.casefold(): word for word in after.values()}.values())


@given(shortened(), AROUND)
def test_what_is_proved_holds_in_every_writing(lists: tuple[list[str], list[str]], around: tuple[str, str]) -> None:
    before, after = lists
    old, new = guardrail(before), guardrail(after)
    report = prove_upgrade(old, new)
    for claim in report.claims:
        assert claim.outcome == "proved" or claim.witness is None or not blocks(new, claim.witness.text)
    if report.outcome == "proved":
        for word in before:
            for write in WRITINGS:
                text = around[0] + write(word) + around[1]
                assert blocks(new, text) or not blocks(old, text), text


@given(WORDS, WORDS)
def test_more_words_never_stop_less(before: list[str], more: list[str]) -> None:
    known = {word.casefold() for word in before}
    added = before + [word for word in more if word.casefold() not in known]
    assert prove_upgrade(guardrail(before), guardrail(added)).outcome == "proved"
