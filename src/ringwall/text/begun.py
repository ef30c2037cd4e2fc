"""What the end of a text may be the beginning of, while more of it is to come: runs of block codes that are not closed, and phrases.

The pure-Python side: slow, and the meaning of `_interpreter_begun.h`. Both answer with a position: whatever begins before it and is found
by a decoder's lane, or by the phrase automaton, has ended already, however the text goes on.

Runs. A lane of a block code is a machine that reads forwards, so the run that may still grow is the one that no malformed byte has ended:
it begins at its first visible character, or at the first symbol that is in no byte yet. Backwards the text goes on in front: lanes may be
in any state there, bytes with symbols that are to come may be any, and the run that may still grow reaches as far as nothing in it is
malformed for certain.

Phrases. The automaton's state is the longest beginning of a phrase that the text ends with; for text that reads backwards, that of the
automaton of the phrases turned round.
"""

from __future__ import annotations

from collections import deque

from ringwall.errors import Bug
from ringwall.text.phrases import Side, Table
from ringwall.text.symbols import SEPARATOR, Folds
from ringwall.text.tables import Machine, Tables
from ringwall.text.tables.loader import OP_FIELDS, CorruptTables
from ringwall.text.tables.machine import ACC_LIMIT, BREAK, BYTES, CODE, MARK, MARKED, NONE, OTHER, REFEED, SYMBOL, TEXT
from ringwall.text.tables.utf8 import REJECT, START

_ANY_BYTE = -1  # a state of no table: the bytes before are not known
_TAILS_MOST = 3  # bytes that may follow a character's first
_REFEED_LIMIT = 8
_CODE_POINTS = 0x110000
_NEAR = 16  # characters that are looked at first, then twice as many, up to eight times,
_DENSE_ALPHABET = 32  # where a code has so many symbols: mostly all its runs end there


class _Open:
    """One lane over what is known of a reading."""

    def __init__(self, tables: Tables, folds: Folds, machine: Machine, length: int, *, cut: bool) -> None:
        self._tables, self._folds, self._machine = tables, folds, machine
        self._ops = _rows(machine)
        self.length = self.first = length
        self.reach = self._begun = self._mark = self._value = self._tails = 0
        self._ring: list[int] = []
        self._utf8 = _ANY_BYTE if cut else START
        self._marked, self._cut, self.closed = False, cut, False

    def run(self, symbols: bytes, state: int, *, backwards: bool = False) -> int:
        """Return where the open run begins; backwards, how far the run that is open at the beginning reaches."""
        machine = self._machine
        acc = position = refeeds = 0
        while position < self.length:
            op = self._ops[machine.transitions[state * machine.class_count + machine.classes[symbols[position]]]]
            state, _, flags, mul, add, keep = op[:6]
            stop = position if flags & REFEED else position + 1
            if flags & MARK:
                self._mark, self._marked = position, True
            acc = min(acc * mul + add, ACC_LIMIT)
            if flags & SYMBOL:
                self._ring.append(position)
            self._emit(op, acc, position, stop)
            acc &= keep
            if backwards and self.closed:
                return self.reach
            refeeds = refeeds + 1 if flags & REFEED else 0
            if refeeds > _REFEED_LIMIT:
                raise CorruptTables(f"decoder `{machine.name}` does not advance")
            position = stop
        if backwards:
            return self.reach
        if self._utf8 != START and self.first == self.length:
            self.first = self._begun
        return min(self.first, self._pending(state))

    def _emit(self, op: tuple[int, ...], acc: int, position: int, stop: int) -> None:
        kind, flags = op[1], op[2]
        if kind == BYTES:
            self._bytes(op, acc, stop)
        elif kind == CODE:
            if self._cut and not self._marked:
                self._unknown(stop)
            elif acc >= _CODE_POINTS:
                self._break()
            else:
                self._character(acc, self._mark, stop)
        elif kind == TEXT:
            self._character(ord("."), self._mark if self._marked else position, stop)
        elif kind == BREAK:
            self._break()
        elif kind != NONE:
            raise CorruptTables(f"decoder `{self._machine.name}` makes runs, and has a step of flags {flags} that none has")

    def _bytes(self, op: tuple[int, ...], acc: int, stop: int) -> None:
        flags, shift, count, back = op[2], op[6], op[7], op[8]
        seen = len(self._ring)
        known = not self._cut or (self._marked if flags & MARKED else back < seen)
        start = self._mark if flags & MARKED else self._ring[max(seen - 1 - back, 0)] if seen else 0
        for k in range(count):
            if known:
                self._byte(acc >> (shift - 8 * k) & 255, start, stop)
            else:
                self._unknown(stop)

    def _byte(self, byte: int, start: int, stop: int) -> None:
        if self._utf8 == _ANY_BYTE:
            if byte & 0xC0 == 0x80:
                self._tails += 1
                if self._tails > _TAILS_MOST:
                    self._break()
                else:
                    self.reach = stop
                return
            self._utf8 = START
        following = self._tables.utf8_transitions[self._utf8 * 256 + byte]
        if following == REJECT and self._utf8 != START:
            self._break()
            following = self._tables.utf8_transitions[byte]
        if following == REJECT:
            self._break()
            return
        if self._utf8 == START:
            self._value, self._begun = byte & self._tables.utf8_leads[byte], start
        else:
            self._value = self._value << 6 | byte & 0x3F
        self._utf8 = following
        if following == START:
            self._character(self._value & 0x1FFFFF, self._begun, stop)

    def _character(self, code_point: int, start: int, stop: int) -> None:
        if self._folds.fold_character("characters", code_point) == "":
            return
        if self.first == self.length:
            self.first = start
        self.reach = stop

    def _unknown(self, stop: int) -> None:
        self._utf8, self._tails, self.reach = _ANY_BYTE, 0, stop

    def _break(self) -> None:
        self.first, self._utf8, self.closed = self.length, START, True

    def _pending(self, state: int) -> int:
        """Return where what was read and is in no byte yet begins."""
        machine, seen = self._machine, len(self._ring)
        if not seen:
            return self._mark if self._marked and state != machine.starts[0] else self.length
        member = max(code_point for code_point in range(128) if machine.alphabet[code_point])
        for more in range(1, _REFEED_LIMIT + 1):
            op = self._ops[machine.transitions[state * machine.class_count + machine.classes[member]]]
            if op[1] == BYTES:
                used = op[8] + 1 - more
                return self._ring[max(seen - used, 0)] if used > 0 else self.length
            state = op[0]
        return 0


