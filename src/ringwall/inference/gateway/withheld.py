"""The events of an answer that wait for a judgement, and leave in order as far as it has come.

Rules this file upholds (tests/property/inference/test_code_guard.py):

1. Events leave in the order in which they came; of a text no more leaves than was set free.
2. What leaves is an answer in good form: blocks numbered without a gap, one open at a time, each ended once, whatever is put between them.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import msgspec

from ringwall.inference.gateway.guarding import message_block
from ringwall.wire.dialects.model import BlockDelta, BlockKind, BlockStart, BlockStop, Event, MessageStop


class _Said(NamedTuple):
    """A part of a block's text, and where it stands in all that blocks of the kind say."""

    block: int
    kind: BlockKind
    begin: int
    text: str


class _Between(NamedTuple):
    """A text block of our own."""

    text: str


class _Note(NamedTuple):
    """Words of our own at the end of the block of text that is open then."""

    text: str


class Withheld:
    """What waits. `hold`: nothing leaves before `release_all`."""

    def __init__(self, *, hold: bool) -> None:
        self._hold = hold
        self._queue: deque[Event | _Said | _Between | _Note] = deque()
        self._said: dict[BlockKind, int] = {}
        self._free: dict[BlockKind, int] = {}
        self._notes: deque[tuple[int, str]] = deque()  # under what ends there in the answer's text
        self._open: BlockStart | None = None
        self._next = 0  # the index after the last block that left
        self._shift = 0  # blocks of our own so far

    def put(self, event: Event) -> None:
        """Let an event wait behind what waits."""
        self._queue.append(event)

    def put_between(self, text: str) -> None:
        """Let a text block of our own wait behind what waits; another block is not open there."""
        self._queue.append(_Between(text))

    def put_note(self, note: str) -> None:
        """Let a note wait behind what waits; a block of text is open there."""
        self._queue.append(_Note(note))

    def say(self, kind: BlockKind, index: int, text: str) -> None:
        """Let a part of a block's text wait until it is set free."""
        begin = self._said.get(kind, 0)
        self._said[kind] = begin + len(text)
        self._queue.append(_Said(index, kind, begin, text))

    def set_free(self, kind: BlockKind, end: int) -> None:
        """Let the first `end` characters of all that blocks of a kind say leave."""
        self._free[kind] = end

    def note(self, end: int, note: str) -> None:
        """Put a note under what ends after `end` characters of the answer's text, which did not leave yet."""
        if (end, note) not in self._notes:
            self._notes = deque(sorted((*self._notes, (end, note))))

    def release_all(self) -> None:
        """Let everything leave that is free: the answer is whole."""
        self._hold = False

    def leave(self) -> list[Event]:
        """Return what may leave now."""
        out: list[Event] = []
        while self._queue and not self._hold:
            head = self._queue.popleft()
            if isinstance(head, _Said):
                rest = self._say(head, out)
                if rest is not None:
                    self._queue.appendleft(rest)
                    break
            elif isinstance(head, _Between):
                out += message_block(self._next, head.text)
                self._next += 1
                self._shift += 1
            elif isinstance(head, _Note):
                out += _delta(self._next - 1, under(head.text))
            else:
                out.append(self._pass(head))
        return out

    def intervene(self, message: str) -> list[Event]:
        """Return what may leave, then a message in the place of the rest, and the answer's end."""
        out = self.leave()
        self._queue.clear()
        if self._open is not None and self._open.kind == "text":
            out += [BlockDelta(self._open.index, message), BlockStop(self._open.index)]
        else:
            out += [BlockStop(self._open.index)] if self._open is not None else []
            out += message_block(self._next, message)
        return [*out, MessageStop("guardrail_intervened")]

    def _say(self, said: _Said, out: list[Event]) -> _Said | None:
        """Say what is free of a text, with the notes that stand in it; return what is left."""
        end = said.begin + len(said.text)
        free = min(self._free.get(said.kind, 0), end)
        at = said.begin
        while said.kind == "text" and self._notes and self._notes[0][0] <= free:
            stands, note = self._notes.popleft()
            out += _delta(said.block + self._shift, said.text[at - said.begin : stands - said.begin] + under(note))
            at = max(stands, at)
        out += _delta(said.block + self._shift, said.text[at - said.begin : max(free, at) - said.begin])
        at = max(free, at)
        return None if at == end else said._replace(begin=at, text=said.text[at - said.begin :])

    def _pass(self, event: Event) -> Event:
        if isinstance(event, BlockStart | BlockDelta | BlockStop) and self._shift:
            event = msgspec.structs.replace(event, index=event.index + self._shift)
        if isinstance(event, BlockStart):
            self._open, self._next = event, event.index + 1
        elif isinstance(event, BlockStop):
            self._open = None
        return event


def under(note: str) -> str:
    """Return a note as Markdown that stands apart from what is before and behind it."""
    return f"\n\n{note}\n\n"


def _delta(index: int, text: str) -> list[Event]:
    return [BlockDelta(index, text)] if text else []
