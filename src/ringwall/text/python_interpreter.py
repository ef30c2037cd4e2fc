"""The pure-Python interpreter of the tables: always there, slow, and the meaning of the C one.

Positions are indices of the text that a function was given; the caller (`read.py`) maps them back to the raw text.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from ringwall.text.begun import begun, open_from
from ringwall.text.lattice import Lattice
from ringwall.text.phrases import IN_ORDER, IN_REVERSE, IN_ROTATIONS, PhraseAutomaton, Side
from ringwall.text.results import NO_LIMIT, RUN_COST, Choices, Decoded, Match, without_twins
from ringwall.text.sinks import Run, Units, inplace_text, run_text
from ringwall.text.symbols import Folds
from ringwall.text.tables import Machine, Tables
from ringwall.text.tables.loader import OP_FIELDS, CorruptTables
from ringwall.text.tables.machine import (
    ACC_LIMIT,
    BREAK,
    BYTES,
    CHANGE,
    CODE,
    COPY,
    DENSE_CHANGES,
    DENSE_WINDOW,
    END,
    FAIL,
    MARK,
    MARKED,
    NONE,
    OTHER,
    REFEED,
    REWIND,
    SYMBOL,
    TEXT,
)
from ringwall.text.tokens import Change, replaced
from ringwall.text.view import Mapped

_NOT_ASCII = re.compile("[^\x00-\x7f]")
# What an identity fold of ASCII text may hold; a test holds it against the table.
_FOLDABLE_ASCII = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_REFEED_LIMIT = 8


class PythonInterpreter:
    """Folds and decodes by walking the tables; the phrase automaton runs in ahocorasick_rs."""

    name = "python"

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._folds = Folds(tables)
        self._ops = [[tuple(m.ops[i : i + OP_FIELDS]) for i in range(0, len(m.ops), OP_FIELDS)] for m in tables.machines]

    def fold(self, name: str, text: str) -> Mapped | None:
        """Apply one character fold; None if it changes nothing."""
        if name != "letters" and text.isascii() and not _FOLDABLE_ASCII.search(text):
            return None
        pieces, starts = [], array("I")
        for position, character in enumerate(text):
            piece = self._folds.fold_character(name, ord(character))
            pieces.append(piece)
            starts.extend([position] * len(piece))
        folded = "".join(pieces)
        if folded == text:
            return None
        return Mapped(folded, starts, array("I", (start + 1 for start in starts)))

    def compose(self, outer: Mapped, starts: Sequence[int], ends: Sequence[int]) -> tuple[array[int], array[int]]:
        """Map ranges of `outer.text` to ranges of the text that `outer` was made from (no range is empty)."""
        first, last = outer.starts, outer.ends
        composed_starts, composed_ends = array("I"), array("I")
        for start, end in zip(starts, ends, strict=True):
            composed_starts.append(min(first[start], first[end - 1]))
            composed_ends.append(max(last[start], last[end - 1]))
        return composed_starts, composed_ends

    def decode(self, text: str, *, mapped: bool, sparse: bool, limit: int = NO_LIMIT) -> list[Decoded] | None:
        """Run every decoder over a folded text, and over its mapped readings (backwards, rot13, atbash) if asked for.

        `sparse`: a single escape makes an in-place reading of the text as it stands; otherwise, and in mapped readings, DENSE_CHANGES do.
        """
        found: list[Decoded] = []
        cost = 0
        shadow = text.encode() if text.isascii() else _NOT_ASCII.sub("\x80", text).encode("latin-1")
        for reading, (alphabet, backwards) in enumerate(self._tables.decode_readings if mapped else self._tables.decode_readings[:1]):
            symbols = shadow.translate(self._tables.maps[alphabet] + bytes([OTHER] * 128))
            source = text
            if backwards:
                symbols, source = symbols[::-1], text[::-1]
            counts = [symbols.count(code_point) for code_point in range(128)]
            for number, machine in enumerate(self._tables.machines):
                present = sum(count for count, member in zip(counts, machine.alphabet, strict=True) if member)
                if reading not in machine.readings or present < machine.minimum:
                    continue
                for made, starts, ends in self._run(number, symbols, source, sparse=sparse and not reading):
                    ranges = _backwards(starts, ends, len(text)) if backwards else (starts, ends)
                    cost += len(made) + RUN_COST
                    if cost > limit:
                        return None
                    found.append(Decoded(reading, number, made, *ranges))
        return found

    def scan(self, automaton: PhraseAutomaton, text: str, *, plain: bool = False) -> list[Match]:
        """Find every phrase in every reading of a folded text: 27 alphabets and two directions (or, plainly, its own), with and without
        separators and leet punctuation.
        """
        found: list[Match] = []
        alphabets = 1 if plain else len(self._tables.alphabets)
        for backwards in (False,) if plain else (False, True):
            symbols, places = self._folds.places(text[::-1] if backwards else text)
            for with_leet in (True, False) if self._folds.has_leet(symbols) else (True,):
                streams = ((False, automaton.squashed, self._squashed), (True, automaton.bounded, self._bounded))
                for bounded, side, make in streams:
                    if side is None:
                        continue
                    stream, origins = make(symbols, with_leet)
                    for pattern, alphabet, start, end in self._matches(side, stream, alphabets, backwards):
                        inner = 1 if bounded else 0  # a bounded pattern starts and ends with the separator
                        first, last = places[origins[start + inner]], places[origins[end - 1 - inner]]
                        if backwards:
                            first, last = len(text) - 1 - last, len(text) - 1 - first
                        found.append(Match(bounded, pattern, alphabet, backwards, with_leet, first, last + 1))
        return found

    def mixtures(self, automaton: PhraseAutomaton, text: str) -> tuple[list[Choices], bool]:
        """Find phrases written in any mixture of plain characters and escapes; return the choices that show one, and whether there were
        too many.
        """
        found: list[Choices] = []
        for with_leet in (True, False):
            for bounded, side in ((False, automaton.squashed), (True, automaton.bounded)):
                if side is None:
                    continue
                choices, too_many = Lattice(self._tables, self._folds, side, bounded=bounded, with_leet=with_leet).run(text)
                if too_many:
                    return [], True
                found.extend(made for made in choices if made not in found)
        return found, False

    def scan_changed(self, automaton: PhraseAutomaton, text: str, changes: list[Change]) -> list[Match]:
        """Find every phrase that reaches into a replaced span of a folded text."""
        made = replaced(text, changes)
        if made is None:
            return []
        spans, moved = [], 0
        for start, end, word in changes:
            spans.append((start + moved, start + moved + len(word)))
            moved += len(word) - (end - start)
        begins = [begin for begin, _ in spans]
        found = []
        for match in self.scan(automaton, made.text):
            last = bisect_left(begins, match.end) - 1  # the last span that begins before the match ends
            if last >= 0 and spans[last][1] > match.start:
                found.append(match)
        return without_twins(found)

    def quiet(self, automaton: PhraseAutomaton, text: str, layers: int) -> str | None:  # noqa: ARG002 - the port's
        """Return None: this interpreter reads a text to know."""
        return None

    def open_from(self, text: str, *, every: bool) -> int:
        """Return from where on the end of a folded text may be part of a run that is not closed; its length if nowhere."""
        return open_from(self._tables, self._folds, text, every=every)

    def begun(self, automaton: PhraseAutomaton, text: str, *, turned: bool = True) -> int:
        """Return from where on the end of a folded text may be the beginning of a phrase; its length if nowhere."""
        found = begun(self._tables, self._folds, (automaton.squashed, automaton.bounded), text, mirrored=False, turned=turned)
        if not turned:
            return found
        sides = (automaton.mirrored.squashed, automaton.mirrored.bounded)
        return min(found, begun(self._tables, self._folds, sides, text, mirrored=True, turned=True))

    def scrambled(self, automaton: PhraseAutomaton, text: str) -> list[Change]:
        """Find the scrambled forms of the phrases' words, and which word each stands for."""
        return automaton.lexicon.scrambled(text)

    def replaced(self, text: str, changes: list[Change]) -> Mapped | None:
        """Replace spans of a text; None if there is none. Each new character is made from the whole span."""
        return replaced(text, changes)

    def _matches(self, side: Side, stream: bytes, alphabets: int, backwards: bool) -> Iterator[tuple[int, int, int, int]]:
        for alphabet in range(alphabets):
            needed = IN_ORDER if not alphabet and not backwards else (IN_ROTATIONS if alphabet else 0) | (IN_REVERSE if backwards else 0)
            columns = self._folds.columns(stream, alphabet)
            for pattern, start, end in side.library.find_matches_as_indexes(columns, overlapping=True):
                if side.patterns[pattern].where & needed == needed:
                    yield pattern, alphabet, start, end

    def _squashed(self, symbols: bytes, with_leet: bool) -> tuple[bytes, list[int]]:
        kept = [i for i, symbol in enumerate(symbols) if not self._folds.is_dropped(symbol, with_leet=with_leet)]
        return self._folds.squash(symbols, with_leet=with_leet), kept

    def _bounded(self, symbols: bytes, with_leet: bool) -> tuple[bytes, list[int]]:
        origins, separated = [0], True
        for i, symbol in enumerate(symbols):
            dropped = self._folds.is_dropped(symbol, with_leet=with_leet)
            if not (dropped and separated):
                origins.append(i)
            separated = dropped
        if not separated:
            origins.append(len(symbols))
        return self._folds.words(symbols, with_leet=with_leet), origins

    def _run(self, number: int, symbols: bytes, source: str, *, sparse: bool) -> Iterator[Run]:
        machine = self._tables.machines[number]
        for start in machine.starts:
            units, changes = _lane(machine, self._ops[number], symbols, source, start)
            if machine.sink == "runs":
                yield from run_text(self._tables, units, machine.run_minimum, self._folds)
            elif len(changes) >= machine.minimum_changes and (sparse or _dense(changes)):
                yield inplace_text(self._tables, units)


