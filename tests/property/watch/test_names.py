"""The finder of names over any text: spans in order, of whole words, the same whatever is asked beside."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

np = pytest.importorskip("numpy", reason="the extra `watch` is not installed")
names = pytest.importorskip("ringwall.watch.names", reason="the extra `watch` is not installed")

FINDER = names.load()
WORDS = st.sampled_from(
    [
        "John Smith",
        "I live at 12 Oak Street, Leeds",
        "password is hunter2!",
        "I'm 34 years old",
        "user: jdoe42",
        "the",
        "Prinsengracht 7",
        "é",
        "中文",
        "\u200b",
        ", ",
    ]
)
TEXTS = st.lists(WORDS | st.text(max_size=12), max_size=12).map(" ".join)


@settings(max_examples=60)
@given(TEXTS)
def test_spans_are_in_order_and_hold_characters(text: str) -> None:
    (found,) = FINDER.find([text])
    at = 0
    for span in found:
        assert span.type in names.FOUND
        assert at <= span.start < span.end <= len(text)
        assert 0.5 <= span.confidence <= 1.0 + 1e-6
        at = span.end


@settings(max_examples=30)
@given(st.lists(TEXTS, max_size=5))
def test_what_is_found_does_not_depend_on_what_else_is_asked(texts: list[str]) -> None:
    assert FINDER.find(texts) == [FINDER.find([text])[0] for text in texts]
