"""What an application asks of a model and what the model answers, whatever dialect it was said in.

The words are Converse's (Source: Amazon Bedrock API reference, Converse and ConverseStream), the richest of the three. A request keeps the
body it was read from: sent on in the same dialect it goes out as it came, texts that were changed put in their places; what no other
dialect has a word for is refused when the dialects differ, never dropped.

An answer is a list of events, streamed or not, so that there is one way to judge it: `MessageStart`, for each block `BlockStart`,
`BlockDelta`..., `BlockStop`, then `MessageStop` and `Usage`. A block's text is the concatenation of its deltas.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Path = tuple[str | int, ...]
"""Where a text stands in the body it was read from: member names and list indices."""

Role = Literal["user", "assistant", "system"]
BlockKind = Literal["text", "reasoning", "tool_use"]
StopReason = Literal[
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "guardrail_intervened",
    "content_filtered",
    "model_context_window_exceeded",
]


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Words for the model.

    origin: `user`, `assistant` and `system` turns; `tool` results; `document`s given as text. Each may have thresholds of its own.
    qualifiers: Bedrock's `guard_content`, `query`, `grounding_source`.
    path: where the text stands; () where it stands in no body.
    """

    text: str
    origin: Literal["user", "assistant", "system", "tool", "document"]
    qualifiers: frozenset[str] = frozenset()
    path: Path = ()


class Reasoning(msgspec.Struct, frozen=True, tag="reasoning"):
    """What a model thought aloud in an earlier turn. `opaque`: encrypted reasoning, or the signature that goes with the text."""

    text: str
    opaque: str = ""
    path: Path = ()


class ToolUse(msgspec.Struct, frozen=True, tag="tool_use"):
    """A tool the model called in an earlier turn. `arguments` is JSON text; `path` leads to it where the dialect carries it as text."""

    id: str
    name: str
    arguments: str
    path: Path = ()


class ToolResult(msgspec.Struct, frozen=True, tag="tool_result"):
    """What a tool answered."""

    id: str
    content: tuple[Text, ...]
    failed: bool = False


class Unjudged(msgspec.Struct, frozen=True, tag="unjudged"):
    """Content that ringwall does not judge: `image`, `audio`, `video`, a document in bytes. A guarded request with one is refused."""

    kind: str
    path: Path = ()


Part = Text | Reasoning | ToolUse | ToolResult | Unjudged


class Turn(msgspec.Struct, frozen=True):
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]


class Tool(msgspec.Struct, frozen=True):
    """A tool the model may call; `schema` is a JSON Schema, passed through."""

    name: str
    description: str
    schema: Any


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How the model is to answer; None: as the model is used to."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: tuple[str, ...] = ()


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request.

    model: as the application named it.
    system, turns: the conversation, in order.
    tool_choice: `auto`, `any`, `none`, or a tool's name after `tool:`; "" where nothing is said.
    beyond: members of the body that this model has no word for (names only): they go on in the same dialect and are refused in another.
    dialect, body: what the request was read from.
    """

    model: str
    system: tuple[Part, ...] = ()
    turns: tuple[Turn, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str = ""
    sampling: Sampling = Sampling()
    stream: bool = False
    beyond: tuple[str, ...] = ()
    dialect: str = ""
    body: dict[str, Any] = {}


# -- answers --


class MessageStart(msgspec.Struct, frozen=True, tag="messageStart"):
    """The model begins to answer. `id` is the upstream's name for the answer, or nothing."""

    id: str = ""
    model: str = ""


class BlockStart(msgspec.Struct, frozen=True, tag="contentBlockStart"):
    """A block begins; blocks are numbered from 0, one is open at a time. `tool_use_id` and `name` belong to a tool use."""

    index: int
    kind: BlockKind
    tool_use_id: str = ""
    name: str = ""


class BlockDelta(msgspec.Struct, frozen=True, tag="contentBlockDelta"):
    """More of a block: text, reasoning, or JSON text of a tool's arguments. `opaque` as in `Reasoning`; it is no one's to read."""

    index: int
    text: str
    opaque: str = ""


class BlockStop(msgspec.Struct, frozen=True, tag="contentBlockStop"):
    """The block is whole."""

    index: int


class MessageStop(msgspec.Struct, frozen=True, tag="messageStop"):
    """The answer is whole."""

    reason: StopReason


class Usage(msgspec.Struct, frozen=True, tag="metadata"):
    """What the answer cost, in tokens; after `MessageStop`."""

    input_tokens: int
    output_tokens: int


Event = MessageStart | BlockStart | BlockDelta | BlockStop | MessageStop | Usage
