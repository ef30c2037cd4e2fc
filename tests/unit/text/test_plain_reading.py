"""Reading a text as it stands: no decoding, no rotation, no reversal."""

from __future__ import annotations

import pytest

from ringwall.errors import LimitExceeded
from ringwall.text import PhraseAutomaton
from ringwall.text.interpreters import Interpreter
from ringwall.text.read_plainly import read_plainly
from ringwall.vocabulary import Limits, Span

LISTED = ("orange", "open sesame")
AUTOMATON = PhraseAutomaton.compile(LISTED)
SEEN = {
    "as it is listed": ("an orange here", {("orange", Span(3, 9), ())}),
    "look-alikes and invisible characters": ("an or\u200bange", {("orange", Span(3, 10), ("fold",))}),
    "separators inside a long phrase": ("open-sesame", {("open sesame", Span(0, 11), ())}),
    "not backwards": ("egnaro", set()),
    "not rotated": ("benatr", set()),
    "not encoded": ("b3Blbi1zZXNhbWU=", set()),
}


@pytest.mark.parametrize("case", SEEN)
def test_a_phrase_is_seen_where_it_is_spelled_out(case: str, interpreter: Interpreter) -> None:
    text, expected = SEEN[case]
    made = read_plainly(text, automaton=AUTOMATON, interpreter=interpreter.name)
    assert {(LISTED[hit.phrase], hit.span, hit.chain) for hit in made.phrase_hits} == expected
    assert [view.chain for view in made.views] == [()]


def test_a_text_over_the_limit_is_refused_whole() -> None:
    with pytest.raises(LimitExceeded):
        read_plainly("abc", limits=Limits(text_chars=2))


def test_more_matches_than_a_text_may_have_are_exhaustion_and_no_pass(interpreter: Interpreter) -> None:
    crowded = PhraseAutomaton.compile(["a" * length for length in range(8, 70)])
    made = read_plainly("a" * 2_000, automaton=crowded, interpreter=interpreter.name)
    assert made.exhausted
    assert made.phrase_hits == ()
