"""Finished requests to show observers."""

from __future__ import annotations

from typing import Any

from ringwall.telemetry import Notes, Observed, RuleSeen, RunSeen

ACCOUNT = "111111111111"
GUARDRAIL = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/abc"


def judged(action: str = "BLOCK", rules: tuple[tuple[str, str], ...] = (("content/PROMPT_ATTACK", "BLOCK"),), **members: Any) -> RunSeen:
    given = {"guardrail": GUARDRAIL, "version": "1", "source": "INPUT", "characters": 40, "digests": ("hmac-sha256:1:ab12",), **members}
    return RunSeen(action=action, rules=tuple(RuleSeen(name, seen, False) for name, seen in rules), **given)


def notes(**members: Any) -> Notes:
    return Notes(**{"begun": 100.0, **members})


def asked(**members: Any) -> Notes:
    """A model was asked: 20 ms after the question it began, 80 ms later it was done, and the first words had left 30 ms after the question."""
    given = {
        "model": "gpt-4o-mini",
        "label": "gpt-4o-*",
        "provider": "openai",
        "stream": True,
        "first_token": 100.03,
        "upstream_began": 100.02,
        "upstream_ended": 100.1,
        "attempts": 1,
        "finish": "end_turn",
        "tokens_in": 12,
        "tokens_out": 7,
        "guardrail_s": 0.002,
    }
    return notes(**{**given, **members})


def observed(**members: Any) -> Observed:
    given = {
        "request_id": "r-1",
        "account_id": ACCOUNT,
        "face": "chat",
        "service": "bedrock-runtime",
        "operation": "ChatCompletions",
        "method": "POST",
        "status": 200,
        "code": "",
        "limit_kind": "",
        "at": 1_000_000.0,
        "seconds": 0.1,
        "watched": True,
        "judged": (),
        "notes": notes(),
    }
    return Observed(**{**given, **members})
