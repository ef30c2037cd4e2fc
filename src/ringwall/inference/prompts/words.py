"""What is kept of a question and of its answer, as JSON, before it is sealed; nothing here is stored in the clear.

The question is kept as the application sent it: system prompts, every turn, tools, and texts of members that only the upstream knows; of
images, audio and documents in bytes only that they were there. Beside it stand the texts that the model was given in another form (masked).
The answer is kept as it was released: block by block, and whether the rest was withheld.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ringwall.wire.dialects.model import Ask, BlockDelta, BlockStart, Event, MessageStop
from ringwall.wire.dialects.texts import judged_texts

_ENCODER = msgspec.json.Encoder()
_PLACES: Final = frozenset({"path", "description_path", "schema_path", "marked"})


def question_of(ask: Ask, given: Ask) -> bytes:
    """Write a question down: as it came, and what of it the model was given otherwise."""
    masked: list[dict[str, Any]] = []
    if given is not ask:
        pairs = zip(judged_texts(ask), judged_texts(given), strict=True)
        masked = [{"index": index, "given": after.text} for index, (before, after) in enumerate(pairs) if before.text != after.text]
    question = {
        "system": ask.system,
        "turns": ask.turns,
        "tools": ask.tools,
        "elsewhere": ask.elsewhere,
        "sampling": ask.sampling,
        "beyond": ask.beyond,
        "masked": masked,
    }
    return _ENCODER.encode(question)


def readable(kept: bytes) -> Any:
    """Return what was kept, without what only the machine needs. A tool's schema is the application's own, and stays as it is."""
    return _without_places(msgspec.json.decode(kept))


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: inner if name == "schema" else _without_places(inner) for name, inner in value.items() if name not in _PLACES}
    if isinstance(value, list):
        return [_without_places(inner) for inner in value]
    return value


class Released:
    """An answer as it leaves, piece by piece. `characters`: how much of it there is."""

    def __init__(self) -> None:
        self.characters = 0
        self.stop = ""
        self._blocks: list[tuple[BlockStart | None, list[str]]] = []

    def note(self, event: Event) -> None:
        """Take note of an event that is released."""
        if isinstance(event, BlockDelta):
            if not self._blocks:
                self._blocks.append((None, []))
            self._blocks[-1][1].append(event.text)
            self.characters += len(event.text)
        elif isinstance(event, BlockStart):
            self._blocks.append((event, []))
        elif isinstance(event, MessageStop):
            self.stop = event.reason

    @property
    def withheld(self) -> bool:
        """Whether a guardrail put its message in the place of the answer or of the rest of it."""
        return self.stop == "guardrail_intervened"

    def encode(self, *, released: bool) -> bytes:
        """Write the answer down; `released`: whether the application was given it at all."""
        blocks = [_block(start, "".join(texts)) for start, texts in self._blocks]
        return _ENCODER.encode({"blocks": blocks, "stop": self.stop, "withheld": self.withheld, "released": released})


def _block(start: BlockStart | None, text: str) -> dict[str, Any]:
    kind = "text" if start is None else start.kind
    return {"kind": kind, "text": text} | ({"name": start.name} if start is not None and start.name else {})
