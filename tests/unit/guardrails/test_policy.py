"""What a guardrail may be configured to do, and what is refused when it is created."""

from __future__ import annotations

from typing import get_args

import pytest

from ringwall.errors import InvalidRequest
from ringwall.guardrails import PolicyRefused, Scorers, compile_guardrail, parse_config
from ringwall.guardrails.policy import PiiType
from ringwall.text.detectors import AWS_PII_TYPES
from ringwall.wire import load_service
from tests.unit.guardrails.scorers import SCORERS, config, content_policy

HATE = content_policy(("HATE", "HIGH", "HIGH"))
PII = {"sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}]}}


def words(*entries: object) -> dict[str, object]:
    return {"wordPolicyConfig": {"wordsConfig": list(entries)}}


def regexes(*entries: object) -> dict[str, object]:
    return {"sensitiveInformationPolicyConfig": {"regexesConfig": list(entries)}}


def grounding(*entries: object, **members: object) -> dict[str, object]:
    return {"contextualGroundingPolicyConfig": {"filtersConfig": list(entries), **members}}


REFUSED = {
    "a guardrail without any policy": (config(), "no filter"),
    "a lone surrogate in a word": (config(**words({"text": "x\ud800"})), "surrogate"),
    "a lone surrogate in place of a word": (config(**words("\ud800")), "surrogate"),
    "an empty word policy": (config(**HATE, wordPolicyConfig={}), "wordPolicyConfig"),
    "an empty sensitive information policy": (config(**HATE, sensitiveInformationPolicyConfig={}), "sensitiveInformationPolicyConfig"),
    "an empty list of topics": (config(topicPolicyConfig={"topicsConfig": []}), "topicsConfig"),
    "a prompt attack filter on output": (config(**content_policy(("PROMPT_ATTACK", "HIGH", "HIGH"))), "must be NONE"),
    "the talk's word for prompt attacks": (config(**content_policy(("PROMPT_INJECTION", "HIGH", "NONE"))), "PROMPT_INJECTION"),
    "a filter without output strength": (
        config(contentPolicyConfig={"filtersConfig": [{"type": "HATE", "inputStrength": "HIGH"}]}), "outputStrength"),
    "a category twice": (config(**content_policy(("HATE", "HIGH", "HIGH"), ("HATE", "LOW", "LOW"))), "twice"),
    "a word twice": (config(**words({"text": "alpha"}, {"text": "ALPHA"})), "twice"),
    "a PII type twice": (
        config(sensitiveInformationPolicyConfig={"piiEntitiesConfig": [{"type": "EMAIL", "action": "BLOCK"}] * 2}), "twice"),
    "a regex name twice": (config(**regexes(*[{"name": "t", "pattern": "a", "action": "BLOCK"}] * 2)), "twice"),
    "a topic twice": (config(topicPolicyConfig={"topicsConfig": [{"name": "t", "definition": "d", "type": "DENY"}] * 2}), "twice"),
    "a grounding filter twice": (config(**grounding(*[{"type": "GROUNDING", "threshold": 0.5}] * 2)), "twice"),
    "a grounding threshold of one": (config(**grounding({"type": "GROUNDING", "threshold": 1.0})), "at most 0.99"),
    "a negative grounding threshold": (config(**grounding({"type": "GROUNDING", "threshold": -0.1})), "threshold"),
    "a threshold that is no number": (config(**grounding({"type": "GROUNDING", "threshold": float("nan")})), "threshold"),
    "an image modality": (config(**content_policy(("HATE", "HIGH", "HIGH"), inputModalities=["TEXT", "IMAGE"])), "images"),
    "the standard tier": (
        config(contentPolicyConfig={**HATE["contentPolicyConfig"], "tierConfig": {"tierName": "STANDARD"}}), "STANDARD"),
    "a cross-region profile": (config(**HATE, crossRegionConfig={"guardrailProfileIdentifier": "us.guardrail.v1:0"}), "crossRegionConfig"),
    "automated reasoning": (config(**HATE, automatedReasoningPolicyConfig={"policies": ["arn"]}), "automatedReasoningPolicyConfig"),
    "a key of the customer's": (config(**HATE, kmsKeyId="alias/mine"), "kmsKeyId"),
    "an unknown member": (config(**HATE, contentPolicy={}), "contentPolicy"),
    "an unknown member inside": (config(**words({"text": "a", "outputText": "b"})), "outputText"),
    "a word of white space": (config(**words({"text": " \t "})), "white space"),
    "a word that is too long": (config(**words({"text": "a" * 101})), "length <= 100"),
    "ten thousand and one words": (config(**words(*({"text": f"w{i}"} for i in range(10_001)))), "10000"),
    "thirty-one regexes": (config(**regexes(*({"name": f"r{i}", "pattern": "a", "action": "BLOCK"} for i in range(31)))), "30"),
    "a pattern that is too long": (config(**regexes({"name": "r", "pattern": "a" * 501, "action": "BLOCK"})), "500"),
    "a name with a space": ({**config(**HATE), "name": "two words"}, "name"),
    "a name that ends in a newline": ({**config(**HATE), "name": "name\n"}, "name"),
    "a name of 51 characters": ({**config(**HATE), "name": "n" * 51}, "name"),
    "no name": ({k: v for k, v in config(**HATE).items() if k != "name"}, "name"),
    "no message for blocked prompts": (
        {k: v for k, v in config(**HATE).items() if k != "blockedInputMessaging"}, "blockedInputMessaging"),
    "a message of 501 characters": ({**config(**HATE), "blockedInputMessaging": "m" * 501}, "blockedInputMessaging"),
    "every filter of strength NONE": (config(**content_policy(("HATE", "NONE", "NONE"))), "nothing"),
    "every filter switched off": (
        config(sensitiveInformationPolicyConfig={"piiEntitiesConfig": [
            {"type": "EMAIL", "action": "BLOCK", "inputEnabled": False, "outputEnabled": False}]}), "nothing"),
    "one side NONE, the other switched off": (config(**content_policy(("HATE", "NONE", "HIGH"), outputEnabled=False)), "nothing"),
    "a grounding filter that is switched off": (
        config(**grounding({"type": "GROUNDING", "threshold": 0.5, "enabled": False})), "nothing"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=REFUSED.keys())
def test_refused(case: str) -> None:
    given, word = REFUSED[case]
    with pytest.raises(PolicyRefused) as refused:
        parse_config(given)
    assert word in str(refused.value)


ACCEPTED = {
    "one category": config(**HATE),
    "prompt attacks on input": config(**content_policy(("PROMPT_ATTACK", "LOW", "NONE"))),
    "a filter for one direction": config(**content_policy(("HATE", "HIGH", "HIGH"), outputEnabled=False)),
    "a filter that only reports": config(**content_policy(("HATE", "HIGH", "HIGH"), inputAction="NONE", outputAction="NONE")),
    "the classic tier": config(contentPolicyConfig={**HATE["contentPolicyConfig"], "tierConfig": {"tierName": "CLASSIC"}}),
    "text modality by name": config(**content_policy(("HATE", "HIGH", "HIGH"), inputModalities=["TEXT"])),
    "the highest threshold": config(**grounding({"type": "RELEVANCE", "threshold": 0.99})),
    "a threshold written as an integer": config(**grounding({"type": "RELEVANCE", "threshold": 0})),
    "absent members as None": config(**HATE, description=None, wordPolicyConfig=None, kmsKeyId=None),
    "the words' two lists": config(
        wordPolicyConfig={"wordsConfig": [{"text": "alpha"}], "managedWordListsConfig": [{"type": "PROFANITY"}]}
    ),
}


@pytest.mark.parametrize("case", ACCEPTED, ids=ACCEPTED.keys())
def test_accepted_and_compiled(case: str) -> None:
    guardrail = compile_guardrail(parse_config(ACCEPTED[case]), SCORERS)
    assert guardrail.rules
    assert len(guardrail.digest) == 64


COMPILE_REFUSED = {
    "look-ahead": "(?=secret)x",
    "look-behind": "(?<=a)b",
    "a back-reference": r"(a)\1",
    "an unbalanced group": "(a",
    "a pattern that matches nothing in particular": "a*",
}


@pytest.mark.parametrize("case", COMPILE_REFUSED, ids=COMPILE_REFUSED.keys())
def test_a_pattern_that_cannot_be_served_is_refused_when_compiled(case: str) -> None:
    parsed = parse_config(config(**regexes({"name": "r", "pattern": COMPILE_REFUSED[case], "action": "BLOCK"})))
    with pytest.raises(InvalidRequest):
        compile_guardrail(parsed, SCORERS)


@pytest.mark.parametrize("word", ["—", "\u200b", "\u0301", "..."], ids=ascii)
def test_a_word_that_no_text_can_hold_is_refused_when_compiled(word: str) -> None:
    with pytest.raises(InvalidRequest):
        compile_guardrail(parse_config(config(**words({"text": word}))), SCORERS)


@pytest.mark.parametrize(
    "policy",
    [
        HATE,
        {"topicPolicyConfig": {"topicsConfig": [{"name": "t", "definition": "d", "type": "DENY"}]}},
        grounding({"type": "GROUNDING", "threshold": 0.5}),
    ],
    ids=["content", "topics", "grounding"],
)
def test_a_policy_that_needs_an_absent_model_is_refused(policy: dict[str, object]) -> None:
    with pytest.raises(PolicyRefused, match="not installed"):
        compile_guardrail(parse_config(config(**policy)), Scorers())


def test_the_digest_is_over_what_decides() -> None:
    one = compile_guardrail(parse_config(config(**PII)), SCORERS)
    same = compile_guardrail(parse_config(config(**PII)), SCORERS)
    other = compile_guardrail(parse_config(config(**PII, **HATE)), SCORERS)
    assert one.digest == same.digest
    assert one.digest != other.digest


def test_rules_have_ids_by_policy_and_name() -> None:
    given = config(
        **content_policy(("HATE", "HIGH", "NONE"), ("PROMPT_ATTACK", "LOW", "NONE")),
        topicPolicyConfig={"topicsConfig": [{"name": "Tax advice", "definition": "d", "type": "DENY"}]},
        wordPolicyConfig={"wordsConfig": [{"text": "alpha"}], "managedWordListsConfig": [{"type": "PROFANITY"}]},
        sensitiveInformationPolicyConfig={
            "piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}],
            "regexesConfig": [{"name": "ticket", "pattern": "T-[0-9]+", "action": "BLOCK"}],
        },
        **grounding({"type": "GROUNDING", "threshold": 0.5}),
    )
    guardrail = compile_guardrail(parse_config(given), SCORERS)
    assert guardrail.plans["INPUT"].rule_ids == (
        "content/HATE",
        "content/PROMPT_ATTACK",
        "topic/Tax advice",
        "word/custom",
        "managed-words/PROFANITY",
        "pii/EMAIL",
        "regex/ticket",
    )
    assert guardrail.plans["OUTPUT"].rule_ids == (
        "topic/Tax advice",
        "word/custom",
        "managed-words/PROFANITY",
        "pii/EMAIL",
        "regex/ticket",
        "grounding/GROUNDING",
    )


def test_the_types_of_personal_data_are_those_of_the_detectors_and_of_the_service_model() -> None:
    assert set(get_args(PiiType)) == set(AWS_PII_TYPES) == set(load_service("bedrock").shapes["GuardrailPiiEntityType"].enum)
