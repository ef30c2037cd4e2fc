"""The vectors of the dialects, read: events in a short form, streams as bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ringwall.wire.dialects.model import BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, Usage
from ringwall.wire.event_stream import encode_message

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "dialects"
NAMES = ("openai_chat", "anthropic_messages", "converse")
FILES: dict[str, dict[str, Any]] = {name: json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES}


def cases(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Every vector of a kind, with its dialect."""
    return [(name, case) for name in NAMES for case in FILES[name][kind]]


def ids(kind: str) -> list[str]:
    return [f"{name}: {case['name']}" for name, case in cases(kind)]


def events_of(short: list[list[Any]]) -> list[Event]:
    """Read events from their short form; blocks are numbered as they come."""
    events: list[Event] = []
    index = -1
    for word, *rest in short:
        if word == "start":
            events.append(MessageStart(*rest))
        elif word == "block":
            index += 1
            events.append(BlockStart(index, rest[0], **(rest[1] if len(rest) > 1 else {})))
        elif word == "delta":
            events.append(BlockDelta(index, rest[0]))
        elif word == "opaque":
            events.append(BlockDelta(index, "", rest[0]))
        elif word == "stop":
            events.append(BlockStop(index))
        elif word == "end":
            events.append(MessageStop(*rest))
        else:
            assert word == "usage"
            events.append(Usage(rest[0], rest[1], **(rest[2] if len(rest) > 2 else {})))
    return events


def bytes_of(case: dict[str, Any], line_end: str = "\n") -> bytes:
    """The bytes of a streamed vector."""
    if "lines" in case:
        return line_end.join(case["lines"]).encode()
    return b"".join([framed(name, payload) for name, payload in case["frames"]])


def framed(name: str, payload: dict[str, Any]) -> bytes:
    kind, name = ("exception", name[1:]) if name.startswith("!") else ("event", name)
    headers = {":message-type": kind, f":{kind}-type": name, ":content-type": "application/json"}
    return encode_message(headers, json.dumps(payload).encode())
