"""What a client of Responses makes of an answer: written after the API reference, apart from the writer it checks."""

from __future__ import annotations

import json
from typing import Any

from ringwall.wire.dialects.answer import Answer, Block
from ringwall.wire.dialects.model import StopReason, Usage

DELTAS = {
    "response.output_text.delta": "text",
    "response.reasoning_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.function_call_arguments.delta": "arguments",
}
LAST = ("response.completed", "response.incomplete", "response.failed")


def read_answer(body: dict[str, Any]) -> Answer:
    """Read the object `response`."""
    blocks = tuple(_block(item) for item in body["output"])
    unfinished = body["incomplete_details"]
    assert (body["status"] == "incomplete") is (unfinished is not None)
    statuses = [item["status"] for item in body["output"]]
    assert statuses == (["completed"] * (len(statuses) - 1) + [body["status"]] if statuses else [])
    reasons: dict[str, StopReason] = {"max_output_tokens": "max_tokens", "content_filter": "content_filtered"}
    usage = body["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    details = usage["input_tokens_details"]
    return Answer(
        id=body["id"].removeprefix("resp_"),
        model=body["model"],
        blocks=blocks,
        reason=reasons[unfinished["reason"]] if unfinished else "end_turn",
        usage=Usage(
            usage["input_tokens"],
            usage["output_tokens"],
            cache_read_tokens=details["cached_tokens"],
            cache_write_tokens=details["cache_write_tokens"],
        ),
    )


def _block(item: dict[str, Any]) -> Block:
    if item["type"] == "function_call":
        assert item["id"].startswith("fc_")
        return Block("tool_use", item["arguments"], tool_use_id=item["call_id"], name=item["name"])
    parts = item["content"]
    if item["type"] == "reasoning":
        text = "".join(part["text"] for part in parts)
        return Block("reasoning", text, item["encrypted_content"] or "", sealed=not parts)
    assert (item["type"], item["role"], len(parts)) == ("message", "assistant", 1)
    refusal = parts[0]["type"] == "refusal"
    return Block("text", parts[0]["refusal" if refusal else "text"], refusal=refusal)


def read_events(stream: bytes) -> list[dict[str, Any]]:
    """Read a stream's events, each named as its data says."""
    events = []
    for number, event in enumerate(stream.decode().removesuffix("\n\n").split("\n\n")):
        name, data = event.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
        assert events[-1]["sequence_number"] == number
    return events


def read_stream(stream: bytes) -> dict[str, Any]:
    """Put a stream's deltas together; return the object of its last event, having found all three accounts of each item the same."""
    first, second, *events, last = read_events(stream)
    assert (first["type"], second["type"]) == ("response.created", "response.in_progress")
    assert last["type"] in LAST
    output: list[dict[str, Any]] = []
    said: dict[int, str] = {}
    for event in events:
        index = event["output_index"]
        if event["type"] == "response.output_item.added":
            assert index == len(said)
            said[index] = ""
            item = event["item"]
        elif event["type"] in DELTAS:
            said[index] += event["delta"]
        elif event["type"] == "response.output_item.done":
            assert (event["item"]["id"], event["item"]["type"]) == (item["id"], item["type"])
            assert _words(event["item"]) == said[index]
            output.append(event["item"])
        elif event["type"].endswith(".done") and "part" not in event:
            assert said[index] in event.values()
        if event["type"] != "response.output_item.added" and "item_id" in event:
            assert event["item_id"] == item["id"]
    if last["type"] != "response.failed":
        assert last["response"]["output"] == output
        assert first["response"]["id"] == last["response"]["id"]
    found: dict[str, Any] = last["response"]
    return found


def _words(item: dict[str, Any]) -> str:
    if item["type"] == "function_call":
        return str(item["arguments"])
    return "".join(part.get("text", part.get("refusal", "")) for part in item["content"])
