"""Masking: exact offsets, and nothing that a finding covers is left standing."""

from __future__ import annotations

import pytest

from ringwall.text.detectors import mask
from ringwall.text.finding import Finding
from ringwall.vocabulary import Span


def finding(type_: str, start: int, end: int, confidence: float = 1.0) -> Finding:
    return Finding(rule_id=f"pii/{type_}", kind="pii", type=type_, span=Span(start, end), match="", confidence=confidence)


CASES = {
    "nothing": ([], "0123456789"),
    "one": ([finding("A", 2, 4)], "01{A}456789"),
    "two apart, in any order": ([finding("B", 6, 8), finding("A", 2, 4)], "01{A}45{B}89"),
    "adjacent ones stay two": ([finding("A", 2, 4), finding("B", 4, 6)], "01{A}{B}6789"),
    "one inside another: the longer names it": ([finding("B", 3, 5), finding("A", 2, 8)], "01{A}89"),
    "overlapping: one label over both, the longer's": ([finding("A", 1, 4), finding("B", 3, 8)], "0{B}89"),
    "equally long: the earlier": ([finding("B", 2, 5), finding("A", 1, 4)], "0{A}56789"),
    "the same span: the more confident": ([finding("A", 1, 4, 0.5), finding("B", 1, 4, 0.9)], "0{B}456789"),
    "a chain of overlaps is one": ([finding("A", 0, 3), finding("B", 2, 5), finding("C", 4, 9)], "{C}9"),
    "all of it": ([finding("A", 0, 10)], "{A}"),
}


@pytest.mark.parametrize(("findings", "masked"), CASES.values(), ids=CASES.keys())
def test_mask(findings: list[Finding], masked: str) -> None:
    assert mask("0123456789", findings, lambda f: "{" + f.type + "}") == masked
