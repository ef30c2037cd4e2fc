"""The form of a decoder: a deterministic transducer with one bounded accumulator, written as a step function and tabulated by the
generator.

A machine reads the ASCII shadow of a text (every other character is OTHER, the end of the text is END). A step yields one `Op`. Its
effects, in order:

1. MARK: the position becomes the start of the range that the next emission is made from.
2. acc = min(acc * mul + add, ACC_LIMIT).
3. emit, by `kind` (below).
4. acc = acc & keep.
5. state = next; the position advances unless REFEED is set.

Kinds: NONE; BYTES: `count` bytes of acc from bit `shift` down; CODE: acc as one code point; COPY: the character `back` places ago,
unchanged; TEXT: a constant; BREAK: what was emitted before and after do not belong together; FAIL: the marked character is emitted
unchanged, reading resumes behind it in state `next` (so an escape that turns out not to be one costs nothing); REWIND: reading resumes at
the mark in state `next` (so a machine can look ahead before it commits itself). Each position may be failed from once and rewound to once.
Flags: SYMBOL: the position counts for `back` of BYTES (a byte's range starts `back` symbols ago); MARKED: the range of BYTES starts at
the mark instead; CHANGE: the reading now differs from its source.

Sinks: "runs": bytes and code points are joined to characters (UTF-8, UTF-16 pairs); runs of at least `run_minimum` letters and digits
survive (or of twice as many visible characters: Morse has no letters), a malformed byte or BREAK ends a run, invisible characters neither
count nor end one. "inplace": everything is kept; a malformed byte stands for the Latin-1 character of its value. A reading with fewer
than `minimum_changes` changes is none; in a text that is itself guesswork, so is one without `DENSE_CHANGES` within `DENSE_WINDOW`
characters.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Literal

import msgspec

VERSION = 1  # of the tables' meaning; a reader of another version refuses them
NONE, BYTES, CODE, COPY, TEXT, BREAK, FAIL, REWIND = range(8)
MARK, REFEED, SYMBOL, MARKED, CHANGE = 1, 2, 4, 8, 16
ACC_LIMIT = (1 << 40) - 1
RUN_MINIMUM = 8
LATTICE_THREADS = 96  # ways to read one text at once; an adversary's best so far is 22, and more is exhaustion
DENSE_CHANGES = 4  # an encoded payload of eight letters has eight changes close together, chance has one or two here and there
DENSE_WINDOW = 64  # characters that so many changes may be apart
OTHER = 128
END = 129
ALPHABET = 130

State = Hashable


class Op(msgspec.Struct, frozen=True):
    """One step's effects; `next` is a state of the step function, later its number."""

    next: State
    kind: int = NONE
    flags: int = 0
    mul: int = 1
    add: int = 0
    keep: int = -1
    shift: int = 0
    count: int = 0
    back: int = 0
    text: str = ""


class Definition(msgspec.Struct, frozen=True):
    """A decoder as a person writes it.

    name: what a view's chain says.
    step: (state, symbol) -> Op; symbol is 0..127, OTHER or END. Must reach finitely many states.
    starts: start states, one per lane (offsets of a block code); each lane reads the whole text.
    alphabet, minimum: with fewer than `minimum` characters of `alphabet` no lane can emit anything that its sink keeps (an exact
    prefilter).
    """

    name: str
    sink: Literal["runs", "inplace"]
    step: Callable[[State, int], Op]
    starts: tuple[State, ...]
    alphabet: frozenset[int]
    minimum: int
    minimum_changes: int = 1
    run_minimum: int = RUN_MINIMUM
    lattice: bool = False
    mapped: bool = True


class Machine(msgspec.Struct, frozen=True):
    """A decoder as numbers.

    classes: uint8[130], symbol -> class. transitions: uint16[states * class_count], -> row of `ops`.
    ops: int64 rows of (next, kind, flags, mul, add, keep, shift, count, back, text offset, text length).
    """

    name: str
    sink: Literal["runs", "inplace"]
    starts: tuple[int, ...]
    alphabet: bytes  # 128 flags
    minimum: int
    minimum_changes: int
    run_minimum: int
    lattice: bool  # whether every choice of its escapes is tried against the phrase automaton as well
    mapped: bool  # whether it reads under other alphabets (rot13, atbash) too
    state_count: int
    class_count: int
    classes: bytes
    transitions: tuple[int, ...]
    ops: tuple[tuple[int, ...], ...]
    texts: str


def tabulate(definition: Definition) -> Machine:
    """Enumerate a definition's reachable states and write it down as numbers."""
    numbers: dict[State, int] = {}
    order: list[State] = []

    def number(state: State) -> int:
        if state not in numbers:
            numbers[state] = len(order)
            order.append(state)
        return numbers[state]

    for start in definition.starts:
        number(start)
    rows: list[list[Op]] = []
    for state in order:  # grows while states are found
        row = [definition.step(state, symbol) for symbol in range(ALPHABET)]
        for op in row:
            number(op.next)
        rows.append(row)
    texts: dict[str, int] = {}
    ops: dict[tuple[int, ...], int] = {}
    columns: dict[tuple[int, ...], int] = {}
    classes = bytearray(ALPHABET)
    for symbol in range(ALPHABET):
        column = tuple(ops.setdefault(_row(row[symbol], numbers, texts), len(ops)) for row in rows)
        classes[symbol] = columns.setdefault(column, len(columns))
    table = list(columns)
    return Machine(
        name=definition.name,
        sink=definition.sink,
        starts=tuple(numbers[start] for start in definition.starts),
        alphabet=bytes(symbol in definition.alphabet for symbol in range(128)),
        minimum=definition.minimum,
        minimum_changes=definition.minimum_changes,
        run_minimum=definition.run_minimum,
        lattice=definition.lattice,
        mapped=definition.mapped,
        state_count=len(order),
        class_count=len(table),
        classes=bytes(classes),
        transitions=tuple(column[state] for state in range(len(order)) for column in table),
        ops=tuple(ops),
        texts="".join(texts),
    )


def _row(op: Op, numbers: dict[State, int], texts: dict[str, int]) -> tuple[int, ...]:
    if op.text not in texts:
        texts[op.text] = sum(map(len, texts))
    return (numbers[op.next], op.kind, op.flags, op.mul, op.add, op.keep, op.shift, op.count, op.back, texts[op.text], len(op.text))