def open_from(tables: Tables, folds: Folds, text: str, *, every: bool) -> int:
    """Return from where on the end of a folded text may be part of a run that is not closed, in any reading; its length if nowhere.

    every: lanes may be in any state where the text begins.
    """
    shadow = bytes(min(ord(character), OTHER) for character in text)
    found = len(text)
    for reading, (alphabet, backwards) in enumerate(tables.decode_readings):
        symbols = shadow.translate(tables.maps[alphabet] + bytes([OTHER] * 128))
        if backwards:
            symbols = symbols[::-1]
        for machine in tables.machines:
            if (
                machine.sink == "runs"
                and reading in machine.readings
                and any(machine.alphabet[symbol] for symbol in symbols if symbol < OTHER)
            ):
                found = min(found, _of_machine(tables, folds, machine, symbols, every=every, backwards=backwards))
    return found


def _of_machine(tables: Tables, folds: Folds, machine: Machine, symbols: bytes, *, every: bool, backwards: bool) -> int:
    length, radix = len(symbols), _of_symbols(machine)
    if radix and sum(machine.alphabet) >= _DENSE_ALPHABET and ord("=") not in symbols:
        if backwards:
            return length - max(_dense(tables, folds, machine, symbols, backwards=True) or [0])
        for size in (_NEAR, 2 * _NEAR, 4 * _NEAR, 8 * _NEAR):
            near = _dense(tables, folds, machine, symbols[-size:], backwards=False) if size < length else None
            if near is not None:
                return length - size + min(near, default=size)
    found = length
    for start in range(machine.state_count) if backwards or (every and radix) else machine.starts:
        at = _Open(tables, folds, machine, length, cut=backwards).run(symbols, start, backwards=backwards)
        found = min(found, length - at if backwards else at)
    return found


def _dense(tables: Tables, folds: Folds, machine: Machine, symbols: bytes, *, backwards: bool) -> list[int] | None:
    """Run the lanes of a dense code over a text that was cut; None where one may be open from the beginning.

    Its phases go on over foreign symbols; the lane that begins afresh at each is a phase up to the first; without padding that is all.
    """
    found = []
    for start in machine.starts:
        afresh = _starts_afresh(machine, start)
        if afresh == "padding":
            continue
        first = 0
        while afresh == "foreign" and first < len(symbols) and symbols[first] < OTHER and machine.alphabet[symbols[first]]:
            first += 1
        if first == len(symbols):
            continue
        lane = _Open(tables, folds, machine, len(symbols) - first, cut=True)
        at = lane.run(symbols[first:], start, backwards=backwards)
        if not backwards and not lane.closed:
            return None
        found.append(first + at)
    return found


