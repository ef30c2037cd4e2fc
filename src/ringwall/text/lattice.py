"""The leaf's second look at escapes: every choice of what is an escape and what is not, at once, against the phrase automaton.

The deterministic reading takes the first escape it can, so `%` before a payload that begins with two hex letters captures them. Here a
thread copies each character and another one begins an escape with it; a thread whose escape fails dies, because the copying one lives on.
Threads that agree on everything that can still matter are one. What is returned is not a verdict but the choices behind it: the reading
they make is materialised and read like any other.
"""

from __future__ import annotations

from typing import NamedTuple

from ringwall.errors import Bug
from ringwall.text.phrases import IN_ORDER, Side
from ringwall.text.results import Choices
from ringwall.text.symbols import SEPARATOR, Folds
from ringwall.text.tables import Machine, Tables
from ringwall.text.tables.loader import OP_FIELDS
from ringwall.text.tables.machine import ACC_LIMIT, BYTES, CHANGE, CODE, END, LATTICE_THREADS, MARK, NONE, OTHER, REFEED, TEXT
from ringwall.text.tables.utf8 import REJECT, START

Node = tuple["Node | None", int, int, str]  # a linked list of replacements, last first

_COPYING = -1


class _Thread(NamedTuple):
    """One way to read the text so far.

    machine, state, acc, mark: the escape it is in (machine is -1 while it copies). automaton: the phrase automaton's state. separated:
    whether the last column was a separator. utf8, value: an unfinished character. since: columns read since the last escape. node: the
    escapes taken.
    """

    machine: int
    state: int
    acc: int
    mark: int
    automaton: int
    separated: bool
    utf8: int
    value: int
    since: int
    node: Node | None

    def key(self) -> tuple[int, ...]:
        return (self.machine, self.state, self.acc, self.automaton, self.separated, self.utf8, self.value)


