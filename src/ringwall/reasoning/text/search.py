"""The search for a counterexample to a lemma that does not hold: texts (u, w, s, v) that no lane reads back, shortest first.

Nothing found here is reported before it was replayed on the filter itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from ringwall.reasoning.text.cover import ends_well, settle, write
from ringwall.reasoning.text.encoder import EncoderTable
from ringwall.reasoning.text.transducer import Configuration, Transducer
from ringwall.text.tables.machine import END, OTHER

_NODES = 6_000
_CONTEXTS = 12
_GAPS = 2  # moves that read nothing, tried in each state of the narrow search
_FEW = frozenset(map(ord, "adelox5?~"))
_JUNK = (0, 1, 2)
_STUFFING = "wallaroundevil5sixth"  # letters that make a payload long enough to be a phrase
_LETTERS = frozenset(map(ord, "abcdefghijklmnopqrstuvwxyz0123456789 ?~>"))

Move = tuple[tuple[int, ...], str, int]
Debt = tuple[tuple[int, ...], int, bool]
Lane = tuple[Configuration, frozenset[Debt]]


class Candidate(msgspec.Struct, frozen=True):
    """A text that should get past the filter: `before` + `span` + `after`, the span being one way to write `payload`."""

    before: str
    payload: str
    span: str
    after: str

    @property
    def text(self) -> str:
        """The whole text."""
        return self.before + self.span + self.after


class _Node(msgspec.Struct, frozen=True):
    lanes: tuple[Lane, ...]
    state: int


class Search:
    """Walks every lane together with the encoder from concrete contexts."""

    def __init__(self, encoder: EncoderTable, lane: Transducer) -> None:
        self._encoder = encoder
        self._lane = lane
        rows = encoder.by_state()
        self._wide = [[move for move in row if set(move[0]) <= _LETTERS] for row in rows]
        self._narrow = [
            [move for move in row if move[0] and set(move[0]) <= _FEW] + [move for move in row if not move[0]][:_GAPS] for row in rows
        ]
        self._endings = encoder.endings()

    def candidates(self, contexts: tuple[tuple[int, ...], ...]) -> Iterator[Candidate]:
        """Yield texts worth replaying: for each context, a failing beginning with stuffing behind it, and a failing end behind stuffing."""
        for context in contexts[:_CONTEXTS]:
            before = "".join(chr(symbol) if symbol < OTHER else "\u4e2d" for symbol in context)
            for moves in (self._narrow, self._wide):
                for length in (0, *range(12, 17)):
                    made = self._from(before, _STUFFING[:length], moves)
                    if made is not None:
                        yield made

    def _from(self, before: str, prefix: str, moves: list[list[Move]]) -> Candidate | None:
        place = self._advance(before, prefix)
        if place is None:
            return None
        root, written = place
        seen: dict[_Node, tuple[_Node, tuple[int, ...], str] | None] = {root: None}
        queue = deque([root])
        while queue and len(seen) < _NODES:
            node = queue.popleft()
            for text in self._endings[node.state] if prefix else ():
                after = self._fails_at_end(node, text)
                if after is not None:
                    payload, span = _path(seen, node)
                    return Candidate(before, prefix + payload, written + span + text, after)
            for units, text, following in moves[node.state]:
                lanes = tuple(moved for lane in node.lanes if (moved := self._move(lane, units, text)) is not None)
                child = _Node(lanes, following)
                if child in seen:
                    continue
                seen[child] = (node, units, text)
                if not lanes:
                    payload, span = _path(seen, child)
                    return self._stuffed(before, prefix + payload, written + span, following)
                queue.append(child)
        return None

    def _advance(self, before: str, prefix: str) -> tuple[_Node, str] | None:
        """Read the context and write a prefix of the payload the shortest way."""
        lanes: list[Lane] = []
        for start in self._lane.starts:
            place, _ = write(self._lane, Configuration(start), before)
            lanes.append((place, frozenset(((), junk, False) for junk in _JUNK)))
        state, written = 0, ""
        for index, character in enumerate(prefix):
            move = self._shortest(state, ord(character), differing=not index % 3)
            if move is None:
                return None
            units, text, state = move
            lanes = [moved for lane in lanes if (moved := self._move(lane, units, text)) is not None]
            written += text
        return _Node(tuple(lanes), state), written

    def _shortest(self, state: int, unit: int, *, differing: bool = False) -> Move | None:
        """Return the move that writes one unit, over at most one move that writes none; `differing`: rather not as the unit itself."""
        options = [move for move in self._wide[state] if move[0] == (unit,)]
        if differing:
            options = [move for move in options if move[1] != chr(unit)] or options
        if options:
            return min(options, key=lambda move: len(move[1]))
        for units, text, following in self._wide[state]:
            if not units:
                options += [((unit,), text + more[1], more[2]) for more in self._wide[following] if more[0] == (unit,)]
        return min(options, key=lambda move: len(move[1]), default=None)

    def _stuffed(self, before: str, payload: str, span: str, state: int) -> Candidate | None:
        for index, character in enumerate(_STUFFING):
            move = self._shortest(state, ord(character), differing=not index % 3)
            if move is None:
                return None
            payload += character
            span += move[1]
            state = move[2]
        endings = self._endings[state]
        return Candidate(before, payload, span + min(endings, key=len), "") if endings else None

    def _move(self, lane: Lane, units: tuple[int, ...], text: str) -> Lane | None:
        place, debts = lane
        place, made = write(self._lane, place, text)
        left = frozenset(settled for owed, junk, begun in debts if (settled := settle(owed + units, junk, begun, made)) is not None)
        return (place, left) if left else None

    def _fails_at_end(self, node: _Node, text: str) -> str | None:
        """Return what has to follow for no lane to finish, or None if that is not so."""
        allowed = self._encoder.after or tuple(range(END + 1))
        for symbol in (END, *allowed[::-1]):
            if symbol in allowed and not any(self._finishes(lane, text, symbol) for lane in node.lanes):
                return "" if symbol == END else chr(symbol) if symbol < OTHER else "\u4e2d"
        return None

    def _finishes(self, lane: Lane, text: str, symbol: int) -> bool:
        moved = self._move(lane, (), text)
        if moved is None:
            return False
        return any(ends_well(self._lane, moved[0], owed, junk, (symbol,)) is None for owed, junk, _ in moved[1])


def _path(seen: dict[_Node, tuple[_Node, tuple[int, ...], str] | None], node: _Node) -> tuple[str, str]:
    payload, span = "", ""
    while (step := seen[node]) is not None:
        node, units, text = step
        payload = "".join(map(chr, units)) + payload
        span = text + span
    return payload, span
