"""Model and code agree: the prover's transducers, the Python and the C interpreter emit the same, on every short text over each decoder's
symbols, and on long walks.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import msgspec
import pytest

from ringwall.reasoning.text.transducer import BREAK_UNIT, Transducer
from ringwall.text.native_interpreter import NativeInterpreter, native_is_built
from ringwall.text.python_interpreter import PythonInterpreter, _lane
from ringwall.text.tables import Machine, Tables, load_tables
from ringwall.text.tables.loader import OP_FIELDS
from ringwall.text.tables.machine import ALPHABET, OTHER

_TEXTS = 4_000  # per decoder
_FAR = "\u4e2d"  # no fold, no symbol
_UNMODELLED = {"spaced", "dotted"}  # they copy from further back; nothing is claimed about them (folds see through separators)

MACHINES = [machine.name for machine in load_tables().machines]


def machine(name: str) -> Machine:
    (found,) = [m for m in load_tables().machines if m.name == name]
    return found


def short_texts(name: str) -> Iterator[str]:
    """Every text over one character of each class, up to the length at which they become too many."""
    classes = machine(name).classes
    letters = [chr(classes.index(number)) for number in range(machine(name).class_count) if number in classes[: OTHER + 1]]
    letters = [c if ord(c) < OTHER else _FAR for c in letters]
    for length in range(1, 9):
        if len(letters) ** length > _TEXTS:
            break
        for text in itertools.product(letters, repeat=length):
            yield "".join(text)


def walks(name: str) -> Iterator[str]:
    """Long texts that follow the decoder's own transitions, so that rare states are reached."""
    rng = random.Random(name)
    lane = Transducer(machine(name))
    rows = [[c for c in range(OTHER + 1) if lane.table[q][c][0] != lane.starts[0]] for q in range(lane.machine.state_count)]
    for _ in range(300):
        state, text = rng.choice(lane.starts), ""
        for _ in range(rng.randrange(1, 60)):
            options = rows[state] if rng.random() < 0.8 and rows[state] else range(OTHER + 1)
            symbol = rng.choice(list(options))
            text += chr(symbol) if symbol < OTHER else _FAR
            state = lane.table[state][symbol][0]
        yield text


def bare(name: str) -> Tables:
    """Tables with one decoder that is run wherever one of its symbols stands and whose every emission is kept, if it makes one visible character."""
    only = msgspec.structs.replace(machine(name), minimum=1, run_minimum=1, minimum_changes=0)
    return msgspec.structs.replace(load_tables(), machines=(only,))


@pytest.mark.parametrize("name", MACHINES)
def test_both_interpreters_agree_on_every_short_text(name: str) -> None:
    if not native_is_built():
        pytest.skip("c: the extension is not built")
    python, native = PythonInterpreter(bare(name)), NativeInterpreter(bare(name))
    for text in itertools.chain(short_texts(name), walks(name)):
        for mapped in (False, True):
            assert native.decode(text, mapped=mapped, sparse=True) == python.decode(text, mapped=mapped, sparse=True), ascii(text)


@pytest.mark.parametrize("name", [name for name in MACHINES if name not in _UNMODELLED])
def test_the_prover_and_the_interpreter_agree_on_every_short_text(name: str) -> None:
    found = machine(name)
    lane = Transducer(found)
    ops = [tuple(found.ops[i : i + OP_FIELDS]) for i in range(0, len(found.ops), OP_FIELDS)]
    for text in itertools.chain(short_texts(name), walks(name)):
        symbols = bytes(min(ord(c), OTHER) for c in text)
        if not any(symbol < OTHER and found.alphabet[symbol] for symbol in symbols):
            continue  # the interpreters do not run it at all
        for start in found.starts:
            units, _ = _lane(found, ops, symbols, text, start)
            emitted = tuple(
                BREAK_UNIT if kind == "break" else min(value, OTHER) if kind == "copy" else value for kind, value, _, _ in units
            )
            assert lane.run(start, symbols) == emitted, (ascii(text), start)


def test_the_model_covers_every_symbol() -> None:
    assert all(len(row) == ALPHABET for row in Transducer(machine("hex")).table)