class Lattice:
    """One pass over one text for one side of a phrase automaton."""

    def __init__(self, tables: Tables, folds: Folds, side: Side, *, bounded: bool, with_leet: bool) -> None:
        self._tables, self._folds, self._side = tables, folds, side
        self._bounded, self._with_leet = bounded, with_leet
        self._machines = [machine for machine in tables.machines if machine.lattice]
        self._found: dict[int, Node] = {}
        self._next: dict[tuple[int, ...], _Thread] = {}
        self._columns: dict[str, tuple[int, ...]] = {}

    def run(self, text: str) -> tuple[list[Choices], bool]:
        """Return the choices under which a phrase is found across an escape, and whether there were too many threads to follow."""
        idle = _Thread(_COPYING, 0, 0, 0, 0, False, START, 0, 1 << 30, None)
        threads = [self._feed(idle, (SEPARATOR,)) if self._bounded else idle]
        threads[0] = threads[0]._replace(separated=self._bounded)
        for position, character in enumerate(text):
            self._next = {}
            for thread in threads:
                self._step(thread, position, character)
            threads = list(self._next.values())
            if len(threads) > LATTICE_THREADS:
                return [], True
        self._next = {}
        for thread in threads:
            self._finish(thread, len(text))
        return [_choices(node) for node in dict.fromkeys(self._found.values())], False

    def _step(self, thread: _Thread, position: int, character: str) -> None:
        symbol = min(ord(character), OTHER)
        if thread.machine == _COPYING:
            copied = self._emit(thread._replace(utf8=START, value=0), character)
            self._keep(copied)
            for number, machine in enumerate(self._machines):
                op = _op(machine, machine.starts[0], symbol)
                if op[2] & MARK:
                    acc = min(op[4], ACC_LIMIT) & op[5]
                    self._keep(thread._replace(machine=number, state=op[0], acc=acc, mark=position))
            return
        following, again = self._escape(thread, position, symbol)
        if following is None:
            return
        if again:
            self._step(following, position, character)
        else:
            self._keep(following)

    def _finish(self, thread: _Thread, length: int) -> None:
        """Let an unfinished escape end with the text, and close the last word."""
        ended: _Thread | None = thread
        if thread.machine != _COPYING:
            ended, _ = self._escape(thread, length, END)
        if ended is not None and ended.machine == _COPYING and self._bounded and not ended.separated:
            self._feed(ended, (SEPARATOR,))

    def _escape(self, thread: _Thread, position: int, symbol: int) -> tuple[_Thread | None, bool]:
        """Move a thread that is in an escape; return it (None: the escape failed) and whether the character is to be read again."""
        machine = self._machines[thread.machine]
        state, kind, flags, mul, add, keep, shift, _, _, offset, length = _op(machine, thread.state, symbol)
        acc = min(thread.acc * mul + add, ACC_LIMIT)
        if kind == NONE and not flags & CHANGE:
            return (None, False) if symbol == END else (thread._replace(state=state, acc=acc & keep), False)
        stop = position if flags & REFEED or symbol == END else position + 1
        idle = thread._replace(machine=_COPYING, state=0, acc=0, mark=0)
        if kind == BYTES:
            idle, text = self._byte(idle, acc >> shift & 255)
        elif kind in (CODE, TEXT, NONE):
            text = _character(acc) if kind == CODE else "".join(map(chr, machine.texts[offset : offset + length]))
            idle = idle._replace(utf8=START, value=0)
        else:
            return None, False
        return self._emit(idle._replace(since=0, node=(thread.node, thread.mark, stop, text)), text), bool(flags & REFEED)

    def _byte(self, thread: _Thread, byte: int) -> tuple[_Thread, str]:
        tables = self._tables
        following = tables.utf8_transitions[thread.utf8 * 256 + byte]
        started = thread.utf8 == START
        if following == REJECT and not started:
            following, started = tables.utf8_transitions[byte], True
        if following == REJECT:
            return thread._replace(utf8=START, value=0), ""
        value = byte & tables.utf8_leads[byte] if started else thread.value << 6 | byte & 0x3F
        if following == START:
            return thread._replace(utf8=START, value=0), chr(value)
        return thread._replace(utf8=following, value=value), ""

    def _emit(self, thread: _Thread, text: str) -> _Thread:
        for character in text:
            columns = self._columns.get(character)
            if columns is None:
                letters = self._folds.fold("letters", self._folds.fold("characters", character))
                columns = self._columns[character] = tuple(
                    -1 if self._folds.is_dropped(symbol, with_leet=self._with_leet) else self._tables.columns[0][symbol]
                    for symbol in self._folds.symbols(letters)
                )
            thread = self._feed(thread, columns)
        return thread

    def _feed(self, thread: _Thread, columns: tuple[int, ...]) -> _Thread:
        """Move the phrase automaton; -1 is a character that is dropped, or separates words."""
        table, state, separated, since = self._side.table, thread.automaton, thread.separated, thread.since
        for dropped in columns:
            column = dropped
            if dropped < 0:
                if not self._bounded or separated:
                    continue
                column = SEPARATOR
            separated = dropped < 0
            state = table.transitions[state + column]
            since += 1
            if state >= table.first_accepting * table.columns and thread.node is not None:
                self._record(state // table.columns - table.first_accepting, since, thread.node)
        return thread._replace(automaton=state, separated=separated, since=since)

    def _record(self, place: int, since: int, node: Node) -> None:
        table, patterns = self._side.table, self._side.patterns
        while place >= 0:
            for number in table.outputs[table.output_starts[place] : table.output_starts[place + 1]]:
                if patterns[number].where & IN_ORDER and len(patterns[number].columns) > since - 1:
                    self._found.setdefault(number, node)
            place = table.links[place]

    def _keep(self, thread: _Thread) -> None:
        self._next.setdefault(thread.key(), thread)


def _op(machine: Machine, state: int, symbol: int) -> tuple[int, ...]:
    row = machine.transitions[state * machine.class_count + machine.classes[symbol]] * OP_FIELDS
    return tuple(machine.ops[row : row + OP_FIELDS])


def _character(code_point: int) -> str:
    return chr(code_point) if code_point <= 0x10FFFF and not 0xD800 <= code_point < 0xE000 else ""


def _choices(node: Node | None) -> Choices:
    made: list[tuple[int, int, str]] = []
    while node is not None:
        node, start, end, text = node
        made.append((start, end, text))
    if not made:
        raise Bug("a lattice hit without an escape")
    return made[::-1]
