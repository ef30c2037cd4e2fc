"""The openai package, unmodified and in an environment of its own, on a live server: Responses, Embeddings and Models."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.gateway.packages import told_by
from tests.live import Live

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def told(live: Live) -> dict[str, Any]:
    """What the package made of each answer."""
    return told_by("openai_client", live)


def test_answers_are_masked_whole_and_streamed(told: dict[str, Any]) -> None:
    whole = {"text": "mail {EMAIL}", "status": "completed", "reason": None}
    assert told["whole"] | {"tokens": 0} == whole | {"tokens": 0}
    assert told["whole"]["tokens"] > 0
    stream = told["stream"]
    assert (stream["text"], stream["final"]["text"], stream["final"]["status"]) == ("mail {EMAIL}", "mail {EMAIL}", "completed")
    assert stream["kinds"] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]


def test_what_is_blocked_says_the_guardrails_words_and_why(told: dict[str, Any]) -> None:
    blocked = {"text": "Not that word.", "status": "incomplete", "reason": "content_filter", "tokens": 0}
    assert told["blocked"] == blocked
    assert told["blocked stream"]["final"] == blocked
    assert (told["blocked stream"]["text"], told["blocked stream"]["kinds"][-1]) == ("Not that word.", "response.incomplete")
    assert (told["cut short"]["text"], told["cut short"]["reason"]) == ("one two", "max_output_tokens")


def test_tools_are_called_and_answered(told: dict[str, Any]) -> None:
    then = "The tool answered: noon, says {EMAIL}"
    assert told["tools"] == {"name": "clock", "arguments": {"city": "Oslo"}, "then": then}


def test_reasoning_comes_and_can_be_sent_back(told: dict[str, Any]) -> None:
    assert told["reasoning"] == {"kind": "reasoning", "text": "The user wants to know about: walls", "then": "and now"}


def test_a_schema_is_taken_and_the_answer_parsed(told: dict[str, Any]) -> None:
    assert (told["parsed"], json.loads(told["parsed stream"])) == ("Oslo", {"city": "Oslo"})


def test_refusals_and_failures_are_the_packages_own_errors(told: dict[str, Any]) -> None:
    assert (told["failure"]["kind"], told["failure"]["code"]) == ("APIError", "upstream-broke-off")
    for name, code in (("stored", "stores-no-text"), ("hosted", "hosted-tool"), ("not embedded", "content-blocked")):
        assert (told[name]["kind"], told[name]["status"], told[name]["code"]) == ("BadRequestError", 400, code)
    assert "Not that word." in told["not embedded"]["message"]
    assert (told["no model"]["kind"], told["no model"]["code"]) == ("NotFoundError", "model-not-found")


def test_vectors_and_models(told: dict[str, Any]) -> None:
    assert (told["sizes"], told["same"], told["used"]) == ([256, 256], True, 3)
    assert {"development", "ringwall.development-v1"} <= set(told["models"])
    assert told["model"] == "ringwall"
