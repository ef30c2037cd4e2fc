"""Patterns that read a text as it is written: personal data, secrets, chat template marks, customers' regular expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ringwall.text.detectors.boundaries import is_word
from ringwall.text.detectors.engine import EngineFailed, PatternSet, loosened
from ringwall.text.detectors.readings import Reach
from ringwall.text.detectors.rule import Check

FAR_BYTES = 100_000_000
"""What all searches of one pattern that may read to the end of a reading may together read of it: about a quarter of a second."""


class LiteralRule(msgspec.Struct, frozen=True, kw_only=True):
    """One pattern of one rule, compiled.

    custom: a customer's: its groups don't count. looks_far: its searches count against FAR_BYTES (`lookahead.py`).
    asks_start, asks_end: in decoded readings, the ends at which a hit must stand alone.
    """

    rule_index: int
    regex: str
    compiled: Any
    reach: Reach
    faithful: bool = True
    check: Check | None = None
    confidence: float = 1.0
    overlapping: bool = False
    custom: bool = False
    looks_far: bool = False
    asks_start: bool = False
    asks_end: bool = False


class LiteralMatcher:
    """Many patterns over one reading: one pass says which match, spans are taken of those alone."""

    def __init__(self, rules: Sequence[LiteralRule]) -> None:
        self._rules = tuple([(rule, 1 if rule.compiled.groups else 0) for rule in rules])  # the group that is the hit; 0: all of the match
        self._set = PatternSet([rule.regex if rule.custom else loosened(rule.regex) for rule in rules])

    def hits(self, text: str) -> list[tuple[LiteralRule, int, int]]:
        """Return (rule, start, end) in code points of `text`; hits that a rule's check refuses are left out.

        Lone surrogates are read as `?`: they are no characters, and no rule names them.

        Raises:
            EngineFailed: the pattern set did not do its work, or a pattern that looks far has too many matches in too long a text.
        """
        data = text.encode("utf-8", "replace")
        found: list[tuple[LiteralRule, int, int]] = []
        for index in self._set.matching(data):
            rule, group = self._rules[index]
            if rule.overlapping:
                _take_overlapping(rule, group, text, data, found)
            else:
                _take_all(rule, group, text, data, found)
        return found


def _take_all(rule: LiteralRule, group: int, text: str, data: bytes, found: list[tuple[LiteralRule, int, int]]) -> None:
    points = None if len(text) == len(data) else _Points(text, data)
    check, looks_far = rule.check, rule.looks_far
    allowance = FAR_BYTES
    for match in rule.compiled.finditer(data):
        start, end = match.span(group)
        if looks_far:
            allowance -= len(data) - start
            if allowance < 0:
                raise EngineFailed("a pattern has too many matches in too long a text", bytes=len(data))
        if points is not None:
            start, end = points.at(start), points.at(end)
        if check is not None:
            end = _checked(rule, check, text, start, end)
        if end > start:
            found.append((rule, start, end))


def _checked(rule: LiteralRule, check: Check, text: str, start: int, end: int) -> int:
    """Ask the rule's check; what it shortens must still end where a word does, if the pattern says so."""
    accepted = check(text, start, end)
    if 0 < accepted < end and rule.regex.endswith(r"\b") and is_word(text[accepted]) and is_word(text[accepted - 1]):
        return 0
    return accepted


def _take_overlapping(rule: LiteralRule, group: int, text: str, data: bytes, found: list[tuple[LiteralRule, int, int]]) -> None:
    """Search on from one byte after a refused hit's start, so that it hides nothing."""
    points = _Points(text, data)
    match = rule.compiled.search(data, 0)
    while match is not None:
        first, last = match.span(group)
        start, end = points.at(first), points.at(last)
        if rule.check is not None:
            end = _checked(rule, rule.check, text, start, end)
        if end > start:
            found.append((rule, start, end))
            resume = max(points.byte_of(end), match.start() + 1)
        else:
            resume = match.start() + 1
        match = rule.compiled.search(data, resume)


class _Points:
    """Byte offsets to code points and back, for offsets that mostly grow."""

    def __init__(self, text: str, data: bytes) -> None:
        self._data = data
        self._text = text
        self._same = len(text) == len(data)
        self._byte = 0
        self._point = 0

    def at(self, offset: int) -> int:
        if self._same:
            return offset
        if offset < self._byte:
            self._byte = self._point = 0
        self._point += len(self._data[self._byte : offset].decode("utf-8", "ignore"))
        self._byte = offset
        return self._point

    def byte_of(self, point: int) -> int:
        """Return the byte offset of a code point; `point` is near the last one asked for."""
        if self._same:
            return point
        if point >= self._point:
            return self._byte + len(self._text[self._point : point].encode("utf-8", "replace"))
        return self._byte - len(self._text[point : self._point].encode("utf-8", "replace"))
