"""Customers' regular expressions: what is taken, what is refused and why, and how long a match can be."""

from __future__ import annotations

import pytest

from ringwall.errors import InvalidRequest
from ringwall.text.detectors import DetectorConfig, compile_detectors
from ringwall.text.detectors.custom_regex import RegexRefused, check_pattern, max_match

REFUSED = {
    "look-ahead": (r"foo(?=bar)", "look-ahead"),
    "negative look-ahead": (r"foo(?!bar)", "negative look-ahead"),
    "look-behind": (r"(?<=foo)bar", "look-behind"),
    "negative look-behind": (r"(?<!foo)bar", "negative look-behind"),
    "a numbered back-reference": (r"(a)\1", "back-reference"),
    "a named back-reference": (r"(?P<x>a)(?P=x)", "back-reference"),
    "an atomic group": (r"(?>a+)b", "atomic"),
    "a possessive quantifier": (r"a++b", "possessive"),
    "a conditional": (r"(a)?(?(1)b|c)", "conditional"),
    "an unclosed group": (r"(abc", "missing"),
    "an unclosed class": (r"[abc", "missing"),
    "a repetition RE2 does not take": (r"a{2000}", "repetition"),
    "nested repetitions that need too much memory": (r"((a{1,100}){1,100}){1,100}", "refused"),
    "the empty pattern": ("", "empty"),
    "a star": (r"a*", "empty string"),
    "an optional group": (r"(?:abc)?", "empty string"),
    "a word boundary alone": (r"\b", "empty string"),
    "an anchor alone": (r"^", "empty string"),
    "an alternative that is empty": (r"a|", "empty string"),
    "501 characters": ("a" * 501, "501"),
}

TAKEN = [
    r"\bORD-\d{8}\b",
    r"(?i)<script\b[^>]{0,200}>",
    r"[?=!<]+",
    r"\(\?=x",
    r"[(?!]x",
    r"a\++b",
    r"x\\\+",
    r"\Q(?=\Ez",
    r"(?P<year>\d{4})-(?P<month>\d\d)",
    r"\p{Greek}+",
    r"[\]]+(x)",
    r"[]a]b",
    "a" * 500,
]


@pytest.mark.parametrize(("pattern", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_says_why(pattern: str, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why) as refusal:
        compile_detectors(DetectorConfig(regexes=(("mine", pattern),)))
    assert "`mine`" in refusal.value.message
    assert refusal.value.how_to_mend


@pytest.mark.parametrize("pattern", TAKEN)
def test_what_only_looks_refused_is_taken(pattern: str) -> None:
    check_pattern("mine", pattern)


@pytest.mark.parametrize(
    ("pattern", "width"),
    [
        (r"\bORD-\d{8}\b", 12),
        (r"a{2,5}(?:bc|d)", 7),
        (r"a+", None),
        (r"a{3,}", None),
        (r"\p{Greek}{2}", None),
        (r"(?:\.\./){2,}", None),
        (r"ß", 1),
    ],
)
def test_the_longest_match_is_known_or_said_to_be_unknown(pattern: str, width: int | None) -> None:
    assert max_match(pattern) == width
    assert compile_detectors(DetectorConfig(regexes=(("mine", pattern),))).max_match["regex/mine"] == width


def test_case_is_as_written() -> None:
    detectors = compile_detectors(DetectorConfig(regexes=(("order", r"ORD-\d{4}"), ("any", r"(?i)ref-\d+"))))
    found = [(f.type, f.match) for f in detectors.scan("ord-1234 ORD-1234 REF-1 ref-2", readings="raw").findings]
    assert found == [("order", "ORD-1234"), ("any", "REF-1"), ("any", "ref-2")]


def test_a_finding_is_all_of_the_match_whatever_its_groups() -> None:
    detectors = compile_detectors(DetectorConfig(regexes=(("date", r"(\d{4})-(\d\d)"),)))
    (finding,) = detectors.scan("on 2024-02 it", readings="raw").findings
    assert (finding.match, finding.rule_id, finding.kind) == ("2024-02", "regex/date", "regex")


def test_offsets_are_code_points_behind_characters_of_any_width() -> None:
    detectors = compile_detectors(DetectorConfig(regexes=(("n", r"\d+"),)))
    text = "é12 日本345 😀6 \ud8007"
    found = [(f.span.start, f.match) for f in detectors.scan(text, readings="raw").findings]
    assert found == [(1, "12"), (6, "345"), (11, "6"), (14, "7")]


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="two rules"):
        compile_detectors(DetectorConfig(regexes=(("a", "x"), ("a", "y"))))


def test_a_lone_surrogate_is_refused_as_no_character() -> None:
    with pytest.raises(RegexRefused, match="surrogate"):
        check_pattern("r", "a\ud800+")
