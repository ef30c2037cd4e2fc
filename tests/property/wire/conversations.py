"""Answers and requests of every shape, for the tests of the dialects; and what each dialect cannot say of an answer."""

from __future__ import annotations

import base64
import json
from itertools import groupby

from hypothesis import strategies as st

from ringwall.wire.dialects.answer import Answer, Block
from ringwall.wire.dialects.model import (
    Ask,
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    MessageStart,
    MessageStop,
    Reasoning,
    Sampling,
    StopReason,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    Usage,
)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
some_words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,9}", fullmatch=True)
opaques = st.binary(max_size=12).map(lambda raw: base64.b64encode(raw).decode())
counts = st.integers(0, 10**6)
REASONS: tuple[StopReason, ...] = StopReason.__args__


@st.composite
def arguments(draw: st.DrawFn) -> str:
    values = st.dictionaries(
        words, st.one_of(st.integers(-(10**6), 10**6), words, st.booleans(), st.none(), st.lists(words, max_size=2)), max_size=3
    )
    return json.dumps(draw(values), separators=(",", ":"), ensure_ascii=False)


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    kind = draw(st.sampled_from(["text", "reasoning", "sealed", "tool_use"]))
    if kind == "text":
        return Block("text", draw(words), refusal=draw(st.booleans()))
    if kind == "reasoning":
        return Block("reasoning", draw(words), draw(opaques))
    if kind == "sealed":
        return Block("reasoning", "", draw(opaques), sealed=True)
    return Block("tool_use", draw(arguments()), tool_use_id=draw(names), name=draw(names))


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    read, written, fresh = draw(counts), draw(counts), draw(counts)
    return Usage(fresh + read + written, draw(counts), cache_read_tokens=read, cache_write_tokens=written, latency_ms=draw(counts))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    return Answer(
        id=draw(names),
        model=draw(names),
        blocks=tuple(draw(st.lists(blocks(), max_size=5))),
        reason=draw(st.sampled_from(REASONS)),
        stop_sequence=draw(words),
        usage=draw(usages()),
    )


@st.composite
def events(draw: st.DrawFn, answer: Answer) -> list[Event]:
    """Say an answer in deltas cut anywhere."""
    said: list[Event] = [MessageStart(answer.id, answer.model)]
    for index, block in enumerate(answer.blocks):
        said.append(BlockStart(index, block.kind, block.tool_use_id, block.name, block.sealed, block.refusal))
        said += [BlockDelta(index, piece) for piece in draw(pieces(block.text))]
        said += [BlockDelta(index, "", piece) for piece in draw(pieces(block.opaque))]
        said.append(BlockStop(index))
    said += [MessageStop(answer.reason, answer.stop_sequence)]
    return said if answer.usage is None else [*said, answer.usage]


