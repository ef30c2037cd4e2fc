"""The lemma for codes too wide to walk: base85 and ascii85 hold 2^32 values in an accumulator, so their tables are held against arithmetic.

What is checked on the tables: counting the symbols so far, each symbol does acc = acc * 85 + value and nothing else; the fifth emits the
accumulator's four bytes, high first, and clears it; a foreign symbol does nothing (plain lanes) or fills up and flushes (token lane, which
then starts afresh), as the end of the text does in both. What follows by arithmetic, for N = the four bytes as a number:
    N's five digits to the base 85 give N back (Horner), and N < 2^32 < 85^5 <= the accumulator's limit;
    n digits of N, whose last 5 - n bytes are 0, filled up with 84: N <= fill < N + 85^(5-n) <= N + 256^(5-n), so n - 1 bytes hold.
"""

from __future__ import annotations

import hashlib

from ringwall.reasoning.text.folding import Theorem
from ringwall.reasoning.text.transducer import Configuration, Transducer
from ringwall.text.tables import Tables
from ringwall.text.tables.machine import ACC_LIMIT, BYTES, END, NONE, OTHER

_BASE85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_ALPHABETS = {"base85": _BASE85, "ascii85": "".join(chr(33 + i) for i in range(85))}


def positional_theorems(tables: Tables) -> tuple[Theorem, ...]:
    """Check both codes."""
    machines = {machine.name: machine for machine in tables.machines}
    return tuple(_theorem(tables, Transducer(machines[name]) if name in machines else None, name) for name in _ALPHABETS)


def _theorem(tables: Tables, lane: Transducer | None, name: str) -> Theorem:
    says = f"{name}: whole groups in any context; a last, partial group too where the span stands as a word of its own"
    witness = _structure(lane, _ALPHABETS[name]) if lane else "there is no such decoder"
    witness = witness or _arithmetic()
    digest = hashlib.sha256(f"{says}\n{witness}\n{tables.digest}".encode()).hexdigest()
    return Theorem(f"{name}-positional", says, 0 if lane is None else lane.machine.state_count * (END + 1), witness, digest)


def _arithmetic() -> str:
    if not 2**32 <= 85**5 <= ACC_LIMIT:
        return "the accumulator is too narrow"
    fills = all(85**missing <= 256**missing for missing in range(1, 4))
    return "" if fills else "a partial group is not determined"


def _structure(lane: Transducer, alphabet: str) -> str:
    values = {ord(c): i for i, c in enumerate(alphabet)}
    plain, token = _lanes(lane, values)
    if plain is None or token is None:
        return "the lanes are not five offsets and one that restarts"
    for mode, ring in (("plain", plain), ("token", token)):
        for have, state in enumerate(ring):
            for symbol in range(END + 1):
                fault = _op(lane, state, symbol, (mode, have, ring, values))
                if fault:
                    return f"{fault} at symbol {symbol} after {have} of a group ({mode} lane)"
    return ""


def _lanes(lane: Transducer, values: dict[int, int]) -> tuple[list[int] | None, list[int] | None]:
    """Return the five states of the plain lanes' cycle and of the token lane's, each from its empty group on."""
    symbol = next(iter(values))
    cycles: list[list[int]] = []
    for start in lane.starts:
        ring = [start]
        while len(ring) < 5:
            ring.append(lane.op(ring[-1], symbol)[0])
        if lane.op(ring[-1], symbol)[0] != start:
            return None, None
        cycles.append(ring)
    foreign = OTHER
    plain = [c for c in cycles if all(lane.op(q, foreign)[0] == q for q in c)]
    token = [c for c in cycles if all(lane.op(q, foreign)[0] == c[0] for q in c) and c not in plain]
    emptied = [c for c in plain if lane.op(c[4], symbol)[1] == BYTES]
    if not emptied or not token or set(emptied[0]) - {c[0] for c in plain}:
        return None, None
    return emptied[0], token[0]


def _op(lane: Transducer, state: int, symbol: int, where: tuple[str, int, list[int], dict[int, int]]) -> str:
    mode, have, ring, values = where
    following, kind, flags, mul, add, keep, shift, count, *_ = lane.op(state, symbol)
    del flags
    if symbol in values:
        wanted = (ring[(have + 1) % 5], 85, values[symbol])
        if (following, mul, add) != wanted:
            return "the symbol's value is wrong"
        if have == 4:
            return "" if (kind, keep, shift, count) == (BYTES, 0, 24, 4) else "the group is not emitted"
        return "" if (kind, keep) == (NONE, -1) else "something is emitted too early"
    flushes = have >= 2 and (symbol == END or mode == "token")
    if flushes:
        missing = 5 - have
        fill = sum(84 * 85**k for k in range(missing))
        right = (following, kind, mul, add, keep, shift, count) == (ring[0], BYTES, 85**missing, fill, 0, 24, have - 1)
        return "" if right else "a partial group is not filled up"
    stays = (following, kind, mul, add) == (state, NONE, 1, 0) and keep == -1
    restarts = kind == NONE and following == ring[0] and keep == 0
    if symbol == END:
        return "" if kind == NONE else "something is emitted at the end"
    return "" if (restarts if mode == "token" else stays) else "a foreign symbol moves the lane"


def read_back(lane: Transducer, text: str) -> list[bytes]:
    """Return what each lane makes of a text (for tests against the standard library)."""
    made = []
    for start in lane.starts:
        place = Configuration(start)
        found: list[int] = []
        for symbol in (*(min(ord(c), OTHER) for c in text), END):
            place, more = lane.feed(place, symbol)
            found.extend(more)
        made.append(bytes(found))
    return made
