"""Responses: an answer written, whole; and its items, which a stream writes too.

Each block is an item of its own. The request is not told again: instructions and tools are words that the caller has.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from ringwall.wire.dialects.answer import Answer, Block
from ringwall.wire.dialects.model import Ask, StopReason, Usage

Status = Literal["completed", "incomplete"]

_UNFINISHED: dict[StopReason, str] = {
    "max_tokens": "max_output_tokens",
    "model_context_window_exceeded": "max_output_tokens",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
_PREFIXES = {"text": "msg", "reasoning": "rs", "tool_use": "fc"}
_CHOICES = {"": "auto", "auto": "auto", "none": "none", "any": "required"}


class Frame(NamedTuple):
    """What an answer's objects say beside the answer: whose it is, and how it was asked for. `created`: Unix time."""

    ask: Ask
    answer_id: str
    created: int

    @property
    def response_id(self) -> str:
        """The answer's name."""
        return f"resp_{self.answer_id}"

    def item_id(self, number: int, block: Block) -> str:
        """Return an item's name."""
        return f"{_PREFIXES[block.kind]}_{self.answer_id}_{number}"

    def response(self, status: str, output: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """Return the object `response`; `more` are members that it has in some states only."""
        ask = self.ask
        choice = ask.tool_choice
        said = choice.startswith("tool:")
        body = {
            "id": self.response_id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": ask.sampling.max_tokens,
            "metadata": ask.body.get("metadata") or {},
            "model": ask.model,
            "output": output,
            "parallel_tool_calls": ask.body.get("parallel_tool_calls") is not False,
            "previous_response_id": None,
            "store": False,
            "temperature": ask.sampling.temperature,
            "tool_choice": {"type": "function", "name": choice.removeprefix("tool:")} if said else _CHOICES[choice],
            "tools": [],
            "top_p": ask.sampling.top_p,
            "truncation": "disabled",
            "usage": None,
        }
        return body | more

    def finished(self, reason: StopReason, output: list[dict[str, Any]], usage: Usage | None) -> dict[str, Any]:
        """Return the object `response` at the answer's end."""
        why = _UNFINISHED.get(reason)
        details = None if why is None else {"reason": why}
        return self.response(status_of(reason), output, incomplete_details=details, usage=None if usage is None else write_usage(usage))


def status_of(reason: StopReason) -> Status:
    """Return how far an answer came that ended so."""
    return "incomplete" if reason in _UNFINISHED else "completed"


def write_usage(usage: Usage) -> dict[str, Any]:
    """Write what an answer cost; upstreams do not say alike what of it was reasoning, so nothing is said."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cache_read_tokens, "cache_write_tokens": usage.cache_write_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def part_of(block: Block) -> dict[str, Any]:
    """Write the one part that a message or a reasoning item has."""
    if block.kind == "reasoning":
        return {"type": "reasoning_text", "text": block.text}
    if block.refusal:
        return {"type": "refusal", "refusal": block.text}
    return {"type": "output_text", "text": block.text, "annotations": [], "logprobs": []}


def item_of(block: Block, item_id: str, status: str) -> dict[str, Any]:
    """Write a block that is whole. A reasoning item without parts is encrypted."""
    if block.kind == "tool_use":
        call = {"call_id": block.tool_use_id, "name": block.name, "arguments": block.text or "{}"}
        return {"type": "function_call", "id": item_id, "status": status, **call}
    if block.kind == "reasoning":
        content = [] if block.sealed else [part_of(block)]
        return {
            "type": "reasoning",
            "id": item_id,
            "status": status,
            "summary": [],
            "content": content,
            "encrypted_content": block.opaque or None,
        }
    return {"type": "message", "id": item_id, "status": status, "role": "assistant", "content": [part_of(block)]}


def write_answer(answer: Answer, frame: Frame) -> dict[str, Any]:
    """Write a whole answer; the last item of one that was cut short is incomplete."""
    last = len(answer.blocks) - 1
    status = status_of(answer.reason)
    output = [
        item_of(block, frame.item_id(number, block), status if number == last else "completed")
        for number, block in enumerate(answer.blocks)
    ]
    return frame.finished(answer.reason, output, answer.usage)
