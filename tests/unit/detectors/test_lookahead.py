"""Searches for all matches stay linear, or count what they read: an expression that RE2 takes cannot stall a check all the same."""

from __future__ import annotations

import pytest

from ringwall.text.detectors import DetectorConfig, compile_detectors
from ringwall.text.detectors.engine import EngineFailed
from ringwall.text.detectors.lookahead import may_look_far


@pytest.mark.parametrize(
    "pattern",
    [r"a([^b]*b)?", r"(?:a[^b]*z)?c", r"a[^b]*z|c", r"(a.*b|a)", r"(x(y[^z]*z)?)+", r"(?:a[^b]*\b|#)", r"(?U)a.*b", r"\pN+"],
)
def test_a_search_that_can_wait_in_vain_is_counted(pattern: str) -> None:
    assert may_look_far(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"ACME-\d+",
        r"\w+@\w+\.com",
        r"(ACME-\d+|CORP-\w+)",
        r"-----BEGIN.*?END-----",
        r"\d+(\.\d+)*",
        r"(?:a|b){1,9}c",
        r"\b[A-Z]{2}\d{6}\b",
        r"(?i)secret[: ]+\S+",
        r"(a|b)+",
    ],
)
def test_common_expressions_are_linear_and_are_not_counted(pattern: str) -> None:
    assert not may_look_far(pattern)


@pytest.mark.parametrize("pattern", [r"a([^b]*b)?", r"(?:a[^b]*z)?c", r"a[^b]*z|c"])
def test_a_text_that_would_be_read_once_per_match_ends_as_a_failed_check(pattern: str) -> None:
    detectors = compile_detectors(DetectorConfig(regexes=(("far", pattern),)))
    with pytest.raises(EngineFailed):
        detectors.scan("ac" * 30_000, readings="raw")


def test_short_texts_with_such_expressions_are_read() -> None:
    detectors = compile_detectors(DetectorConfig(regexes=(("far", r"a[^b]*z|c"),)))
    assert len(detectors.scan("ac" * 5_000, readings="raw").findings) == 5_000


@pytest.mark.parametrize("pattern", [r"ACME-\d+", r"(ACME-\d+|CORP-\w+)", r"\w+-\d+"])
def test_many_matches_in_a_long_text_are_all_found_where_searches_are_linear(pattern: str) -> None:
    detectors = compile_detectors(DetectorConfig(regexes=(("near", pattern),)))
    assert len(detectors.scan("ACME-1234 " * 20_000, readings="raw").findings) == 20_000
