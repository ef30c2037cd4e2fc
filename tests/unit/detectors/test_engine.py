"""The pattern engine: loosened patterns miss nothing, spans are where they are."""

from __future__ import annotations

import pytest

from ringwall.text.detectors.engine import PatternSet, byte_spans, compile_pattern, loosened
from ringwall.text.detectors.registry import AWS_PII, EXTRA_PII, SECRETS


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        (r"a{2,5}", r"a{2,5}"),
        (r"a{2,63}b", r"a{2,}b"),
        (r"(?:x{0,64}y){1,8}", r"(?:x{0,}y){1,8}"),
        (r"a{3}", r"a{3}"),
        (r"a{3,}", r"a{3,}"),
    ],
)
def test_wide_repetitions_lose_their_upper_bound(regex: str, expected: str) -> None:
    assert loosened(regex) == expected


@pytest.mark.parametrize("detector", [*AWS_PII, *EXTRA_PII, *SECRETS], ids=lambda detector: detector.rule_id)
def test_every_shipped_pattern_compiles_and_never_matches_nothing(detector) -> None:
    for pattern in detector.patterns:
        assert compile_pattern(pattern.regex).search(b"") is None
        assert PatternSet([loosened(pattern.regex)]).matching(b"") == []
        assert compile_pattern(pattern.regex).groups <= 1


def test_a_set_names_every_pattern_that_matches() -> None:
    patterns = PatternSet(["a", "b", "ab", "z"])
    assert sorted(patterns.matching(b"xxabxx")) == [0, 1, 2]
    assert sorted(patterns.matching("é a".encode())) == [0]


def test_spans_are_of_the_group_where_there_is_one() -> None:
    assert byte_spans(compile_pattern(r"no (\d+)"), b"no 12, no 345") == [(3, 5), (10, 13)]
    assert byte_spans(compile_pattern(r"\d+"), b"no 12") == [(3, 5)]