def _backwards(starts: array[int], ends: array[int], length: int) -> tuple[array[int], array[int]]:
    return array("I", (length - end for end in ends)), array("I", (length - start for start in starts))


def _dense(changes: list[int]) -> bool:
    """Say whether enough changes stand close together."""
    pairs = zip(changes, changes[DENSE_CHANGES - 1 :], strict=False)
    return any(last - first <= DENSE_WINDOW for first, last in pairs)


def _steps(machine: Machine, ops: list[tuple[int, ...]], symbols: bytes, state: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Yield (position, mark, op) for each step; a FAIL rewinds to behind the mark."""
    classes, transitions, width = machine.classes, machine.transitions, machine.class_count
    position = mark = failed = rewound = refeeds = 0
    length = len(symbols)
    while True:
        symbol = symbols[position] if position < length else END
        op = ops[transitions[state * width + classes[symbol]]]
        state, kind, flags = op[0], op[1], op[2]
        if symbol == END and kind == NONE:
            return
        if flags & MARK:
            mark = position
        yield position, mark, op
        if kind == FAIL:
            if mark < failed or mark >= length:
                raise CorruptTables(f"decoder `{machine.name}` fails without a mark")
            position = failed = mark + 1
            refeeds = 0
        elif kind == REWIND:
            if mark < rewound:
                raise CorruptTables(f"decoder `{machine.name}` looks ahead twice")
            position, rewound = mark, mark + 1
            refeeds = 0
        elif flags & REFEED or symbol == END:
            refeeds += 1
            if refeeds > _REFEED_LIMIT:
                raise CorruptTables(f"decoder `{machine.name}` does not advance")
        else:
            position += 1
            refeeds = 0


def _lane(machine: Machine, ops: list[tuple[int, ...]], symbols: bytes, source: str, start: int) -> tuple[Units, list[int]]:
    """Run one lane; return what it emits and where it made changes."""
    units: Units = []
    acc = 0
    changes: list[int] = []
    ring: list[int] = []
    for position, mark, op in _steps(machine, ops, symbols, start):
        _, kind, flags, mul, add, keep, shift, count, back, offset, length = op
        acc = min(acc * mul + add, ACC_LIMIT)
        if flags & SYMBOL:
            ring.append(position)
            del ring[:-8]
        stop = position if flags & REFEED else min(position + 1, len(symbols))
        if flags & CHANGE:
            changes.append(position)
        if kind == BYTES:
            first, last = (mark, stop) if flags & MARKED else (ring[max(-1 - back, -len(ring))], ring[-1] + 1)
            units.extend(("byte", acc >> (shift - 8 * k) & 255, first, last) for k in range(count))
        elif kind == CODE:
            units.append(("code", acc, mark, stop))
        elif kind == COPY:
            units.append(_copied(symbols, source, position - back))
        elif kind == TEXT:
            units.extend(("code", code_point, mark, stop) for code_point in machine.texts[offset : offset + length])
        elif kind == BREAK:
            units.append(("break", 0, position, position))
        elif kind == FAIL:
            units.append(_copied(symbols, source, mark))
            acc = 0
        acc &= keep
    return units, changes


def _copied(symbols: bytes, source: str, position: int) -> tuple[str, int, int, int]:
    symbol = symbols[position]
    return ("copy", symbol if symbol < OTHER else ord(source[position]), position, position + 1)
