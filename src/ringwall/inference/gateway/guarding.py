"""A model's answer, event by event, through a guardrail's stream: what leaves here was judged.

Rules this file upholds (tests/property/inference/test_guarding.py):

1. No text leaves but what the stream releases, whatever the upstream sends; in asynchronous mode that is everything, at once.
2. Blocks leave in order and whole in form: a block that was begun is ended, and a block's text leaves before its end does.
3. A tool's call leaves whole or not at all: half of its arguments are of use to nobody.
4. When the guardrail intervenes, the policy's message stands where the rest would have been, the answer ends with `guardrail_intervened`,
   and the upstream is asked for nothing more.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from ringwall.guardrails import Block, Evaluation
from ringwall.guardrails.stream import Ended, Mode, Released, Stopped, Stream
from ringwall.inference.compiled import Ready
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.model import BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, Usage

Finish = Callable[[Stream], Awaitable[Stopped | Ended]]
"""Runs `Stream.finish`, beside the event loop where the answer is long."""


class OutputGuard:
    """One answer on its way through one guardrail. `evaluation`: what was decided; None until then, or where nothing was to be judged."""

    def __init__(self, ready: Ready, limits: Limits, finish: Finish, *, mode: Mode = "sync", references: tuple[Block, ...] = ()) -> None:
        self.evaluation: Evaluation | None = None
        self._message = ready.guardrail.blocked_message("OUTPUT")
        self._stream = Stream(ready.guardrail, "OUTPUT", limits, mode=mode, references=references)
        self._finish = finish
        self._open: BlockStart | None = None
        self._left = False  # the open block's beginning has left
        self._opaque: list[str] = []
        self._waiting: list[BlockStart] = []  # whole blocks that leave at the end, where the stream holds all
        self._judges = False  # something was fed
        self._next = 0  # the index after the last block that left
        self._intervened = False

    async def pass_on(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """Yield what may leave; close `events` when no more will."""
        async with aclosing(events):
            async for event in events:
                if isinstance(event, MessageStart | Usage):
                    yield event
                    continue
                for out in await self._end(event) if isinstance(event, MessageStop) else self._step(event):
                    yield out
                if self._intervened:
                    return

    def _step(self, event: BlockStart | BlockDelta | BlockStop) -> list[Event]:
        match event:
            case BlockStart():
                self._open, self._left, self._opaque = event, False, []
                return [] if event.kind == "tool_use" or self._stream.holds_all else self._begin()
            case BlockDelta():
                if event.opaque:
                    self._opaque.append(event.opaque)
                return self._leave(self._stream.feed(event.index, event.text)) if self._fed(event.text) else []
            case BlockStop():
                return self._close(event)

    def _fed(self, text: str) -> bool:
        self._judges = self._judges or bool(text)
        return bool(text)

    def _close(self, event: BlockStop) -> list[Event]:
        if self._stream.holds_all:
            if self._open is not None:
                self._waiting.append(self._open)
            self._open = None
            return []
        out = self._leave(self._stream.close(event.index))
        if not self._intervened:
            out += self._begin()
            if self._opaque:
                out.append(BlockDelta(event.index, "", "".join(self._opaque)))
            out.append(event)
            self._open = None
        return out

    def _leave(self, judged: tuple[Released | Stopped, ...]) -> list[Event]:
        out: list[Event] = []
        for each in judged:
            if isinstance(each, Stopped):
                return [*out, *self._intervene(each.evaluation)]
            out += [*self._begin(), BlockDelta(each.block, each.text)]
        return out

    def _begin(self) -> list[Event]:
        if self._open is None or self._left:
            return []
        self._left = True
        self._next = self._open.index + 1
        return [self._open]

    async def _end(self, stop: MessageStop) -> list[Event]:
        if not self._judges:
            return [*self._emptied(), stop]
        judged = await self._finish(self._stream)
        if isinstance(judged, Stopped):
            return self._intervene(judged.evaluation)
        self.evaluation = judged.evaluation
        texts = {released.block: released.text for released in judged.released}
        out: list[Event] = []
        for block in self._waiting:
            out.append(block)
            if block.index in texts:
                out.append(BlockDelta(block.index, texts[block.index]))
            out.append(BlockStop(block.index))
        return [*out, stop]

    def _emptied(self) -> list[Event]:
        return [event for block in self._waiting for event in (block, BlockStop(block.index))]

    def _intervene(self, evaluation: Evaluation) -> list[Event]:
        """Put the policy's message in the place of what is withheld, and end the answer."""
        self.evaluation, self._intervened = evaluation, True
        if self._open is not None and self._left and self._open.kind == "text":
            index = self._open.index
            return [BlockDelta(index, self._message), BlockStop(index), MessageStop("guardrail_intervened")]
        out: list[Event] = []
        if self._open is not None and self._left:
            out.append(BlockStop(self._open.index))
        return [*out, *message_block(self._next, self._message), MessageStop("guardrail_intervened")]


def message_block(index: int, text: str) -> list[Event]:
    """Return a block that says `text`."""
    return [BlockStart(index, "text"), BlockDelta(index, text), BlockStop(index)]