@st.composite
def pieces(draw: st.DrawFn, whole: str | bytes) -> list[str] | list[bytes]:
    """Cut a text or bytes into pieces, which may be empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    return [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


# -- what a dialect cannot say --


def sayable(answer: Answer, name: str, *, whole: bool = False) -> Answer:
    """Return what is left of an answer in a dialect: the losses that docs/wire/dialects.md lists, and no other."""
    return {"openai_chat": _in_chat, "anthropic_messages": _in_messages, "converse": _in_converse}[name](answer, whole)


def _in_chat(answer: Answer, whole: bool) -> Answer:
    kept: list[Block] = []
    for block in answer.blocks:
        if block.kind == "tool_use":
            kept.append(block)
        elif block.text:
            plain = Block(block.kind, block.text, refusal=block.refusal)
            if kept and kept[-1].kind == plain.kind and kept[-1].refusal == plain.refusal:
                kept[-1] = Block(plain.kind, kept[-1].text + plain.text, refusal=plain.refusal)
            else:
                kept.append(plain)
    if whole:  # a message has each of them once, in this order
        texts = [("reasoning", False), ("text", False), ("text", True)]
        joined = [
            Block(kind, "".join(b.text for b in kept if (b.kind, b.refusal) == (kind, refusal)), refusal=refusal) for kind, refusal in texts
        ]
        kept = [block for block in joined if block.text] + [block for block in kept if block.kind == "tool_use"]
    reasons = {
        "guardrail_intervened": "content_filtered",
        "model_context_window_exceeded": "max_tokens",
        "tool_use": "tool_use",
        "max_tokens": "max_tokens",
        "content_filtered": "content_filtered",
    }
    usage = answer.usage and Usage(answer.usage.input_tokens, answer.usage.output_tokens, cache_read_tokens=answer.usage.cache_read_tokens)
    return Answer(id=answer.id, model=answer.model, blocks=tuple(kept), reason=reasons.get(answer.reason, "end_turn"), usage=usage)


def _in_messages(answer: Answer, whole: bool) -> Answer:
    kept = tuple(Block(b.kind, b.text, b.opaque, b.tool_use_id, b.name, b.sealed) for b in answer.blocks)
    reasons = {"guardrail_intervened": "content_filtered", "malformed_model_output": "end_turn", "malformed_tool_use": "end_turn"}
    usage = answer.usage and Usage(
        answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.cache_read_tokens, answer.usage.cache_write_tokens
    )
    reason = reasons.get(answer.reason, answer.reason)
    return Answer(
        id=answer.id,
        model=answer.model,
        blocks=kept,
        reason=reason,
        stop_sequence=answer.stop_sequence if reason == "stop_sequence" else "",
        usage=usage,
    )


def _in_converse(answer: Answer, whole: bool) -> Answer:
    kept = [Block(b.kind, b.text, b.opaque, b.tool_use_id, b.name, b.sealed) for b in answer.blocks]
    if not whole:
        kept = [block for block in kept if block.kind == "tool_use" or block.text or block.opaque]
    return Answer(blocks=tuple(kept), reason="end_turn" if answer.reason == "pause_turn" else answer.reason, usage=answer.usage)


# -- requests --


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    """Requests that every dialect has words for: reasoning is in none of them, for one wants it signed and another cannot sign."""
    turns: list[Turn] = []
    for number in range(draw(st.integers(1, 3))):
        turns.append(Turn("user", tuple(Text(text, "user") for text in draw(st.lists(some_words, min_size=1, max_size=2)))))
        calls = tuple(ToolUse(f"call_{number}_{at}", draw(names), draw(arguments())) for at in range(draw(st.integers(0, 2))))
        turns.append(Turn("assistant", (*(Text(text, "assistant") for text in draw(st.lists(some_words, min_size=1, max_size=2))), *calls)))
        if calls:
            results = [ToolResult(call.id, tuple(Text(text, "tool") for text in draw(st.lists(some_words, max_size=2)))) for call in calls]
            turns.append(Turn("user", (*results, Text(draw(some_words), "user"))))
            turns.append(Turn("assistant", (Text(draw(some_words), "assistant"),)))
    tools = tuple(
        Tool(f"{draw(names)}{at}", draw(some_words), {"type": "object", "title": draw(words)}) for at in range(draw(st.integers(0, 2)))
    )
    return Ask(
        model="m",
        system=tuple(Text(text, "system") for text in draw(st.lists(some_words, max_size=2))),
        turns=tuple(turns),
        tools=tools,
        tool_choice=draw(st.sampled_from(["", "auto", "any", f"tool:{tools[0].name}"])) if tools else "",
        sampling=Sampling(
            max_tokens=draw(st.integers(1, 10**6)),
            temperature=draw(st.none() | st.floats(0, 1)),
            top_p=draw(st.none() | st.floats(0, 1)),
            stop_sequences=tuple(draw(st.lists(some_words, max_size=2))),
        ),
        stream=draw(st.booleans()),
    )


def bare(value: Reasoning | Text | ToolUse | ToolResult | Tool | Ask) -> object:
    """Return what is said, without where it stands; neighbouring turns of one role are one, and a tool that says nothing says no empty text."""
    if isinstance(value, Ask):
        grouped = groupby(value.turns, lambda turn: turn.role)
        turns = [(role, [bare(part) for turn in neighbours for part in turn.parts]) for role, neighbours in grouped]
        return ([bare(p) for p in value.system], turns, [bare(t) for t in value.tools], value.tool_choice, value.sampling)
    if isinstance(value, ToolUse):
        return (value.id, value.name, json.loads(value.arguments))
    if isinstance(value, ToolResult):
        return (value.id, [bare(item) for item in value.content if item.text], value.failed)
    if isinstance(value, Tool):
        return (value.name, value.description, value.schema, value.strict)
    return (value.text, getattr(value, "origin", "reasoning"))
