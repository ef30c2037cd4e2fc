"""ApplyGuardrail's answer: scope, outputs, usage, reasons; and the audit record without a word of text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import get_args

import msgspec
import pytest

from ringwall.guardrails import Applied, Block, Scorers, compile_guardrail, evaluate, parse_config, record, render
from ringwall.guardrails.assessment import SPANS_KEPT
from ringwall.guardrails.policy import PiiType
from ringwall.guardrails.ports import WindowScore
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import CATEGORIES, SCORERS, SpokenScorer, Unreliable, config, content_policy

APPLIED = Applied(guardrail_id="abc123def456", version="DRAFT", arn="arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123def456")
EVERYTHING = config(
    **content_policy(("HATE", "MEDIUM", "MEDIUM"), ("VIOLENCE", "LOW", "LOW")),
    topicPolicyConfig={"topicsConfig": [{"name": "Taxes", "definition": "d", "type": "DENY"}]},
    wordPolicyConfig={"wordsConfig": [{"text": "nightingale"}], "managedWordListsConfig": [{"type": "PROFANITY"}]},
    sensitiveInformationPolicyConfig={
        "piiEntitiesConfig": [
            {"type": "EMAIL", "action": "ANONYMIZE"},
            {"type": "US_SOCIAL_SECURITY_NUMBER", "action": "BLOCK"},
            {"type": "IP_ADDRESS", "action": "NONE"},
        ],
        "regexesConfig": [{"name": "ticket", "pattern": "TCK-[0-9]{4}", "action": "ANONYMIZE"}],
    },
)


def answer(
    text: str | list[Block], scope: str = "INTERVENTIONS", source: str = "INPUT", given: dict = EVERYTHING, scorers: Scorers = SCORERS
) -> dict:
    blocks = [Block(text)] if isinstance(text, str) else text
    evaluation = evaluate(compile_guardrail(parse_config(given), scorers), source, blocks, Limits())
    return render(evaluation, APPLIED, scope=scope, latency_ms=7)


def test_clean_content_has_no_outputs_and_still_an_assessment() -> None:
    given = answer("good morning")
    assert (given["action"], given["actionReason"], given["outputs"]) == ("NONE", "No action.", [])
    (assessment,) = given["assessments"]
    assert assessment.keys() == {"invocationMetrics", "appliedGuardrailDetails"}
    assert assessment["invocationMetrics"]["guardrailProcessingLatency"] == 7
    assert assessment["appliedGuardrailDetails"] == {
        "guardrailId": "abc123def456",
        "guardrailVersion": "DRAFT",
        "guardrailArn": APPLIED.arn,
        "guardrailOrigin": ["REQUEST"],
        "guardrailOwnership": "SELF",
    }


def test_masked_content_comes_back_block_by_block() -> None:
    given = answer([Block("Ticket TCK-1234 here."), Block("nothing"), Block("mail bob@example.com, bob@example.com!")])
    assert (given["action"], given["actionReason"]) == ("GUARDRAIL_INTERVENED", "Guardrail masked.")
    assert given["outputs"] == [{"text": "Ticket {ticket} here."}, {"text": "nothing"}, {"text": "mail {EMAIL}, {EMAIL}!"}]
    sensitive = given["assessments"][0]["sensitiveInformationPolicy"]
    assert sensitive["piiEntities"] == [{"match": "bob@example.com", "type": "EMAIL", "action": "ANONYMIZED", "detected": True}]
    assert sensitive["regexes"] == [
        {"match": "TCK-1234", "name": "ticket", "regex": "TCK-[0-9]{4}", "action": "ANONYMIZED", "detected": True}
    ]


def test_blocked_content_is_replaced_by_the_message_once_and_nothing_is_masked() -> None:
    text = "SSN 219-09-9999 of bob@example.com"
    given = answer([Block(text), Block("more")])
    assert given["actionReason"] == "Guardrail blocked."
    assert given["outputs"] == [{"text": "No such prompt."}]
    assert answer(text, source="OUTPUT")["outputs"] == [{"text": "No such answer."}]
    actions = {entry["type"]: entry["action"] for entry in given["assessments"][0]["sensitiveInformationPolicy"]["piiEntities"]}
    assert actions == {"US_SOCIAL_SECURITY_NUMBER": "BLOCKED", "EMAIL": "ANONYMIZED"}


def test_a_detection_that_only_reports_is_listed_and_changes_nothing() -> None:
    given = answer("host 192.168.1.24")
    assert (given["action"], given["outputs"]) == ("NONE", [])
    assert given["assessments"][0]["sensitiveInformationPolicy"]["piiEntities"] == [
        {"match": "192.168.1.24", "type": "IP_ADDRESS", "action": "NONE", "detected": True}
    ]


def test_words_topics_and_categories_are_listed_where_they_were_detected() -> None:
    assessment = answer("nightingale and taxes, hate at 70, violence at 70")["assessments"][0]
    assert assessment["wordPolicy"] == {
        "customWords": [{"match": "nightingale", "action": "BLOCKED", "detected": True}],
        "managedWordLists": [],
    }
    assert assessment["topicPolicy"] == {"topics": [{"name": "Taxes", "type": "DENY", "action": "BLOCKED", "detected": True}]}
    assert assessment["contentPolicy"] == {
        "filters": [{"type": "HATE", "confidence": "MEDIUM", "filterStrength": "MEDIUM", "action": "BLOCKED", "detected": True}]
    }


def test_the_full_scope_lists_filters_topics_and_pii_types_that_detected_nothing() -> None:
    assessment = answer("violence at 70", scope="FULL")["assessments"][0]
    assert assessment["contentPolicy"]["filters"] == [
        {"type": "HATE", "confidence": "NONE", "filterStrength": "MEDIUM", "action": "NONE", "detected": False},
        {"type": "VIOLENCE", "confidence": "MEDIUM", "filterStrength": "LOW", "action": "NONE", "detected": False},
    ]
    assert assessment["topicPolicy"]["topics"] == [{"name": "Taxes", "type": "DENY", "action": "NONE", "detected": False}]
    assert [(entry["type"], entry["detected"]) for entry in assessment["sensitiveInformationPolicy"]["piiEntities"]] == [
        ("EMAIL", False),
        ("US_SOCIAL_SECURITY_NUMBER", False),
        ("IP_ADDRESS", False),
    ]
    assert assessment["sensitiveInformationPolicy"]["regexes"] == []
    assert "wordPolicy" not in assessment


@pytest.mark.parametrize(("length", "units"), [(1, 1), (1000, 1), (1001, 2), (2001, 3)])
def test_each_started_thousand_characters_is_a_unit_of_every_policy_that_ran(length: int, units: int) -> None:
    given = answer(" " * length)
    assert given["usage"] == {
        "topicPolicyUnits": units,
        "contentPolicyUnits": units,
        "wordPolicyUnits": units,
        "sensitiveInformationPolicyUnits": units,
        "sensitiveInformationPolicyFreeUnits": units,
        "contextualGroundingPolicyUnits": 0,
        "contentPolicyImageUnits": 0,
    }
    assert given["guardrailCoverage"] == {"textCharacters": {"guarded": length, "total": length}}


def test_what_did_not_run_has_no_units() -> None:
    only_words = config(wordPolicyConfig={"wordsConfig": [{"text": "nightingale"}]})
    usage = answer("hello", given=only_words)["usage"]
    assert {name for name, units in usage.items() if units} == {"wordPolicyUnits"}


def test_grounding_scores_are_listed_and_counted() -> None:
    given = config(contextualGroundingPolicyConfig={"filtersConfig": [{"type": "GROUNDING", "threshold": 0.5}]})
    blocks = [Block("a b c", frozenset({"grounding_source"})), Block("a", frozenset({"query"})), Block("x y a z")]
    shown = answer(blocks, source="OUTPUT", given=given)
    assert shown["assessments"][0]["contextualGroundingPolicy"]["filters"] == [
        {"type": "GROUNDING", "threshold": 0.5, "score": 0.25, "action": "BLOCKED", "detected": True}
    ]
    assert shown["usage"]["contextualGroundingPolicyUnits"] == 1
    assert shown["guardrailCoverage"]["textCharacters"] == {"guarded": 7, "total": 13}


def test_a_failed_check_is_listed_as_blocked_and_said_in_the_reason() -> None:
    given = answer("hello", given=config(**content_policy(("HATE", "LOW", "LOW"))), scorers=Scorers(content=Unreliable(error=OSError())))
    assert given["action"] == "GUARDRAIL_INTERVENED"
    assert given["actionReason"].startswith("Guardrail blocked. A check could not be completed (OSError)")
    (filter_,) = given["assessments"][0]["contentPolicy"]["filters"]
    assert (filter_["action"], filter_["detected"]) == ("BLOCKED", True)


def test_nothing_checked_is_said_in_the_reason() -> None:
    given = answer("hello", given=config(**content_policy(("HATE", "NONE", "LOW"))))
    assert given["actionReason"] == "No action. Nothing was checked: no filter is enabled for INPUT."
    assert given["guardrailCoverage"] == {"textCharacters": {"guarded": 0, "total": 5}}


def test_the_record_holds_spans_and_digests_and_no_text() -> None:
    guardrail = compile_guardrail(parse_config(EVERYTHING), SCORERS)
    text = "canary nightingale bob@example.com SSN 219-09-9999 TCK-1234"
    evaluation = evaluate(guardrail, "INPUT", [Block(text)], Limits())
    kept = record(evaluation, APPLIED, lambda data: f"keyed:{len(data)}")
    flat = json.dumps(kept)
    assert not [word for word in ("canary", "nightingale", "bob", "219-09", "-1234", "TCK") if word in flat]
    assert kept["contentDigests"] == [f"keyed:{len(text)}"]
    assert kept["outcome"]["action"] == "BLOCK"
    by_rule = {verdict["ruleId"]: verdict for verdict in kept["verdicts"]}
    start = text.index("bob")
    assert by_rule["pii/EMAIL"]["spans"] == [[0, start, start + len("bob@example.com")]]
    assert by_rule["word/custom"]["findingRules"] == ["word/0"]
    assert kept["coverage"]["charactersGuarded"] == len(text)


def test_a_record_keeps_so_many_spans_of_all_rules_together_and_counts_the_rest() -> None:
    text = "bob@example.com 10.2.3.4 TCK-1234 " * SPANS_KEPT
    kept = record(evaluate(compile_guardrail(parse_config(EVERYTHING), SCORERS), "INPUT", [Block(text)], Limits()), APPLIED, lambda _: "")
    hits = [verdict for verdict in kept["verdicts"] if "hits" in verdict]
    assert [verdict["hits"] for verdict in hits] == [SPANS_KEPT] * 3
    assert [len(verdict["spans"]) for verdict in hits] == [SPANS_KEPT, 0, 0]


class Alarmed(SpokenScorer):
    """Sees everything everywhere, at length."""

    model_id = f"ringwall-{'m' * 40}/1@sha256:{'0' * 64}"
    threshold = 0.5

    def score_windows(self, windows: Sequence[str]) -> list[WindowScore]:
        kinds = {"JAILBREAK": 1 / 3, "PROMPT_INJECTION": 1 / 3, "PROMPT_LEAKAGE": 1 / 3}
        return [WindowScore(dict.fromkeys(CATEGORIES, 2 / 3 + 1 / 4), 1, kinds) for _ in windows]

    def score_topics(self, windows: Sequence[str], asked: Sequence[object]) -> list[list[float]]:
        return [[2 / 3] * len(windows) for _ in asked]


def test_the_largest_record_fits_a_ledger_leaf() -> None:
    given = config(
        **content_policy(*((name, "HIGH", "NONE") for name in CATEGORIES)),
        topicPolicyConfig={"topicsConfig": [{"name": f"{i:02d}" + "t" * 98, "definition": "d", "type": "DENY"} for i in range(30)]},
        wordPolicyConfig={
            "wordsConfig": [{"text": f"nightingale{i}"} for i in range(300)],
            "managedWordListsConfig": [{"type": "PROFANITY"}],
        },
        sensitiveInformationPolicyConfig={
            "piiEntitiesConfig": [{"type": kind, "action": "BLOCK"} for kind in get_args(PiiType)],
            "regexesConfig": [
                {"name": f"{i:02d}" + "\U0001f600" * 98, "pattern": f"n[a-z]+{i % 10}", "action": "BLOCK"} for i in range(30)
            ],
        },
    )
    blocks = [Block(f"nightingale{k} bob@example.com 10.2.3.4") for k in range(100)]
    broken = Scorers(content=Unreliable(error=RuntimeError()), topics=Unreliable(error=RuntimeError()))
    for scorers in (broken, Scorers(content=Alarmed(), topics=Alarmed())):
        guardrail = compile_guardrail(parse_config(given), scorers)
        kept = record(evaluate(guardrail, "INPUT", blocks, Limits()), APPLIED, lambda data: "hmac-sha256:1:" + "0" * 64)
        assert len(kept["verdicts"]) > 60
        size = len(msgspec.json.encode(kept))
        assert size < 48_000