def _starts_afresh(machine: Machine, start: int) -> str:
    """Say at what a lane begins afresh: foreign symbols, padding, or nothing."""
    inside = _next(machine, start, max(code_point for code_point in range(128) if machine.alphabet[code_point]))
    if _next(machine, inside, OTHER) == start:
        return "foreign"
    return "padding" if not machine.alphabet[ord("=")] and _next(machine, inside, ord("=")) == start else ""


def _next(machine: Machine, state: int, symbol: int) -> int:
    return machine.ops[machine.transitions[state * machine.class_count + machine.classes[symbol]] * OP_FIELDS]


def begun(tables: Tables, folds: Folds, sides: tuple[Side | None, Side | None], text: str, *, mirrored: bool, turned: bool) -> int:
    """Return from where on a folded text may be the beginning of a phrase; its length if nowhere.

    sides: those of the automaton, or `mirrored`, of the phrases turned round. turned: in rotated alphabets too.
    """
    symbols, places = folds.places(text[::-1] if mirrored else text)
    if not symbols:
        return len(text)
    found = len(text)
    for with_leet in (True, False):
        for bounded, side in enumerate(sides):
            if side is None:
                continue
            kept = _stream(folds, symbols, with_leet=with_leet, bounded=bool(bounded), mirrored=mirrored)
            stream = bytes(symbol for symbol, _ in kept)
            depths = _depths(side.table)
            for columns in tables.columns if turned else tables.columns[:1]:
                state = 0
                for symbol in stream:
                    state = side.table.transitions[state + columns[symbol]]
                depth = depths[state // side.table.columns]
                if depth > bounded:
                    place = places[kept[len(kept) - depth + bounded][1]]
                    found = min(found, len(text) - 1 - place if mirrored else place)
    return found


def _stream(folds: Folds, symbols: bytes, *, with_leet: bool, bounded: bool, mirrored: bool) -> list[tuple[int, int]]:
    """Return the symbols that count, in the text's order, and their places; a bounded stream has no separator where it was cut."""
    kept: list[tuple[int, int]] = []
    separated = False
    for index, symbol in enumerate(symbols):
        dropped = folds.is_dropped(symbol, with_leet=with_leet)
        if not dropped or (bounded and not separated):
            kept.append((SEPARATOR if dropped else symbol, index))
        separated = dropped
    if mirrored:
        kept.reverse()
    if bounded and kept[:1] and kept[0][0] != SEPARATOR:
        kept.insert(0, (SEPARATOR, kept[0][1]))
    return kept


_ROWS: dict[int, tuple[Machine, list[tuple[int, ...]]]] = {}


def _rows(machine: Machine) -> list[tuple[int, ...]]:
    """Return a machine's steps as rows; they are remembered, as the tables that are in use are."""
    known = _ROWS.get(id(machine))
    if known is None or known[0] is not machine:
        known = _ROWS[id(machine)] = (machine, [tuple(machine.ops[i : i + OP_FIELDS]) for i in range(0, len(machine.ops), OP_FIELDS)])
    return known[1]


def _of_symbols(machine: Machine) -> bool:
    return any(op[2] & SYMBOL for op in _rows(machine))


_KNOWN: dict[int, tuple[Table, tuple[int, ...]]] = {}
_KNOWN_MOST = 8


def _depths(table: Table) -> tuple[int, ...]:
    """Return how long the text of each state is; of the last few tables it is remembered."""
    known = _KNOWN.get(id(table))
    if known is not None and known[0] is table:
        return known[1]
    depths = [-1] * table.states
    depths[0] = 0
    queue = deque([0])
    while queue:
        state = queue.popleft()
        for following in set(table.transitions[state * table.columns : (state + 1) * table.columns]):
            if depths[following // table.columns] < 0:
                depths[following // table.columns] = depths[state] + 1
                queue.append(following // table.columns)
    if -1 in depths:
        raise Bug("a phrase table has a state that nothing leads to")
    if len(_KNOWN) >= _KNOWN_MOST:
        _KNOWN.clear()
    _KNOWN[id(table)] = (table, tuple(depths))
    return _KNOWN[id(table)][1]
