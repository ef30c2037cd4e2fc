"""Runs beside the anthropic package, unmodified: asks a live ringwall as applications do and prints what the package made of it, one JSON line.

python script.py URL KEY GUARDRAIL BLOCKING     two guardrails: one that masks, one that blocks the word `heliotrope`
"""

from __future__ import annotations

import json
import sys
from typing import Any

import anthropic

URL, KEY, MASKING, BLOCKING = sys.argv[1:]
MODEL = "development"
CLOCK: Any = {"name": "clock", "description": "Tells the time.", "input_schema": {"type": "object", "properties": {}}}


def client(guardrail: str = "") -> anthropic.Anthropic:
    headers = {"x-amzn-bedrock-guardrailidentifier": guardrail, "x-amzn-bedrock-guardrailversion": "DRAFT"} if guardrail else {}
    return anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0, default_headers=headers)


def said(words: str) -> Any:
    return {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": words}]}


def answered(message: Any) -> dict[str, Any]:
    text = "".join(block.text for block in message.content if block.type == "text")
    return {"text": text, "reason": message.stop_reason, "input": message.usage.input_tokens, "output": message.usage.output_tokens}


def streamed(asked: anthropic.Anthropic, words: str) -> dict[str, Any]:
    with asked.messages.stream(**said(words)) as events:
        text = "".join(events.text_stream)
        return {"came": text, **answered(events.get_final_message())}


def counted(asked: anthropic.Anthropic, words: str) -> int:
    return asked.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": words}]).input_tokens


def raised(call: Any) -> dict[str, Any]:
    try:
        call()
    except anthropic.APIError as error:
        body = error.body if isinstance(error.body, dict) else {}
        return {"kind": type(error).__name__, "status": getattr(error, "status_code", None), "type": body.get("error", {}).get("type")}
    return {"kind": ""}


def tools(asked: anthropic.Anthropic) -> dict[str, Any]:
    turns: list[Any] = [{"role": "user", "content": 'call clock {"city": "Oslo"}'}]
    first = asked.messages.create(model=MODEL, max_tokens=50, messages=turns, tools=[CLOCK])
    (call,) = (block for block in first.content if block.type == "tool_use")
    turns.append({"role": "assistant", "content": first.content})
    turns.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "noon, says bob@example.com"}]})
    second = asked.messages.create(model=MODEL, max_tokens=50, messages=turns, tools=[CLOCK])
    return {"name": call.name, "arguments": call.input, "reason": first.stop_reason, "then": answered(second)["text"]}


def main() -> None:
    plain, masking, blocking = client(), client(MASKING), client(BLOCKING)
    told = {
        "whole": answered(masking.messages.create(**said("mail bob@example.com"))),
        "stream": streamed(masking, "mail bob@example.com"),
        "blocked": answered(blocking.messages.create(**said("a heliotrope"))),
        "blocked stream": streamed(blocking, "a heliotrope"),
        "tools": tools(masking),
        "counted": counted(plain, "one two three"),
        "counted masked": counted(masking, "mail bob@example.com"),
        "not counted": raised(lambda: counted(blocking, "a heliotrope")),
        "no model": raised(lambda: plain.messages.create(**{**said("x"), "model": "nobody"})),
        "no key": raised(lambda: anthropic.Anthropic(base_url=URL, api_key="none", max_retries=0).messages.create(**said("x"))),
        "failure": raised(lambda: streamed(plain, "fail")),
    }
    print(json.dumps(told))


main()
