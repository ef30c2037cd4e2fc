"""A model's answer, event by event, through a guardrail's stream: what leaves here was judged.

Rules this file upholds (tests/property/inference/test_guarding.py):

1. No text leaves but what the stream releases, whatever the upstream sends; in asynchronous mode that is everything, at once.
2. Blocks leave in order and whole in form: a block that was begun is ended, and a block's text leaves before its end does.
3. A tool's call leaves whole or not at all: half of its arguments are of use to nobody. It has the name of a tool that was offered, and an
   id of ours: neither carries words past the guardrail.
4. When the guardrail intervenes, the policy's message stands where the rest would have been, the answer ends with `guardrail_intervened`,
   and the upstream is asked for nothing more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from ringwall.guardrails import Block, Evaluation, evaluate
from ringwall.guardrails.stream import Mode, Released, Stopped, Stream
from ringwall.inference.compiled import Ready
from ringwall.inference.gateway.batches import Batches, passed_on
from ringwall.inference.gateway.unescaped import unescaped
from ringwall.vocabulary import Limits, new_id
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.model import BlockDelta, BlockStart, BlockStop, Event, MessageStop

_LONG = 1 << 20  # characters that surely are read beside the event loop: so is what takes as long
_Result = TypeVar("_Result")


class Run(Protocol):
    """Runs work that reads so many characters: here, or beside the event loop where they are many."""

    def __call__(self, characters: int, work: Callable[[], _Result]) -> Awaitable[_Result]: ...


class _Whole(NamedTuple):
    """A block that waits for the end of the answer, and what it carries for its model alone."""

    start: BlockStart
    opaque: str


class OutputGuard:
    """One answer on its way through one guardrail. `evaluation`: what was decided; None until then, or where nothing was to be judged."""

    def __init__(  # noqa: PLR0913 - what an answer is judged by, each by its name
        self,
        ready: Ready,
        limits: Limits,
        run: Run,
        *,
        mode: Mode = "sync",
        hold: bool = False,
        references: tuple[Block, ...] = (),
        tools: Iterable[str] = (),
    ) -> None:
        """Begin.

        Args:
            ready: the guardrail.
            limits: of the whole answer.
            run: where work is done.
            mode: how the answer streams.
            hold: let nothing leave before the whole is judged: the answer does not stream.
            references: what contextual grounding compares with.
            tools: the names of the tools that the question offers.
        """
        self.evaluation: Evaluation | None = None
        self._guardrail, self._limits, self._mode = ready.guardrail, limits, mode
        self._references = references
        self._message = ready.guardrail.blocked_message("OUTPUT")
        self._stream = Stream(ready.guardrail, "OUTPUT", limits, mode=mode, hold=hold, references=references)
        self._run = run
        self._tools = frozenset(tools)
        self._open: BlockStart | None = None
        self._left = False  # the open block's beginning has left
        self._call: list[str] = []  # what was released of the open tool's call
        self._opaque: list[str] = []
        self._waiting: list[_Whole] = []  # whole blocks that leave at the end, where the stream holds all
        self._judges = False  # something was fed
        self._next = 0  # the index after the last block that left
        self.intervened = False

    def pass_on(self, batches: Batches) -> Batches:
        """Yield what may leave; close `batches` when no more will.

        Raises:
            MalformedAnswer: the model calls a tool that it was not offered.
        """
        return passed_on(self, batches)

    async def take(self, event: BlockStart | BlockDelta | BlockStop | MessageStop) -> list[Event]:
        """Take an event, and return what may leave by now."""
        match event:
            case MessageStop():
                return await self._end(event)
            case BlockStart():
                self._open, self._left, self._opaque, self._call = self._named(event), False, [], []
                return [] if event.kind == "tool_use" or self._stream.holds_all else self._begin()
            case BlockDelta():
                if event.opaque:
                    self._opaque.append(event.opaque)
                if not event.text:
                    return []
                self._judges = True
                if not self._stream.is_ready:
                    await self._run(_LONG, self._stream.prepare)
                return self._leave(
                    await self._run(
                        self._stream.weight(len(event.text), block=event.index), lambda: self._stream.feed(event.index, event.text)
                    )
                )
            case BlockStop():
                return await self._close(event)

    def _named(self, start: BlockStart) -> BlockStart:
        if start.kind != "tool_use":
            return start
        if start.name not in self._tools:
            raise MalformedAnswer("the model calls a tool that it was not offered")
        return msgspec.structs.replace(start, tool_use_id=f"call_{new_id(24)}")

    async def _close(self, event: BlockStop) -> list[Event]:
        if self._stream.holds_all:
            if self._open is not None:
                self._waiting.append(_Whole(self._open, "".join(self._opaque)))
            self._open = None
            return []
        out = self._leave(await self._run(self._stream.weight(0), lambda: self._stream.close(event.index)))
        if not self.intervened:
            hidden = await self._hidden(unescaped("".join(self._call)))
            if hidden is not None:
                return [*out, *self._intervene(hidden)]
            out += [*self._begin(), *_delta(event.index, "".join(self._call), "".join(self._opaque)), event]
            self._open = None
        return out

    def _leave(self, judged: tuple[Released | Stopped, ...]) -> list[Event]:
        out: list[Event] = []
        for each in judged:
            if isinstance(each, Stopped):
                return [*out, *self._intervene(each.evaluation)]
            if self._open is not None and self._open.kind == "tool_use":
                self._call.append(each.text)
            else:
                out += [*self._begin(), BlockDelta(each.block, each.text)]
        return out

    def _begin(self) -> list[Event]:
        if self._open is None or self._left:
            return []
        self._left = True
        self._next = self._open.index + 1
        return [self._open]

    async def _end(self, stop: MessageStop) -> list[Event]:
        texts: dict[int, str] = {}
        if self._judges:
            judged = await self._run(self._stream.weight(self._stream.characters), self._stream.finish)
            if isinstance(judged, Stopped):
                return self._intervene(judged.evaluation)
            self.evaluation = judged.evaluation
            texts = {released.block: released.text for released in judged.released}
            hidden = await self._hidden(*map(unescaped, texts.values()), *self._joined(texts))
            if hidden is not None:
                return self._intervene(hidden)
        out: list[Event] = []
        for start, opaque in self._waiting:
            out += [start, *_delta(start.index, texts.get(start.index, ""), opaque), BlockStop(start.index)]
        return [*out, stop]

    def _joined(self, texts: Mapping[int, str]) -> list[str]:
        """Return what waiting blocks of one kind say together, where there are several: some dialects' writers join them."""
        of_kind: dict[str, list[str]] = {}
        for start, _ in self._waiting:
            if start.kind != "tool_use" and texts.get(start.index):
                of_kind.setdefault(start.kind, []).append(texts[start.index])
        return ["".join(said) for said in of_kind.values() if len(said) > 1]

    async def _hidden(self, *texts: str) -> Evaluation | None:
        """Judge what only decoding or joining shows of what is to leave; return what withholds it, if anything does."""
        said = [Block(text) for text in texts if text]
        if not said:
            return None
        blocks = [*self._references, *said] if self._guardrail.plans["OUTPUT"].grounding else said
        weight = self._stream.weight(sum(len(block.text) for block in said))
        evaluation = await self._run(weight, lambda: evaluate(self._guardrail, "OUTPUT", blocks, self._limits))
        withheld = ("BLOCK",) if self._mode == "async" else ("BLOCK", "ANONYMIZE")
        return evaluation if evaluation.outcome.action in withheld else None

    def _intervene(self, evaluation: Evaluation) -> list[Event]:
        """Put the policy's message in the place of what is withheld, and end the answer."""
        self.evaluation, self.intervened = evaluation, True
        if self._open is not None and self._left and self._open.kind == "text":
            index = self._open.index
            return [BlockDelta(index, self._message), BlockStop(index), MessageStop("guardrail_intervened")]
        out: list[Event] = []
        if self._open is not None and self._left:
            out.append(BlockStop(self._open.index))
        return [*out, *message_block(self._next, self._message), MessageStop("guardrail_intervened")]


def _delta(index: int, text: str, opaque: str) -> list[Event]:
    return [BlockDelta(index, text, opaque)] if text or opaque else []


def message_block(index: int, text: str) -> list[Event]:
    """Return a block that says `text`."""
    return [BlockStart(index, "text"), BlockDelta(index, text), BlockStop(index)]
