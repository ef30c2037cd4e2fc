"""Grounding by meaning, over any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.watch import lexical

pytest.importorskip("onnxruntime", reason="the extra `watch` is not installed")

from ringwall.watch.grounding_scorer import load_meaning_scorer

SCORER = load_meaning_scorer()
WORDS = st.sampled_from(["The", "bridge", "was", "not", "opened", "in", "1883", "1925", "by", "Roebling", ".", "\n", "?", "é中", "\u200b"])
TEXTS = st.one_of(st.lists(WORDS, max_size=30).map(" ".join), st.text(max_size=120))


@settings(max_examples=60)
@given(source=TEXTS, query=TEXTS, answer=TEXTS)
def test_every_score_is_a_share_and_every_span_is_in_the_answer(source: str, query: str, answer: str) -> None:
    score, spans = SCORER.grounded(source=source, query=query, answer=answer)
    assert 0.0 <= score <= 1.0
    for start, end, claim in spans:
        assert 0 <= start < end <= len(answer)
        assert 0.0 <= claim < 0.5


@settings(max_examples=40)
@given(TEXTS)
def test_a_text_is_grounded_in_itself(text: str) -> None:
    score, spans = SCORER.grounded(source=text, query="", answer=text)
    assert (score, spans) == (1.0, ()) or not lexical.words(text) or score > 0.5
