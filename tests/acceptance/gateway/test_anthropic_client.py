"""The anthropic package, unmodified and in an environment of its own, on a live server: Messages, streamed and not, and counted tokens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.gateway.packages import told_by
from tests.live import Live

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def told(live: Live) -> dict[str, Any]:
    """What the package made of each answer."""
    return told_by("anthropic_client", live)


def test_answers_are_masked_whole_and_streamed(told: dict[str, Any]) -> None:
    masked = {"text": "mail {EMAIL}", "reason": "end_turn", "input": 2, "output": 2}
    assert told["whole"] == masked
    assert told["stream"] == {"came": "mail {EMAIL}", **masked}


def test_what_is_blocked_says_the_guardrails_words_and_why(told: dict[str, Any]) -> None:
    blocked = {"text": "Not that word.", "reason": "refusal", "input": 0, "output": 0}
    assert told["blocked"] == blocked
    assert told["blocked stream"] == {"came": "Not that word.", **blocked}


def test_tools_are_called_and_answered(told: dict[str, Any]) -> None:
    then = "The tool answered: noon, says {EMAIL}"
    assert told["tools"] == {"name": "clock", "arguments": {"city": "Oslo"}, "reason": "tool_use", "then": then}


def test_tokens_are_counted_as_the_answer_says_once_they_are_judged(told: dict[str, Any]) -> None:
    assert (told["counted"], told["counted masked"]) == (3, told["whole"]["input"])
    assert told["not counted"] == {"kind": "BadRequestError", "status": 400, "type": "invalid_request_error"}


def test_refusals_and_failures_are_the_packages_own_errors(told: dict[str, Any]) -> None:
    assert told["no model"] == {"kind": "NotFoundError", "status": 404, "type": "not_found_error"}
    assert told["no key"] == {"kind": "AuthenticationError", "status": 401, "type": "authentication_error"}
    assert told["failure"] == {"kind": "APIStatusError", "status": 200, "type": "api_error"}  # the stream had begun
