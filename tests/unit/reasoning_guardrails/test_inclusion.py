"""Does every match of one pattern hold a match of another: held against RE2 itself, whatever the answer."""

from __future__ import annotations

import random

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from ringwall.reasoning.guardrails import Escapes, Included, Undecided, included

QUIET = re2.Options()
QUIET.log_errors = False
CHARACTERS = "aabbkKſ\u212aéÉ1- \n_.{,2}]xX"
ATOMS = st.sampled_from(
    [
        r"a",
        r"b",
        r"[ab]",
        r"[^a]",
        r".",
        r"\w",
        r"\W",
        r"\s",
        r"\S",
        r"\d",
        r"\b",
        r"\B",
        r"^",
        r"$",
        r"(?i:k)",
        r"(?i:[^k])",
        r"(?i:\w)",
        r"K",
        r"ſ",
        r"é",
        r"[[:alpha:]]",
        r"[[:^digit:]]",
        r"1",
        r"-",
        r"(?m:^)",
        r"(?m:$)",
        r"(?s:.)",
        r"[^\w]",
        r"\Qa.\E",
        r"\x{e9}",
        r"\xe9",
        r"{",
        r"a{,2}",
        r"[]a]",
        r"[a-]",
        r"[+--]",
        r"\141",
        r"\.",
        r"(?P<n>a)",
        r"(?<n>b)",
        r"(?i)a",
        r"(?-s:.)",
        r"\A",
        r"\z",
        r"x{2}",
        r"(?i-m:x)",
        r"[^]a]",
        r"\n",
        r"\x41",
    ]
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?"])).map(lambda two: f"(?:{two[0]}){two[1]}"),
    ),
    max_leaves=6,
)


@given(PATTERNS, PATTERNS, st.integers(0, 2**32))
def test_every_answer_agrees_with_re2(old: str, new: str, seed: int) -> None:
    try:
        first, second = re2.compile(old, QUIET), re2.compile(new, QUIET)
    except re2.error:
        return
    found = included(old, [new], nodes=2000)
    if isinstance(found, Escapes):
        assert first.search(found.text)
        assert not second.search(found.text)
    elif isinstance(found, Included):
        rng = random.Random(seed)
        for _ in range(80):
            text = "".join(rng.choices(CHARACTERS, k=rng.randrange(9)))
            assert second.search(text) or not first.search(text), text


CASES = {
    "fewer digits are asked for": (r"\bTCK-[0-9]{6}\b", [r"\bTCK-[0-9]+\b"], None),
    "more digits are asked for": (r"TCK-[0-9]{2}", [r"TCK-[0-9]{3}"], "TCK-00"),
    "the exact number leaves a longer one out": (r"TCK-[0-9]{2,}", [r"\bTCK-[0-9]{2}\b"], "TCK-00a"),
    "case is ignored": ("TCK", ["(?i)tck"], None),
    "case counts": ("(?i)tck", ["TCK"], "tck"),
    "two patterns together": ("foo|bar", ["foo", "bar"], None),
    "one of two is gone": ("foo|bar", ["foo"], "bar"),
    "an anchor is taken away": ("^ab$", ["ab"], None),
    "an anchor is added": ("ab", ["^ab"], "aab"),
    "a line is no text": ("(?m)^a$", ["^a$"], "\na"),
    "nothing is left": ("secret", [], "secret"),
    "a word boundary is added": ("cat", [r"\bcat"], "acat"),
    "ASCII digits only": (r"\d", ["[0-8]", "9"], None),
    "beyond ASCII": ("[à-ý]", ["[à-ü]"], "ý"),
}


@pytest.mark.parametrize(("old", "new", "escapes"), CASES.values(), ids=CASES.keys())
def test_known_pairs(old: str, new: list[str], escapes: str | None) -> None:
    found = included(old, new)
    if escapes is None:
        assert isinstance(found, Included)
    else:
        assert isinstance(found, Escapes)
        assert len(found.text) == len(escapes)
        assert re2.search(old, found.text)
        assert not any(re2.search(one, found.text) for one in new)


@pytest.mark.parametrize("pattern", [r"\pL", r"\p{Greek}", "(?i)é", "(?i)[à-ý]", r"\C", "a*", "(a|b*)", r"\bx?", "(?:a{1000}){7}"])
def test_what_is_not_compared_is_undecided(pattern: str) -> None:
    assert isinstance(included(pattern, ["a"]), Undecided)
    assert isinstance(included("a", [pattern]), Undecided)


def test_a_search_that_grows_too_large_is_undecided() -> None:
    assert isinstance(included("[ab]{20}", ["a[ab]{14}c"]), Undecided)
    assert isinstance(included("abc", ["b"], nodes=1), Undecided)


def test_no_counterexample_is_shorter() -> None:
    found = included("[ab]{4}", ["aa", "bb"])
    assert isinstance(found, Escapes)
    assert len(found.text) == 4
    assert isinstance(included("[ab]{4}", ["aa", "bb", "abab", "baba"]), Included)
