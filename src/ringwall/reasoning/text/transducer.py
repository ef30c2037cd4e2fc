"""A decoder of the tables as the prover sees it: one lane, one symbol at a time, accumulators followed concretely.

The meaning is `text/tables/machine.py`'s; `tests/proofs/test_model.py` holds it against both interpreters. Positions and offsets are left
out: what a lane emits does not depend on them.
"""

from __future__ import annotations

import msgspec

from ringwall.errors import IntegrityError
from ringwall.text.tables import Machine
from ringwall.text.tables.loader import OP_FIELDS
from ringwall.text.tables.machine import (
    ACC_LIMIT,
    ALPHABET,
    BREAK,
    BYTES,
    CODE,
    COPY,
    END,
    FAIL,
    MARK,
    NONE,
    REFEED,
    REWIND,
    TEXT,
)

BREAK_UNIT = -1  # what stands among the emitted numbers where a decoder breaks its run
_STEP_LIMIT = 4_096


class UnsupportedMachine(IntegrityError, code="unsupported-machine"):
    """A decoder does what the prover has no model of, so nothing is claimed about it."""

    remedy = "extend the prover's model before claiming anything about this decoder"


class Configuration(msgspec.Struct, frozen=True):
    """Where one lane stands. `kept`: the symbols since the mark, as far as a failure may bring them back; None before any mark."""

    state: int
    acc: int = 0
    kept: tuple[int, ...] | None = None


class Transducer:
    """One machine of the tables."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.name = machine.name
        self.starts = machine.starts
        rows = [tuple(machine.ops[i : i + OP_FIELDS]) for i in range(0, len(machine.ops), OP_FIELDS)]
        width = machine.class_count
        self.table = [
            [rows[machine.transitions[state * width + machine.classes[symbol]]] for symbol in range(ALPHABET)]
            for state in range(machine.state_count)
        ]
        self._distinct = [list(dict.fromkeys(row)) for row in self.table]
        self.may_fail = self._backward(lambda op: op[1] in (FAIL, REWIND), lambda op: not op[2] & MARK)
        self.uses_acc = self._backward(lambda op: op[3] != 0 and op[1] in (BYTES, CODE), lambda op: op[3] != 0 and op[5] != 0)

    def _backward(self, at_once: object, through: object) -> frozenset[int]:
        """Return the states from which an op that satisfies `at_once` can be reached over ops that satisfy `through`."""
        assert callable(at_once)
        assert callable(through)
        found = {state for state, row in enumerate(self._distinct) if any(at_once(op) for op in row)}
        grown = True
        while grown:
            more = {
                state
                for state, row in enumerate(self._distinct)
                if state not in found and any(through(op) and op[0] in found for op in row)
            }
            found |= more
            grown = bool(more)
        return frozenset(found)

    def op(self, state: int, symbol: int) -> tuple[int, ...]:
        """Return the effects of one symbol in one state."""
        return self.table[state][symbol]

    def feed(  # noqa: C901, PLR0912 - one branch a rule of machine.py, in its order
        self, configuration: Configuration, symbol: int
    ) -> tuple[Configuration, tuple[int, ...]]:
        """Read one symbol, with everything that a failure or a refeed reads again; return the new place and the numbers emitted.

        Raises:
            UnsupportedMachine: the machine does not advance, or fails without a mark.
        """
        state, acc, kept = configuration.state, configuration.acc, configuration.kept
        queue = [symbol]
        made: list[int] = []
        for _ in range(_STEP_LIMIT):
            if not queue:
                return self._reduced(state, acc, kept), tuple(made)
            current = queue.pop(0)
            following, kind, flags, mul, add, keep, shift, count, back, offset, length = self.table[state][current]
            state = following
            if current == END and kind == NONE:
                continue
            if flags & MARK:
                kept = ()
            acc = min(acc * mul + add, ACC_LIMIT)
            if kind == BYTES:
                made.extend(acc >> (shift - 8 * k) & 255 for k in range(count))
            elif kind == CODE:
                made.append(acc)
            elif kind == COPY:
                if back:
                    raise UnsupportedMachine(f"decoder `{self.name}` copies from further back")
                made.append(current)
            elif kind == TEXT:
                made.extend(self.machine.texts[offset : offset + length])
            elif kind == BREAK:
                made.append(BREAK_UNIT)
            if kind in (FAIL, REWIND):
                if kept is None:
                    raise UnsupportedMachine(f"decoder `{self.name}` fails without a mark")
                again = [*kept, current]
                if kind == FAIL:
                    made.append(again.pop(0))
                    acc = 0
                queue[:0] = again
                kept = None
            elif flags & REFEED or current == END:
                queue.insert(0, current)
            elif kept is not None:
                kept = (*kept, current) if state in self.may_fail else None
            acc &= keep
        raise UnsupportedMachine(f"decoder `{self.name}` does not advance")

    def _reduced(self, state: int, acc: int, kept: tuple[int, ...] | None) -> Configuration:
        """Forget what cannot matter any more, so that configurations that behave alike are one."""
        return Configuration(state, acc if state in self.uses_acc else 0, kept if state in self.may_fail else None)

    def run(self, start: int, symbols: bytes | list[int]) -> tuple[int, ...]:
        """Read a whole text in one lane, its end included."""
        place = Configuration(start)
        made: list[int] = []
        for symbol in (*symbols, END):
            place, more = self.feed(place, symbol)
            made.extend(more)
        return tuple(made)
