"""Word boundaries in decoded readings."""

from __future__ import annotations

import base64

import pytest

from ringwall.text.detectors import DetectorConfig, compile_detectors
from ringwall.text.detectors.boundaries import is_escaped, stands_alone, unbound
from ringwall.text.view import View


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        (r"\bab\b", ("ab", True, True)),
        (r"(?i)\bab", ("(?i)ab", True, False)),
        (r"ab\b", ("ab", False, True)),
        (r"ab", ("ab", False, False)),
        (r"ab\\b", (r"ab\\b", False, False)),
        (r"ab\\\b", (r"ab\\", False, True)),
        (r"\ba|b\b", (r"\ba|b\b", False, False)),
        (r"\b(?:a|b)\b", ("(?:a|b)", True, True)),
        (r"\b[a|b]\b", ("[a|b]", True, True)),
        (r"\b[]|]\b", ("[]|]", True, True)),
        (r"\ba\|b\b", (r"a\|b", True, True)),
        (r"\b\Qa|b\E\b", (r"\b\Qa|b\E\b", False, False)),
    ],
)
def test_boundaries_are_taken_off_ends_that_are_the_ends_of_all_matches(regex: str, expected: tuple[str, bool, bool]) -> None:
    assert unbound(regex) == expected


@pytest.mark.parametrize(("text", "position", "expected"), [(r"a\b", 2, True), (r"a\\b", 3, False), ("ab", 1, False)])
def test_escapes(text: str, position: int, expected: bool) -> None:
    assert is_escaped(text, position) is expected


def view(text: str, ranges: list[tuple[int, int]]) -> View:
    return View(("base64",), text, [start for start, _ in ranges], [end for _, end in ranges])


def test_a_letter_made_of_the_next_raw_word_is_no_neighbour() -> None:
    raw = "XXXX YY"
    reading = view("abN", [(0, 2), (2, 4), (5, 7)])
    assert stands_alone(raw, reading, 0, 2, asks_start=True, asks_end=True)
    assert not stands_alone("XXXXYYY", reading, 0, 2, asks_start=True, asks_end=True)
    assert stands_alone("XXXXYYY", reading, 0, 2, asks_start=True, asks_end=False)


def test_a_letter_beside_digits_is_no_part_of_the_number() -> None:
    reading = view("12N", [(0, 2), (2, 4), (4, 7)])
    assert stands_alone("XXXXYYY", reading, 0, 2, asks_start=True, asks_end=True)


def test_a_digit_that_goes_on_across_separated_pairs_is_a_neighbour() -> None:
    raw = "31 32 33"
    reading = view("123", [(0, 2), (3, 5), (6, 8)])
    assert not stands_alone(raw, reading, 0, 2, asks_start=True, asks_end=True)
    assert not stands_alone(raw, reading, 1, 3, asks_start=True, asks_end=True)


@pytest.mark.parametrize("value", ["ORD-123456", "ORD-1234567", "ORD-12345678"])
def test_a_customers_pattern_is_found_in_base64_whatever_is_glued_behind_it(value: str) -> None:
    detectors = compile_detectors(DetectorConfig(regexes=(("order", r"\bORD-\d{6,8}\b"), ("inner", r"RD-\d\d"))))
    encoded = base64.b64encode(value.encode()).decode().rstrip("=")
    found = {finding.type: finding for finding in detectors.scan(f"see {encoded} there").findings}
    assert found["order"].decoded == value
    assert found["inner"].decoded == value[1:6]
    assert "base64" in found["order"].chain
