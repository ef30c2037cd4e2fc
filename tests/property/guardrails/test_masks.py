"""Masks stand exactly where the findings were: everything else of a text stays, character by character."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.guardrails import Block, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.assessment import outputs
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import SCORERS, config

GUARDRAIL = compile_guardrail(
    parse_config(
        config(
            sensitiveInformationPolicyConfig={
                "piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}],
                "regexesConfig": [{"name": "ticket", "pattern": "TCK-[0-9]{4}", "action": "ANONYMIZE"}],
            }
        )
    ),
    SCORERS,
)
WORDS = st.sampled_from(("hello", "there", "grüße", "日本", "one", "two", "please", "and"))
SECRETS = st.sampled_from(("bob@example.com", "ann.lee@example.org", "TCK-1234", "TCK-0001"))
BLOCKS = st.lists(st.lists(WORDS | SECRETS, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=3)


@settings(max_examples=40)
@given(BLOCKS)
def test_masked_outputs_are_the_texts_with_labels_in_place_of_what_was_found(texts: list[str]) -> None:
    evaluation = evaluate(GUARDRAIL, "INPUT", [Block(text) for text in texts], Limits())
    expected = [re.sub(r"TCK-\d{4}", "{ticket}", re.sub(r"[a-z.]+@example\.(com|org)", "{EMAIL}", text)) for text in texts]
    if expected == texts:
        assert evaluation.outcome.action == "NONE"
        assert outputs(evaluation) == []
    else:
        assert evaluation.outcome.action == "ANONYMIZE"
        assert outputs(evaluation) == expected


@settings(max_examples=40)
@given(BLOCKS)
def test_every_hit_is_the_text_at_its_span(texts: list[str]) -> None:
    evaluation = evaluate(GUARDRAIL, "INPUT", [Block(text) for text in texts], Limits())
    for verdict in evaluation.verdicts:
        for hit in verdict.hits:
            span = hit.finding.span
            assert 0 <= span.start < span.end <= len(texts[hit.block])
            assert texts[hit.block][span.start : span.end] == hit.finding.match
