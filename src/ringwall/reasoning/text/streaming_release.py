"""How much of a text has to be held back while it arrives, so that nothing released is part of a later hit: over the phrase tables.

A rule holds back `held[q]` columns in state q of a phrase table; everything before them is released. It is *sound* if the numbers satisfy
three conditions, checked over every state and every column:

    start  held[root] == 0
    step   held[q'] <= held[q] + 1 for every step q -> q': what is released is never taken back
    hit    held[q] covers every pattern that ends in q

Let a hit of n columns end at place t. By `hit` the rule still holds its n columns at t, and by `step` the border between released and held
only ever moved forward, so it was never past the hit's first column. It is *least* if from every state some pattern can still end that
began exactly at the border: then no smaller number is sound. A bounded pattern begins with the separator before its first word, which is no
part of the hit: there the rule holds one column less.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence

import msgspec

from ringwall.text.phrases import IN_ORDER, Side, Table


class Leak(msgspec.Struct, frozen=True):
    """Why a rule is not sound: after these columns, `released` of them are out, and a hit that begins at `begins` ends."""

    columns: bytes
    released: int
    begins: int
    why: str


class Rule(msgspec.Struct, frozen=True):
    """A rule for one side of a phrase automaton. most: the largest number in a state from which a pattern can still end."""

    bounded: bool
    held: tuple[int, ...]
    most: int

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers."""
        return hashlib.sha256(repr((self.bounded, self.held)).encode()).hexdigest()


def rule_of(side: Side, *, bounded: bool) -> Rule:
    """Return the least sound rule: a state holds as many columns as its shortest path from the root is long."""
    depths = [len(word) for word in words_of(side.table)]
    longest = max(len(pattern.columns) for pattern in side.patterns)
    less = int(bounded)
    return Rule(bounded, tuple(max(depth - less, 0) for depth in depths), longest - 1 - less)


def words_of(table: Table) -> list[bytes]:
    """Return a shortest text of columns that leads to each state; states that none leads to get the empty one."""
    words: list[bytes | None] = [None] * table.states
    words[0] = b""
    queue = deque([0])
    while queue:
        state = queue.popleft()
        word = words[state] or b""
        for column in range(table.columns):
            following = table.transitions[state * table.columns + column] // table.columns
            if words[following] is None:
                words[following] = word + bytes([column])
                queue.append(following)
    return [word or b"" for word in words]


def leak_of(side: Side, rule: Rule) -> Leak | None:
    """Return a text on which a rule releases a part of a hit, or takes back what it released; None if the rule is sound.

    Cost: one look at each transition of the table.
    """
    table, held, less = side.table, rule.held, int(rule.bounded)
    words = words_of(table)
    if held[0] != 0:
        return Leak(b"", -held[0], 0, "the root holds something back")
    for state in range(table.states):
        here = held[state] + 1
        row = table.transitions[state * table.columns : (state + 1) * table.columns]
        for column, following in enumerate(row):
            if held[following // table.columns] > here:
                text = words[state] + bytes([column])
                return Leak(text, len(text) - here, len(text) - held[following // table.columns], "what was released is taken back")
        for length in _lengths(side, state):
            if length - less > held[state]:
                return Leak(words[state], len(words[state]) - held[state], len(words[state]) - length + less, "a hit began before")
    return None


def slack_of(side: Side, rule: Rule) -> int | None:
    """Return a state in which a rule holds back more than it must; None if it is least.

    The text of a state is a prefix of a pattern: following steps that go one deeper ends a pattern that began with that text.
    """
    table = side.table
    words = words_of(table)
    complete = [False] * table.states
    less = int(rule.bounded)
    for state in sorted(range(table.states), key=lambda s: -len(words[s])):
        deeper = any(
            complete[following // table.columns] and len(words[following // table.columns]) == len(words[state]) + 1
            for following in set(table.transitions[state * table.columns : (state + 1) * table.columns])
        )
        complete[state] = deeper or any(length == len(words[state]) for length in _lengths(side, state))
        if rule.held[state] > 0 and (not complete[state] or rule.held[state] > len(words[state]) - less):
            return state
    return None


def _lengths(side: Side, state: int) -> list[int]:
    """Return the lengths of the patterns that end in a state."""
    table, found = side.table, []
    place = state - table.first_accepting
    for _ in range(table.states):
        if place < 0:
            break
        found += [len(side.patterns[n].columns) for n in table.outputs[table.output_starts[place] : table.output_starts[place + 1]]]
        place = table.links[place]
    return found


def released(side: Side, rule: Rule, columns: Sequence[int]) -> list[int]:
    """Return how many columns are released after each column of a text: what a releasing stream would do."""
    table, state, borders = side.table, 0, []
    for place, column in enumerate(columns):
        state = table.transitions[state + column]
        borders.append(place + 1 - rule.held[state // table.columns])
    return borders


def first_in_order(side: Side) -> int:
    """Return the index of the phrase with the longest pattern that is sought in the text's own order; -1 if there is none."""
    patterns = [pattern for pattern in side.patterns if pattern.where & IN_ORDER]
    return max(patterns, key=lambda pattern: len(pattern.columns)).phrase if patterns else -1
