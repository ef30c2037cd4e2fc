"""The plain reading is the part of the full one that stands in the text as it is spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.text import PhraseAutomaton, read_views
from ringwall.text.native_interpreter import native_is_built
from ringwall.text.read_plainly import read_plainly

AUTOMATON = PhraseAutomaton.compile(["open sesame", "sesame", "ass", "stop!", "敏感词", "Москва", "b@d", "a1a1a1a1"])
PIECES = (
    "open",
    " ",
    "sesame",
    "SESAME",
    "ass",
    "$",
    "stop!",
    "敏感词",
    "москва",
    "b@d",
    "bad",
    "a1",
    "b\u200bad",
    "ｓｅｓａｍｅ",
    "\ud800",
    "dab",
    "nff",
)
TEXTS = st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(st.characters(codec=None), max_size=100))


@given(TEXTS)
def test_a_plain_reading_finds_what_the_full_one_finds_in_the_text_and_its_fold(text: str) -> None:
    full = read_views(text, automaton=AUTOMATON)
    plain = read_plainly(text, automaton=AUTOMATON)
    assert plain.views == full.views[:1]
    assert set(plain.phrase_hits) == {hit for hit in full.phrase_hits if hit.chain in ((), ("fold",))}


@pytest.mark.skipif(not native_is_built(), reason="the C interpreter is not built")
@given(TEXTS)
def test_both_interpreters_read_plainly_alike(text: str) -> None:
    native, python = (read_plainly(text, automaton=AUTOMATON, interpreter=name) for name in ("c", "python"))
    assert (native.views, native.phrase_hits, native.exhausted) == (python.views, python.phrase_hits, python.exhausted)
