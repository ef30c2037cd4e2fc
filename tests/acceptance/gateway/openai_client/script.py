"""Runs beside the openai package, unmodified: asks a live ringwall as applications do and prints what the package made of it, as one JSON line.

python script.py URL KEY GUARDRAIL BLOCKING     two guardrails: one that masks, one that blocks the word `heliotrope`
"""

from __future__ import annotations

import json
import sys
from typing import Any

import openai
import pydantic

URL, KEY, MASKING, BLOCKING = sys.argv[1:]
MODEL = "development"
TOOLS: Any = [
    {
        "type": "function",
        "name": "clock",
        "description": "Tells the time.",
        "parameters": {"type": "object", "properties": {}},
        "strict": False,
    }
]


class City(pydantic.BaseModel):
    city: str


def client(guardrail: str = "") -> openai.OpenAI:
    headers = {"x-amzn-bedrock-guardrailidentifier": guardrail, "x-amzn-bedrock-guardrailversion": "DRAFT"} if guardrail else {}
    return openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0, default_headers=headers)


def answered(response: Any) -> dict[str, Any]:
    reason = response.incomplete_details.reason if response.incomplete_details else None
    return {"text": response.output_text, "status": response.status, "reason": reason, "tokens": response.usage.total_tokens}


def streamed(asked: openai.OpenAI, words: str, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"text": "", "kinds": []}
    with asked.responses.stream(model=MODEL, input=words, **more) as events:
        for event in events:
            if event.type not in found["kinds"]:
                found["kinds"].append(event.type)
            if event.type == "response.output_text.delta":
                found["text"] += event.delta
            if event.type in ("response.completed", "response.incomplete"):
                found["final"] = answered(event.response)
    return found


def raised(call: Any) -> dict[str, Any]:
    try:
        call()
    except openai.APIError as error:
        return {"kind": type(error).__name__, "status": getattr(error, "status_code", None), "code": error.code, "message": error.message}
    return {"kind": ""}


def tools(asked: openai.OpenAI) -> dict[str, Any]:
    items: list[Any] = [{"role": "user", "content": 'call clock {"city": "Oslo"}'}]
    with asked.responses.stream(model=MODEL, input=items, tools=TOOLS) as events:
        first = events.get_final_response()
    (call,) = first.output
    items += first.output
    items.append({"type": "function_call_output", "call_id": call.call_id, "output": "noon, says bob@example.com"})
    second = asked.responses.create(model=MODEL, input=items, tools=TOOLS)
    return {"name": call.name, "arguments": json.loads(call.arguments), "then": second.output_text}


def reasoning(asked: openai.OpenAI) -> dict[str, Any]:
    items: list[Any] = [{"role": "user", "content": "think walls"}]
    first = asked.responses.create(model=MODEL, input=items)
    items += [*first.output, {"role": "user", "content": "and now"}]
    thought = first.output[0]
    return {"kind": thought.type, "text": thought.content[0].text, "then": asked.responses.create(model=MODEL, input=items).output_text}


def main() -> None:
    plain, masking, blocking = client(), client(MASKING), client(BLOCKING)
    vectors = plain.embeddings.create(model=MODEL, input=["a wall", "{EMAIL}"])
    masked = masking.embeddings.create(model=MODEL, input=["bob@example.com"], encoding_format="float")
    told = {
        "whole": answered(masking.responses.create(model=MODEL, input="mail bob@example.com", instructions="Be brief.")),
        "stream": streamed(masking, "mail bob@example.com"),
        "blocked": answered(blocking.responses.create(model=MODEL, input="a heliotrope")),
        "blocked stream": streamed(blocking, "a heliotrope"),
        "cut short": answered(plain.responses.create(model=MODEL, input="one two three", max_output_tokens=2)),
        "tools": tools(masking),
        "reasoning": reasoning(plain),
        "parsed": plain.responses.parse(model=MODEL, input='{"city": "Oslo"}', text_format=City).output_parsed.city,
        "parsed stream": streamed(plain, '{"city": "Oslo"}', text_format=City)["final"]["text"],
        "failure": raised(lambda: streamed(plain, "fail")),
        "stored": raised(lambda: plain.responses.create(model=MODEL, input="x", previous_response_id="resp_1")),
        "hosted": raised(lambda: plain.responses.create(model=MODEL, input="x", tools=[{"type": "web_search"}])),
        "sizes": [len(item.embedding) for item in vectors.data],
        "same": max(abs(a - b) for a, b in zip(vectors.data[1].embedding, masked.data[0].embedding, strict=True)) < 1e-6,
        "used": vectors.usage.prompt_tokens,
        "not embedded": raised(lambda: blocking.embeddings.create(model=MODEL, input="a heliotrope")),
        "models": sorted(model.id for model in plain.models.list()),
        "model": plain.models.retrieve("ringwall.development-v1").owned_by,
        "no model": raised(lambda: plain.models.retrieve("nobody")),
    }
    print(json.dumps(told))


main()
