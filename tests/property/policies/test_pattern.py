"""Compiled patterns agree with a naive matcher, for every flavour of wildcard, and stay linear on hostile ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.policies.pattern import Glob, tokenize
from tests.conformance.policies.naive import expand, matches, resource_matches

ALPHABET = "ab:*?"
PATTERNS = st.text(ALPHABET, max_size=14)
TEXTS = st.text("ab:", max_size=14)


@given(PATTERNS, TEXTS)
def test_text_patterns_agree(pattern: str, text: str) -> None:
    tokens = expand(pattern, {}, variables=False, wild=True)
    assert tokens is not None
    assert Glob(tokenize(pattern, variables=False), "text").matches(text) == matches(tokens, text)


@given(PATTERNS, TEXTS)
def test_resource_patterns_agree(pattern: str, text: str) -> None:
    assert Glob(tokenize(pattern, variables=False), "arn").matches(text) == resource_matches(pattern, text, {}, variables=False)


@given(st.lists(st.tuples(st.sampled_from(["*", "?", "a", "ab", ":", "*:", "a*"]), st.text("ab:", max_size=3)), max_size=8), st.booleans())
def test_texts_made_from_the_pattern_match(pieces: list[tuple[str, str]], colons: bool) -> None:
    """Texts that were built to match do: random texts alone rarely reach deep into a pattern."""
    pattern = "".join(one for one, _ in pieces)
    text = "".join(
        "".join({"*": filler if colons else filler.replace(":", ""), "?": "b"}.get(char, char) for char in one) for one, filler in pieces
    )
    expected = resource_matches(pattern, text, {}, variables=False)
    assert Glob(tokenize(pattern, variables=False), "arn").matches(text) == expected
    assert Glob(tokenize(pattern, variables=False), "text").matches(text)


@pytest.mark.timeout(120)
def test_a_hostile_pattern_is_no_denial_of_service() -> None:
    """Thousands of stars against a text that almost matches: never done for a backtracking matcher, here no more than the product."""
    for pattern in (
        "*a" * 2_000 + "b",
        "a*" * 2_000 + ":b",
        "*:" * 1_000 + "b",
        "*a?" * 1_500 + "b",
        "*" + "a" * 1_000 + "b*" + "a" * 1_000 + "c",
    ):
        for flavour in ("text", "arn"):
            compiled = Glob(tokenize(pattern, variables=False), flavour)  # type: ignore[arg-type]
            for text in ("a" * 2_048, "a:" * 1_024):
                assert not compiled.matches(text)
