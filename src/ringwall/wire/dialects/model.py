"""What an application asks of a model and what the model answers, whatever dialect it was said in.

The words are Converse's (Source: Amazon Bedrock API reference, Converse and ConverseStream), the richest of the three. A request keeps the
body it was read from: sent on in the same dialect it goes out as it came, texts that were changed put in their places; what another
dialect has no word for is refused when the dialects differ, not dropped (docs/wire/dialects.md lists the three things that are).

An answer is a list of events, streamed or not, so that there is one way to judge it: `MessageStart`, for each block `BlockStart`,
`BlockDelta`..., `BlockStop`, then `MessageStop` and `Usage`. A block's text is the concatenation of its deltas. Nothing of an answer that
is not in its events reaches the application: an answer is written anew, never passed on.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Path = tuple[str | int, ...]
"""Where a text stands in the body it was read from: member names and list indices."""

Role = Literal["user", "assistant", "system"]
BlockKind = Literal["text", "reasoning", "tool_use"]
Origin = Literal["user", "assistant", "system", "tool", "document", "definition"]
StopReason = Literal[
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "guardrail_intervened",
    "content_filtered",
    "malformed_model_output",
    "malformed_tool_use",
    "model_context_window_exceeded",
    "pause_turn",
]
"""Converse's, and `pause_turn`, which only Anthropic messages have: the turn is to be gone on with."""


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Words for the model.

    origin: `user`, `assistant` and `system` turns; `tool` results; `document`s given as text; `definition`s: tools' descriptions and
        schemas, and members of the body that only the upstream knows. Each may have thresholds of its own.
    qualifiers: Bedrock's `guard_content`, `query`, `grounding_source`. Text of a guardContent block has at least one.
    path: where the text stands; () where it stands in no body. Where the body has a JSON value that is not a string (a tool's result, a
        schema), the text is that value's JSON.
    marked: the [start, end) spans that input tags enclosed (`input_tags.py`), rising; () where nothing did.
    """

    text: str
    origin: Origin
    qualifiers: frozenset[str] = frozenset()
    path: Path = ()
    marked: tuple[tuple[int, int], ...] = ()


class Reasoning(msgspec.Struct, frozen=True, tag="reasoning"):
    """What a model thought aloud in an earlier turn.

    opaque: the signature that goes with the text; when `sealed`, the reasoning itself, encrypted for its model, and the text is empty.
    """

    text: str
    opaque: str = ""
    sealed: bool = False
    path: Path = ()


class ToolUse(msgspec.Struct, frozen=True, tag="tool_use"):
    """A tool the model called in an earlier turn. `arguments` is JSON text; at `path` the body has it as text or as the value."""

    id: str
    name: str
    arguments: str
    path: Path = ()


class Unjudged(msgspec.Struct, frozen=True, tag="unjudged"):
    """Content that ringwall does not judge: `image`, `audio`, `video`, a document in bytes, a block of an unknown type.

    A guarded request with one is refused. `path` leads to the whole block.
    """

    kind: str
    path: Path = ()


class ToolResult(msgspec.Struct, frozen=True, tag="tool_result"):
    """What a tool answered."""

    id: str
    content: tuple[Text | Unjudged, ...]
    failed: bool = False


Part = Text | Reasoning | ToolUse | ToolResult | Unjudged


class Turn(msgspec.Struct, frozen=True):
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]


class Tool(msgspec.Struct, frozen=True):
    """A tool the model may call; `schema` is a JSON Schema, passed through. The paths lead to where the body has the two."""

    name: str
    description: str
    schema: Any
    strict: bool = False
    description_path: Path = ()
    schema_path: Path = ()


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
    elsewhere: texts that such members carry; whatever reaches an upstream is judged.
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
    elsewhere: tuple[Text, ...] = ()
    dialect: str = ""
    body: dict[str, Any] = {}


# -- answers --


class MessageStart(msgspec.Struct, frozen=True, tag="messageStart"):
    """The model begins to answer. `id` is the upstream's name for the answer, or nothing."""

    id: str = ""
    model: str = ""


class BlockStart(msgspec.Struct, frozen=True, tag="contentBlockStart"):
    """A block begins; blocks are numbered from 0, one is open at a time.

    tool_use_id, name: a tool use's.
    sealed: reasoning that is encrypted for its model, and has no text.
    refusal: text that says why the model does not answer, which OpenAI keeps apart.
    """

    index: int
    kind: BlockKind
    tool_use_id: str = ""
    name: str = ""
    sealed: bool = False
    refusal: bool = False


class BlockDelta(msgspec.Struct, frozen=True, tag="contentBlockDelta"):
    """More of a block: text, reasoning, or JSON text of a tool's arguments. `opaque` as in `Reasoning`; it is no one's to read."""

    index: int
    text: str
    opaque: str = ""


class BlockStop(msgspec.Struct, frozen=True, tag="contentBlockStop"):
    """The block is whole."""

    index: int


class MessageStop(msgspec.Struct, frozen=True, tag="messageStop"):
    """The answer is whole. `stop_sequence`: the one it stopped at, where the dialect tells; written on only if the request has it."""

    reason: StopReason
    stop_sequence: str = ""


class Usage(msgspec.Struct, frozen=True, tag="metadata"):
    """What the answer cost, in tokens; after `MessageStop`.

    input_tokens: all that the model was given, those that were read from a cache or written to it among them.
    latency_ms: how long the upstream took, where somebody said so (no room of the cellar has a clock); else 0.
    """

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    latency_ms: int = 0


Event = MessageStart | BlockStart | BlockDelta | BlockStop | MessageStop | Usage
