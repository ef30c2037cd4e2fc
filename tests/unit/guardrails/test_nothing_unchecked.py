"""The walk: no configuration exists in which a guardrail is set, the answer says success, and nothing was checked.

Every policy alone x every way to weaken it x both directions x every kind of content: the answer is a refusal when the guardrail is created,
a refusal of the content, a coverage of at least one character, or an answer whose reason says that nothing was checked and why.
"""

from __future__ import annotations

import itertools

import pytest

from ringwall.errors import CallerError
from ringwall.guardrails import Applied, Block, compile_guardrail, evaluate, parse_config, render
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import SCORERS, config

APPLIED = Applied(guardrail_id="g", version="1", arn="arn:aws:bedrock:us-east-1:123456789012:guardrail/g")
SIDES = ({}, {"inputEnabled": False}, {"outputEnabled": False}, {"inputEnabled": False, "outputEnabled": False})
REPORTS = ({}, {"inputAction": "NONE", "outputAction": "NONE"})


def policies() -> list[dict[str, object]]:
    """Every policy alone, with every combination of switches, strengths and actions."""
    found: list[dict[str, object]] = []
    for side, report in itertools.product(SIDES, REPORTS):
        for type_, on_input, on_output in itertools.product(("HATE", "PROMPT_ATTACK"), ("NONE", "LOW"), ("NONE", "LOW")):
            strengths = {"type": type_, "inputStrength": on_input, "outputStrength": on_output}
            found.append({"contentPolicyConfig": {"filtersConfig": [{**strengths, **side, **report}]}})
        topic = {"name": "Taxes", "definition": "d", "type": "DENY"}
        found.append({"topicPolicyConfig": {"topicsConfig": [{**topic, **side, **report}]}})
        found.append({"wordPolicyConfig": {"wordsConfig": [{"text": "nightingale", **side, **report}]}})
        found.append({"wordPolicyConfig": {"managedWordListsConfig": [{"type": "PROFANITY", **side, **report}]}})
        for action in ("BLOCK", "ANONYMIZE", "NONE"):
            entity = {"type": "EMAIL", "action": action, **side, **report}
            regex = {"name": "r", "pattern": "[0-9]{4}", "action": action, **side, **report}
            found.append({"sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [entity]}})
            found.append({"sensitiveInformationPolicyConfig": {"regexesConfig": [regex]}})
    for type_, action, enabled in itertools.product(("GROUNDING", "RELEVANCE"), ("BLOCK", "NONE"), (True, False)):
        filter_ = {"type": type_, "threshold": 0.5, "action": action, "enabled": enabled}
        found.append({"contextualGroundingPolicyConfig": {"filtersConfig": [filter_]}})
        words = {"wordsConfig": [{"text": "nightingale", "outputEnabled": False}]}
        found.append({"contextualGroundingPolicyConfig": {"filtersConfig": [filter_]}, "wordPolicyConfig": words})
    found.extend(({}, {"wordPolicyConfig": {}}, {"sensitiveInformationPolicyConfig": {}}))
    return found


TEXTS = ("", "a text", "nightingale")
QUALIFIERS = ((), ("guard_content",), ("query",), ("grounding_source",), ("grounding_source", "guard_content"))


def contents() -> list[list[Block]]:
    """Every content of up to two blocks, and the three-part content that grounding wants."""
    single = [Block(text, frozenset(qualifiers)) for text, qualifiers in itertools.product(TEXTS, QUALIFIERS)]
    pairs = [[one, other] for one, other in itertools.product(single[:10], single[::3])]
    three = [Block("a source", frozenset({"grounding_source"})), Block("a query", frozenset({"query"}))]
    return [[], *([block] for block in single), *pairs, [*three, Block("an answer")], [*three, Block("")]]


@pytest.mark.parametrize("policy", policies(), ids=str)
def test_no_success_without_a_check(policy: dict[str, object]) -> None:
    try:
        guardrail = compile_guardrail(parse_config(config(**policy)), SCORERS)
    except CallerError:
        return
    checked_somewhere = False
    for source, blocks in itertools.product(("INPUT", "OUTPUT"), contents()):
        try:
            evaluation = evaluate(guardrail, source, blocks, Limits())
        except CallerError:
            continue
        answer = render(evaluation, APPLIED, scope="INTERVENTIONS", latency_ms=0)
        guarded = answer["guardrailCoverage"]["textCharacters"]["guarded"]
        checked_somewhere = checked_somewhere or guarded > 0
        if guarded:
            assert evaluation.verdicts
            assert evaluation.coverage.rules
            assert guarded == sum(block.characters for block in evaluation.coverage.blocks if block.guarded)
        else:
            assert not evaluation.verdicts
            assert "Nothing was checked: " in answer["actionReason"]
            assert not any(answer["usage"].values())
    assert checked_somewhere, "a guardrail was created that checks nothing at all"
