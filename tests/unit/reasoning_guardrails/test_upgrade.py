"""An upgrade is proved, or shown a text that it lets through, judged by both versions."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest

from ringwall.api.native.demo import demo_guardrail
from ringwall.bootstrap.house import load_scorers
from ringwall.guardrails import Block, Guardrail, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.policy import PiiType
from ringwall.reasoning.guardrails import UpgradeReport, examples, prove_upgrade, to_json, to_markdown
from ringwall.reasoning.guardrails.replay import ORDER
from ringwall.vocabulary import Limits

SCORERS = load_scorers()
Edit = Callable[[dict[str, Any]], Any]


def compiled(document: dict[str, Any]) -> Guardrail:
    return compile_guardrail(parse_config(document), SCORERS)


OLD = compiled(demo_guardrail())


def upgraded(edit: Edit) -> UpgradeReport:
    document = copy.deepcopy(demo_guardrail())
    edit(document)
    return prove_upgrade(OLD, compiled(document))


def simple(**policies: Any) -> Guardrail:
    """A guardrail of these policies alone."""
    return compiled({"name": "g", "blockedInputMessaging": "no", "blockedOutputsMessaging": "no", **policies})


def words(*listed: Any) -> Guardrail:
    return simple(wordPolicyConfig={"wordsConfig": [word if isinstance(word, dict) else {"text": word} for word in listed]})


def regexes(*listed: tuple[str, str]) -> Guardrail:
    entries = [{"name": f"r{index}", "pattern": pattern, "action": action} for index, (pattern, action) in enumerate(listed)]
    return simple(sensitiveInformationPolicyConfig={"regexesConfig": entries})


def pii(*listed: tuple[str, str]) -> Guardrail:
    return simple(sensitiveInformationPolicyConfig={"piiEntitiesConfig": [{"type": name, "action": action} for name, action in listed]})


def test_a_version_stops_all_that_it_stops_itself() -> None:
    report = prove_upgrade(OLD, OLD)
    assert report.outcome == "proved"
    assert {claim.rule for claim in report.claims} >= {
        "word/custom",
        "pii/EMAIL",
        "regex/ticket",
        "content/HATE",
        "topic/Investment advice",
    }
    assert "**PROVED**" in to_markdown(report)


SENSITIVE = "sensitiveInformationPolicyConfig"
LOST: dict[str, tuple[Edit, str]] = {
    "a PII type is removed": (lambda d: d[SENSITIVE]["piiEntitiesConfig"].pop(0), "pii/EMAIL"),
    "a PII type is masked no longer": (lambda d: d[SENSITIVE]["piiEntitiesConfig"][0].update(action="NONE"), "pii/EMAIL"),
    "a PII type is masked and not blocked": (
        lambda d: d[SENSITIVE]["piiEntitiesConfig"][5].update(action="ANONYMIZE"),
        "pii/CREDIT_DEBIT_CARD_NUMBER",
    ),
    "a PII type is off in answers": (lambda d: d[SENSITIVE]["piiEntitiesConfig"][1].update(outputEnabled=False), "pii/PHONE"),
    "a pattern is removed": (lambda d: d[SENSITIVE].pop("regexesConfig"), "regex/ticket"),
    "a pattern is narrowed": (lambda d: d[SENSITIVE]["regexesConfig"][0].update(pattern=r"\bTCK-[1-9]{6}\b"), "regex/ticket"),
    "a pattern only reports": (lambda d: d[SENSITIVE]["regexesConfig"][0].update(inputAction="NONE"), "regex/ticket"),
    "the words are gone": (lambda d: d["wordPolicyConfig"].pop("wordsConfig"), "word/custom"),
    "a word is longer": (lambda d: d["wordPolicyConfig"]["wordsConfig"][0].update(text="project nightjar two"), "word/custom"),
    "a word only reports": (lambda d: d["wordPolicyConfig"]["wordsConfig"][0].update(inputAction="NONE"), "word/custom"),
    "the managed list is gone": (lambda d: d["wordPolicyConfig"].pop("managedWordListsConfig"), "managed-words/PROFANITY"),
    "prompt attacks are not looked for": (lambda d: d["contentPolicyConfig"]["filtersConfig"].pop(), "content/PROMPT_ATTACK"),
}


@pytest.mark.parametrize(("edit", "rule"), LOST.values(), ids=LOST.keys())
def test_what_is_lost_is_shown_by_a_text(edit: Edit, rule: str) -> None:
    document = copy.deepcopy(demo_guardrail())
    edit(document)
    new = compiled(document)
    report = prove_upgrade(OLD, new)
    assert report.outcome == "refuted"
    refuted = [claim for claim in report.claims if claim.outcome != "proved"]
    assert {claim.rule for claim in refuted} == {rule}
    for claim in refuted:
        assert claim.witness is not None
        old_action = evaluate(OLD, claim.source, [Block(claim.witness.text)], Limits()).outcome.action
        new_action = evaluate(new, claim.source, [Block(claim.witness.text)], Limits()).outcome.action
        assert (old_action, new_action) == (claim.witness.old, claim.witness.new)
        assert ORDER[new_action] < ORDER[old_action]


WEAKER: dict[str, tuple[Edit, str]] = {
    "a strength falls": (lambda d: d["contentPolicyConfig"]["filtersConfig"][0].update(inputStrength="LOW"), "content/HATE"),
    "a strength is none": (lambda d: d["contentPolicyConfig"]["filtersConfig"][1].update(outputStrength="NONE"), "content/INSULTS"),
    "a filter only reports": (lambda d: d["contentPolicyConfig"]["filtersConfig"][2].update(inputAction="NONE"), "content/SEXUAL"),
    "a topic is gone": (lambda d: d.pop("topicPolicyConfig"), "topic/Investment advice"),
    "a topic only reports": (lambda d: d["topicPolicyConfig"]["topicsConfig"][0].update(outputAction="NONE"), "topic/Investment advice"),
}


@pytest.mark.parametrize(("edit", "rule"), WEAKER.values(), ids=WEAKER.keys())
def test_a_learned_filter_that_is_set_weaker_is_refuted_by_its_settings(edit: Edit, rule: str) -> None:
    report = upgraded(edit)
    assert report.outcome == "refuted"
    assert {claim.rule for claim in report.claims if claim.outcome != "proved"} == {rule}


def test_a_topic_in_other_words_is_unknown() -> None:
    report = upgraded(lambda d: d["topicPolicyConfig"]["topicsConfig"][0].update(definition="Telling people what to buy."))
    assert report.outcome == "unknown"
    assert "UNKNOWN (not a proof)" in to_markdown(report)


def test_a_grounding_threshold_may_rise_and_not_fall() -> None:
    def threshold(value: float) -> Guardrail:
        return simple(contextualGroundingPolicyConfig={"filtersConfig": [{"type": "GROUNDING", "threshold": value}]})

    assert prove_upgrade(threshold(0.5), threshold(0.7)).outcome == "proved"
    assert prove_upgrade(threshold(0.5), threshold(0.4)).outcome == "refuted"


STRONGER: dict[str, Edit] = {
    "a strength rises": lambda d: d["contentPolicyConfig"]["filtersConfig"][0].update(inputStrength="HIGH"),
    "what was masked is blocked": lambda d: d[SENSITIVE]["piiEntitiesConfig"][0].update(action="BLOCK"),
    "a type is added": lambda d: d[SENSITIVE]["piiEntitiesConfig"].append({"type": "URL", "action": "BLOCK"}),
    "a word is added": lambda d: d["wordPolicyConfig"]["wordsConfig"].append({"text": "owlet"}),
    "a word is shorter": lambda d: d["wordPolicyConfig"]["wordsConfig"][0].update(text="Nightjar"),
    "a pattern is wider and blocks": lambda d: d[SENSITIVE]["regexesConfig"][0].update(pattern=r"TCK-[0-9]{5}", action="BLOCK"),
}


@pytest.mark.parametrize("edit", STRONGER.values(), ids=STRONGER.keys())
def test_what_is_stronger_is_proved(edit: Edit) -> None:
    assert upgraded(edit).outcome == "proved"


PAIRS = {
    "case does not matter": (words("Nightjar"), words("NIGHTJAR"), "proved"),
    "a short word is no part of a long one": (words("jar"), words("nightjar"), "refuted"),
    "a short word does not cover a longer short one": (words("jarred"), words("jar"), "refuted"),
    "a long word covers the phrase it stands in": (words("the nightjar flies"), words("nightjar"), "proved"),
    "separators do not matter in long words": (words("night jar flies"), words("nightjarflies"), "proved"),
    "a reporting word covers nothing": (words("nightjar flies"), words({"text": "nightjar", "inputAction": "NONE"}), "refuted"),
    "a reporting word is no loss": (words({"text": "owlet", "inputAction": "NONE", "outputAction": "NONE"}, "x"), words("x"), "proved"),
    "a wider pattern that masks something else": (regexes(("ab", "ANONYMIZE")), regexes(("a", "ANONYMIZE")), "unknown"),
    "a wider pattern that blocks": (regexes(("ab", "ANONYMIZE")), regexes(("a", "BLOCK")), "proved"),
    "a wider pattern that only masks": (regexes(("ab", "BLOCK")), regexes(("a", "ANONYMIZE")), "refuted"),
    "two patterns for one": (regexes(("a|b", "BLOCK")), regexes(("a", "BLOCK"), ("b", "BLOCK")), "proved"),
    "a pattern that is not compared": (regexes((r"\pL1", "BLOCK")), regexes((r"\pL", "BLOCK")), "unknown"),
    "a type for another": (pii(("EMAIL", "BLOCK")), pii(("PHONE", "BLOCK")), "refuted"),
    "words for patterns": (regexes(("nightjar", "BLOCK")), words("nightjar"), "unknown"),
}


@pytest.mark.parametrize(("old", "new", "outcome"), PAIRS.values(), ids=PAIRS.keys())
def test_pairs_of_small_guardrails(old: Guardrail, new: Guardrail, outcome: str) -> None:
    assert prove_upgrade(old, new).outcome == outcome


def test_boundaries_in_decoded_readings_are_a_premise_and_not_hidden() -> None:
    report = prove_upgrade(regexes((r"\bTCK-[0-9]{6}\b", "BLOCK")), regexes((r"\bTCK-[0-9]+\b", "BLOCK")))
    assert report.outcome == "proved"
    assert all(any("decoders make" in premise for premise in claim.premises) for claim in report.claims)
    bare = prove_upgrade(regexes((r"\bTCK-[0-9]{6}\b", "BLOCK")), regexes(("TCK-[0-9]+", "BLOCK")))
    assert not any(claim.premises for claim in bare.claims)


def test_there_is_an_example_of_every_type_and_it_is_found() -> None:
    assert set(examples.PII) == set(get_args(PiiType))
    for name, text in examples.PII.items():
        for source in ("INPUT", "OUTPUT"):
            assert evaluate(pii((name, "BLOCK")), source, [Block(text)], Limits()).outcome.action == "BLOCK", name  # type: ignore[arg-type]


def test_both_renderings_hold_the_outcome_and_a_hostile_name_ends_no_line() -> None:
    report = prove_upgrade(regexes(("a\nb", "BLOCK")), pii(("EMAIL", "BLOCK")), old_name="x\n# y")
    assert msgspec.json.decode(to_json(report))["outcome"] == "refuted"
    assert "\n# y" not in to_markdown(report)
