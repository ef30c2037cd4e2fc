"""Cutting answers and sources, over any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.watch import claims
from ringwall.watch.claims import Passages, cut

encoder = pytest.importorskip("ringwall.watch.encoder", reason="the extra `watch` is not installed")
PIECES = encoder.load_encoder().pieces
TEXTS = st.text(alphabet=st.one_of(st.sampled_from("abc XYZ019.,!?\n\t\"'()é中…"), st.characters(codec="utf-8")), max_size=300)


@given(TEXTS)
def test_sentences_stand_in_order_and_do_not_overlap(text: str) -> None:
    found = cut(text, PIECES)
    at = 0
    for sentence in found:
        assert at <= sentence.start < sentence.end <= len(text)
        assert 0 < len(sentence.ids) <= claims.SENTENCE_PIECES
        at = sentence.end


@given(TEXTS)
def test_no_word_is_lost(text: str) -> None:
    from ringwall.watch import lexical

    kept = "".join("".join(sentence.words) for sentence in cut(text, PIECES))
    for word in lexical.words(text):
        if word.isascii():
            assert word.casefold() in kept or len(PIECES.pieces(word)) > claims.SENTENCE_PIECES


@given(TEXTS, TEXTS)
def test_what_is_chosen_fits_whatever_is_asked(source: str, claim: str) -> None:
    passages = Passages(source * 5, PIECES)
    found = passages.chosen(frozenset().union(*(sentence.stems for sentence in cut(claim, PIECES))))
    assert sum(len(passages.sentences[index].ids) for index in found) <= claims.PASSAGE_PIECES
    assert bool(found) == bool(passages.sentences)


@given(TEXTS)
def test_every_sentence_of_a_source_is_found_in_it(source: str) -> None:
    passages = Passages(source, PIECES)
    assert all(passages.holds(sentence) for sentence in cut(source, PIECES))
