"""A whole answer and the events that say it, one made of the other; and the numbering of blocks while a stream is read."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringwall.errors import Bug
from ringwall.wire.dialects.errors import AnswerTooLarge, MalformedAnswer
from ringwall.wire.dialects.limits import MOST_BLOCKS
from ringwall.wire.dialects.model import BlockDelta, BlockKind, BlockStart, BlockStop, Event, MessageStart, MessageStop, StopReason, Usage


class Block(msgspec.Struct, frozen=True):
    """One block, whole; the members are those of `BlockStart` and `BlockDelta`."""

    kind: BlockKind
    text: str
    opaque: str = ""
    tool_use_id: str = ""
    name: str = ""
    sealed: bool = False
    refusal: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, whole."""

    id: str = ""
    model: str = ""
    blocks: tuple[Block, ...]
    reason: StopReason
    stop_sequence: str = ""
    usage: Usage | None = None


def events_of(answer: Answer) -> list[Event]:
    """Say an answer in events: one delta for each block, two for reasoning with a signature.

    Raises:
        AnswerTooLarge: more than `MOST_BLOCKS` blocks.
    """
    numbers = BlockNumbers()
    events: list[Event] = [MessageStart(answer.id, answer.model)]
    for block in answer.blocks:
        events += numbers.open(block.kind, block.tool_use_id, block.name, sealed=block.sealed, refusal=block.refusal)
        if block.text:
            events.append(BlockDelta(numbers.at, block.text))
        if block.opaque:
            events.append(BlockDelta(numbers.at, "", block.opaque))
        events += numbers.close()
    events.append(MessageStop(answer.reason, answer.stop_sequence))
    if answer.usage is not None:
        events.append(answer.usage)
    return events


def answer_of(events: Sequence[Event]) -> Answer:
    """Make an answer of its events.

    Raises:
        Bug: they are out of order: whoever wrote or changed them broke the promise of `model`.
    """
    start: MessageStart | None = None
    stop: MessageStop | None = None
    usage: Usage | None = None
    blocks = _Blocks()
    for event in events:
        if isinstance(event, MessageStart) and start is None:
            start = event
        elif isinstance(event, MessageStop) and start is not None and stop is None and not blocks.opened:
            stop = event
        elif isinstance(event, Usage) and usage is None and stop is not None:
            usage = event
        elif start is None or stop is not None or not blocks.take(event):
            raise Bug(f"an answer has a `{type(event).__struct_config__.tag}` out of order")
    if start is None or stop is None:
        raise Bug("an answer has no beginning or no end")
    return Answer(
        id=start.id, model=start.model, blocks=tuple(blocks.whole), reason=stop.reason, stop_sequence=stop.stop_sequence, usage=usage
    )


class _Blocks:
    def __init__(self) -> None:
        self.whole: list[Block] = []
        self.opened: BlockStart | None = None
        self._text: list[str] = []
        self._opaque: list[str] = []

    def take(self, event: Event) -> bool:
        """Take an event of a block; say whether it came in its place."""
        here = self.opened
        if isinstance(event, BlockStart):
            if here is not None or event.index != len(self.whole):
                return False
            self.opened, self._text, self._opaque = event, [], []
            return True
        if here is None or not isinstance(event, BlockDelta | BlockStop) or event.index != here.index:
            return False
        if isinstance(event, BlockDelta):
            self._text.append(event.text)
            self._opaque.append(event.opaque)
            return True
        text, opaque = "".join(self._text), "".join(self._opaque)
        self.whole.append(Block(here.kind, text, opaque, here.tool_use_id, here.name, here.sealed, here.refusal))
        self.opened = None
        return True


class BlockNumbers:
    """Numbers the blocks of a stream that is read, and closes one before the next begins."""

    def __init__(self) -> None:
        self.at = -1
        self.opened: BlockStart | None = None

    def open(self, kind: BlockKind, tool_use_id: str = "", name: str = "", *, sealed: bool = False, refusal: bool = False) -> list[Event]:
        """Begin a block, after the end of the one that is open.

        Raises:
            AnswerTooLarge: more than `MOST_BLOCKS` blocks.
        """
        events = self.close()
        self.at += 1
        if self.at >= MOST_BLOCKS:
            raise AnswerTooLarge(f"the answer has more than {MOST_BLOCKS} blocks")
        self.opened = BlockStart(self.at, kind, tool_use_id, name, sealed, refusal)
        events.append(self.opened)
        return events

    def ensure(self, kind: BlockKind, *, refusal: bool = False) -> list[Event]:
        """Begin a block where none of this kind is open, for the dialects that do not say where one begins."""
        here = self.opened
        if here is not None and here.kind == kind and here.refusal == refusal:
            return []
        return self.open(kind, refusal=refusal)

    def close(self) -> list[Event]:
        """End the block that is open, if one is."""
        if self.opened is None:
            return []
        self.opened = None
        return [BlockStop(self.at)]

    def in_block(self, kind: BlockKind) -> BlockStart:
        """Return the open block.

        Raises:
            MalformedAnswer: none is open, or one of another kind.
        """
        if self.opened is None or self.opened.kind != kind:
            raise MalformedAnswer(f"the answer goes on with a block of the kind `{kind}` that is not open")
        return self.opened
