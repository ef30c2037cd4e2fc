"""Sinks: what becomes of a decoder's emissions (bytes, code points, copies, breaks) in the pure-Python interpreter. `tables/machine.py`
has the rules.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from ringwall.text.symbols import Folds
from ringwall.text.tables import Tables
from ringwall.text.tables.utf8 import REJECT, START

Unit = tuple[str, int, int, int]  # kind ("byte", "code", "copy", "break"), value, start, end
Units = list[Unit]
Run = tuple[str, "array[int]", "array[int]"]

MALFORMED = -1
_REPLACEMENT = 0xFFFD
_HIGH = range(0xD800, 0xDC00)
_LOW = range(0xDC00, 0xE000)


def _characters(tables: Tables, units: Units) -> Iterator[tuple[int, int, int, int]]:
    """Join bytes (UTF-8) and code units (UTF-16 pairs); yield (code point or MALFORMED, malformed byte, start, end)."""
    bytes_seen: Units = []
    high: Unit | None = None
    for unit in units:
        kind, number, start, end = unit
        if kind == "byte":
            if high is not None:
                yield MALFORMED, _REPLACEMENT, high[2], high[3]
                high = None
            bytes_seen.append(unit)
            continue
        if bytes_seen:
            yield from _utf8(tables, bytes_seen)
            bytes_seen = []
        if high is not None:
            if kind == "code" and number in _LOW:
                yield 0x10000 + (high[1] - 0xD800 << 10) + number - 0xDC00, 0, high[2], end
                high = None
                continue
            yield MALFORMED, _REPLACEMENT, high[2], high[3]
        high = unit if kind == "code" and number in _HIGH else None
        if high is None:
            lone = kind == "break" or number > 0x10FFFF or (kind == "code" and number in _LOW)
            yield (MALFORMED, _REPLACEMENT, start, end) if lone else (number, 0, start, end)
    if high is not None:
        yield MALFORMED, _REPLACEMENT, high[2], high[3]
    yield from _utf8(tables, bytes_seen)


def _utf8(tables: Tables, units: Units) -> Iterator[tuple[int, int, int, int]]:
    """Walk the UTF-8 automaton over consecutive bytes; bytes of an unfinished character are malformed one by one."""
    pending: Units = []
    state, value = START, 0
    for unit in units:
        _, number, start, end = unit
        following = tables.utf8_transitions[state * 256 + number]
        if following == REJECT and pending:
            yield from ((MALFORMED, byte, s, e) for _, byte, s, e in pending)
            pending, state = [], START
            following = tables.utf8_transitions[number]
        if following == REJECT:
            yield MALFORMED, number, start, end
            continue
        value = value << 6 | number & 0x3F if pending else number & tables.utf8_leads[number]
        pending.append(unit)
        state = following
        if state == START:
            yield value, 0, pending[0][2], end
            pending = []
    yield from ((MALFORMED, byte, s, e) for _, byte, s, e in pending)


def inplace_text(tables: Tables, units: Units) -> Run:
    """Keep everything; a malformed byte stands for the Latin-1 character of its value."""
    text, starts, ends = [], array("I"), array("I")
    for code_point, byte, start, end in _characters(tables, units):
        text.append(chr(byte if code_point == MALFORMED else code_point))
        starts.append(start)
        ends.append(end)
    return "".join(text), starts, ends


def run_text(tables: Tables, units: Units, minimum: int, folds: Folds) -> Iterator[Run]:
    """Yield the runs of at least `minimum` letters, or twice as many visible characters, between malformed places; invisible characters
    are dropped.
    """
    text: list[str] = []
    starts, ends = array("I"), array("I")
    letters = 0
    for code_point, _, start, end in _characters(tables, units):
        if code_point != MALFORMED:
            if folds.fold_character("characters", code_point) != "":
                text.append(chr(code_point))
                starts.append(start)
                ends.append(end)
                letters += folds.fold_character("letters", code_point)[:1] not in ("", " ")
            continue
        if letters >= minimum or len(text) >= 2 * minimum:
            yield "".join(text), starts, ends
        text, letters = [], 0
        starts, ends = array("I"), array("I")
    if letters >= minimum or len(text) >= 2 * minimum:
        yield "".join(text), starts, ends
