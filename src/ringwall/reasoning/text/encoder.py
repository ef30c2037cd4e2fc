"""An obfuscation class as a nondeterministic finite-state transducer: which texts a payload may be written as."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Literal

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.text.tables.machine import END

STATE_LIMIT = 5_000
State = Hashable
# (payload units read, text written, next state); the payload is bytes for byte codes, code points otherwise
Move = tuple[tuple[int, ...], str, State]


class Encoder(msgspec.Struct, frozen=True, kw_only=True):
    """A class as a person writes it.

    id, version: what certificates name; raise the version with any change of meaning.
    says: the class in words. machine: the decoder that has to cover it. payload: what a payload is made of.
    moves: state -> what may be written next; finishes: state -> what may end the text there (empty: it may not end there).
    before, after: the symbols (0..127, 128 for any other character, END for the text's edge) that may stand next to the span; None: any.
    context: "any"; "clean": no escape is unfinished where the span begins; "leaf": any, but what comes out
        is not decoded again (a decoder whose every choice is tried against the phrases).
    premises: what the claim assumes, in words, besides the ones that every certificate carries.
    """

    id: str
    says: str
    machine: str
    moves: Callable[[State], Iterable[Move]]
    finishes: Callable[[State], Iterable[str]]
    start: State = 0
    version: int = 1
    payload: Literal["bytes", "ascii", "lowercase"] = "bytes"
    before: frozenset[int] | None = None
    after: frozenset[int] | None = None
    context: Literal["any", "clean", "leaf"] = "any"
    premises: tuple[str, ...] = ()


class EncoderTable(msgspec.Struct, frozen=True):
    """A class as numbers, which the re-checker reads: state 0 is the start; texts are strings of ASCII, U+0080 standing for the rest."""

    id: str
    version: int
    machine: str
    states: int
    moves: tuple[tuple[int, tuple[int, ...], str, int], ...]
    finishes: tuple[tuple[int, str], ...]
    before: tuple[int, ...] | None
    after: tuple[int, ...] | None
    context: str

    def by_state(self) -> list[list[tuple[tuple[int, ...], str, int]]]:
        """Return the moves of each state."""
        rows: list[list[tuple[tuple[int, ...], str, int]]] = [[] for _ in range(self.states)]
        for state, units, text, following in self.moves:
            rows[state].append((units, text, following))
        return rows

    def endings(self) -> list[list[str]]:
        """Return the finishes of each state."""
        rows: list[list[str]] = [[] for _ in range(self.states)]
        for state, text in self.finishes:
            rows[state].append(text)
        return rows


def tabulate(encoder: Encoder) -> EncoderTable:
    """Enumerate an encoder's states.

    Raises:
        LimitExceeded: it has more than `STATE_LIMIT` states.
    """
    numbers: dict[State, int] = {encoder.start: 0}
    queue = deque([encoder.start])
    moves: list[tuple[int, tuple[int, ...], str, int]] = []
    finishes: list[tuple[int, str]] = []
    while queue:
        state = queue.popleft()
        for units, text, following in encoder.moves(state):
            if following not in numbers:
                numbers[following] = len(numbers)
                queue.append(following)
            moves.append((numbers[state], units, text, numbers[following]))
        finishes.extend((numbers[state], text) for text in encoder.finishes(state))
        if len(numbers) > STATE_LIMIT:
            raise LimitExceeded(f"class `{encoder.id}` has more than {STATE_LIMIT} states")
    return EncoderTable(
        encoder.id,
        encoder.version,
        encoder.machine,
        len(numbers),
        tuple(moves),
        tuple(finishes),
        None if encoder.before is None else tuple(sorted(encoder.before)),
        None if encoder.after is None else tuple(sorted(encoder.after)),
        encoder.context,
    )


def all_but(symbols: Iterable[int]) -> frozenset[int]:
    """Return every symbol (the text's edge included) except these."""
    return frozenset(range(END + 1)) - frozenset(symbols)
