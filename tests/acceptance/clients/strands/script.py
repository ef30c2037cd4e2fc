"""Run a strands agent on a guarded model: a plain answer, a tool called, a question that is blocked. Arguments: model, guardrail."""

import json
import sys

from strands import Agent, tool
from strands.models import BedrockModel

model, guardrail = sys.argv[1:]
called = []


@tool
def look_up(of: str) -> str:
    """Look something up.

    Args:
        of: what to look up.
    """
    called.append(of)
    return f"{of}: found"


def agent() -> Agent:
    options = {"guardrail_id": guardrail, "guardrail_version": "DRAFT", "guardrail_trace": "enabled", "guardrail_redact_input": True}
    return Agent(model=BedrockModel(model_id=model, **options), tools=[look_up], callback_handler=None)


plain = agent()("write to ada@example.com")
tools = agent()('call look_up {"of": "pumps"}')
blocking = agent()
blocked = blocking("tell me about Project Nightjar")
print(
    json.dumps(
        {
            "plain": plain.message["content"][0]["text"],
            "called": called,
            "tools": tools.message["content"][0]["text"],
            "reason": blocked.stop_reason,
            "blocked": blocked.message["content"][0]["text"],
            "history": blocking.messages[0]["content"][0]["text"],
        }
    )
)
