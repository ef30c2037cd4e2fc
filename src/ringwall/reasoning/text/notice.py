"""That a decoder is run at all on what it covers: its prefilter counts symbols, its sink counts changes.

With fewer than `minimum` characters of its alphabet a decoder is not run. A run is kept from `run_minimum` letters on, so it is enough that
the shortest text of the class for that many units has `minimum` of them. An in-place reading is kept if anything changed, so every text
that differs from its payload must hold one character of the alphabet, and everything emitted but a copy must count as a change.
"""

from __future__ import annotations

from ringwall.reasoning.text.encoder import EncoderTable
from ringwall.reasoning.text.transducer import Transducer
from ringwall.text.tables.machine import BYTES, CHANGE, CODE, FAIL, MARK, NONE, TEXT

_FAR = 1 << 30


def unnoticed(encoder: EncoderTable, lane: Transducer) -> str:
    """Return why a text of the class might not be read at all; empty if every one is."""
    if lane.machine.sink == "inplace":
        return _unnoticed_inplace(encoder, lane)
    fewest = fewest_symbols(encoder, lane, lane.machine.run_minimum)
    if fewest < lane.machine.minimum:
        return f"{lane.machine.run_minimum} units may take only {fewest} symbols, but the decoder waits for {lane.machine.minimum}"
    return ""


def fewest_symbols(encoder: EncoderTable, lane: Transducer, units: int) -> int:
    """Return the smallest number of the decoder's symbols in any text for that many units."""
    moves = encoder.by_state()
    weights = [[(len(read), _weight(lane, text), following) for read, text, following in row] for row in moves]
    steps = [list(dict.fromkeys(row)) for row in weights]
    best = [[_FAR] * encoder.states for _ in range(units + 1)]
    best[0][0] = 0
    for level in range(units + 1):
        changed = True
        while changed:
            changed = False
            for state in range(encoder.states):
                for count, weight, following in steps[state]:
                    target, cost = min(level + count, units), best[level][state] + weight
                    if best[level][state] < _FAR and cost < best[target][following]:
                        best[target][following] = cost
                        changed = changed or target == level
    endings = encoder.endings()
    return min(
        best[units][state] + min(_weight(lane, text) for text in endings[state]) for state in range(encoder.states) if endings[state]
    )


def _weight(lane: Transducer, text: str) -> int:
    return sum(ord(c) < 128 and bool(lane.machine.alphabet[ord(c)]) for c in text)


def _unnoticed_inplace(encoder: EncoderTable, lane: Transducer) -> str:
    if lane.machine.minimum > 1 or lane.machine.minimum_changes > 1:
        return "one escape is not enough for the decoder"
    for row in lane.table:
        for op in row:
            kind, flags = op[1], op[2]
            if kind in (BYTES, CODE, TEXT) and not flags & CHANGE:
                return "something is decoded that does not count as a change"
            if kind == NONE and flags & CHANGE and flags & MARK:
                return "a mark counts as a change"
            if kind == FAIL and flags & CHANGE:
                return "a failure counts as a change"
    for _, units, text, _ in encoder.moves:
        if tuple(map(ord, text)) != units and not _weight(lane, text):
            return f"{text!r} holds nothing that the decoder waits for"
    return ""
