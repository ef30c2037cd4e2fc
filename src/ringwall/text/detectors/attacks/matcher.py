"""Attack rules compiled, and run on one reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ringwall.text.detectors.attacks.canonical import canonical, canonical_symbols, squashed, squashed_positions
from ringwall.text.detectors.attacks.grammar import AttackRule, parse, spaced, trigger_words
from ringwall.text.detectors.attacks.grammar import squashed as squashed_pattern
from ringwall.text.detectors.attacks.vocabulary import VOCABULARY
from ringwall.text.detectors.engine import PatternSet, byte_spans, compile_pattern

Hit = tuple[AttackRule, int, int]


class AttackMatcher:
    """All attack rules over the canonical forms of a reading: with words, with symbols read as letters, and without separators."""

    def __init__(self, rules: Sequence[AttackRule]) -> None:
        self._spaced = _Compiled([(rule, pattern) for rule in rules for pattern in _patterns(rule, tight=False)])
        self._squashed = _Compiled([(rule, pattern) for rule in rules for pattern in _patterns(rule, tight=True)])

    def hits(self, text: str) -> Iterator[Hit]:
        """Yield (rule, start, end) in code points of `text`."""
        data = canonical(text)
        yield from self._spaced.hits(data)
        symbols = canonical_symbols(text)
        if symbols is not None:
            yield from self._spaced.hits(symbols)
        found = list(self._squashed.hits(squashed(text)))
        if found:
            positions = squashed_positions(data)
            for rule, start, end in found:
                yield rule, positions[start], positions[end - 1] + 1


class _Compiled:
    """Pairs of rule and pattern in one set."""

    def __init__(self, pairs: Sequence[tuple[AttackRule, str]]) -> None:
        self._rules = [rule for rule, _ in pairs]
        self._patterns: list[Any] = [compile_pattern(pattern) for _, pattern in pairs]
        self._set = PatternSet([pattern for _, pattern in pairs])

    def hits(self, data: bytes) -> Iterator[Hit]:
        for index in self._set.matching(data):
            rule = self._rules[index]
            for start, end in byte_spans(self._patterns[index], data):
                yield rule, start, end


def trigger_phrases(rules: Sequence[AttackRule]) -> tuple[str, ...]:
    """Return the words that the phrase automaton must know, so that a reading in which a rule matches is made at all."""
    words = {word for rule in rules for expression in rule.expressions for word in trigger_words(parse(expression, VOCABULARY))}
    return tuple(sorted(words))


def _patterns(rule: AttackRule, *, tight: bool) -> list[str]:
    made = [(squashed_pattern if tight else spaced)(parse(expression, VOCABULARY)) for expression in rule.expressions]
    return [pattern for pattern in made if pattern is not None]
