"""A guardrail's policies as tables."""

from __future__ import annotations

from ringwall.console.policies import groups

FILTER = {"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"}


def test_strengths_by_origin_have_a_table_of_their_own() -> None:
    origins = {"TOOL_RESULT": {"PROMPT_ATTACK": "LOW"}, "DOCUMENT": {"PROMPT_ATTACK": "NONE"}}
    filters, said = groups({"contentPolicy": {"filters": [FILTER], "originStrengths": origins}})
    assert filters.rows == [("PROMPT_ATTACK", "block at high strength", "off")]
    assert said.rows == [("a tool", "PROMPT_ATTACK", "low strength"), ("a document", "PROMPT_ATTACK", "scores do not count")]
    assert len(groups({"contentPolicy": {"filters": [FILTER]}})) == 1
