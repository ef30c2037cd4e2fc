"""A learned finder of names beside the rules: its spans are hits of the rules that the policy has, and its failures block."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import pytest

from ringwall.guardrails import Block, Evaluation, Scorers, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.assessment import outputs
from ringwall.guardrails.naming import CHARACTERS_MAX
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import config


class Said(msgspec.Struct, frozen=True):
    type: str
    start: int
    end: int
    confidence: float = 0.9


class CapitalFinder:
    """Every `Zorbla` is a name, whatever the case; every `Quux 7` an address."""

    model_id = "capital/1"
    types = ("NAME", "ADDRESS", "AGE", "USERNAME", "PASSWORD")

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def find(self, texts: Sequence[str]) -> list[list[Said]]:
        self.asked.append(list(texts))
        return [
            [Said("NAME", match.start(), match.end()) for match in re.finditer("zorbla", text, re.IGNORECASE)]
            + [Said("ADDRESS", match.start(), match.end()) for match in re.finditer("Quux 7", text)]
            for text in texts
        ]


class Broken:
    """Raises, or answers with what it is given."""

    model_id = "broken/1"
    types = CapitalFinder.types

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def find(self, texts: Sequence[str]) -> list[list[Said]]:
        if isinstance(self.answer, Exception):
            raise self.answer
        assert isinstance(self.answer, list)
        return self.answer


def pii(*entities: tuple[str, str]) -> dict[str, object]:
    return config(sensitiveInformationPolicyConfig={"piiEntitiesConfig": [{"type": kind, "action": action} for kind, action in entities]})


def run(given: dict[str, object], *texts: str, scorers: Scorers) -> Evaluation:
    return evaluate(compile_guardrail(parse_config(given), scorers), "INPUT", [Block(text) for text in texts], Limits())


NAMES = pii(("NAME", "ANONYMIZE"))


def test_what_it_finds_is_masked_under_the_policys_rule() -> None:
    evaluation = run(NAMES, "ask zorbla today", scorers=Scorers(names=CapitalFinder()))
    assert outputs(evaluation) == ["ask {NAME} today"]
    (verdict,) = evaluation.verdicts
    (hit,) = verdict.hits
    assert (verdict.rule_id, hit.finding.rule_id, hit.finding.match, hit.finding.confidence) == ("pii/NAME", "capital/1", "zorbla", 0.9)
    assert evaluation.coverage.models == ("capital/1",)
    assert evaluation.coverage.unchecked == ()


def test_what_rules_find_stays_found() -> None:
    evaluation = run(NAMES, "my name is John Smith, zorbla", scorers=Scorers(names=CapitalFinder()))
    assert outputs(evaluation) == ["my name is {NAME}, {NAME}"]
    assert {hit.finding.rule_id for hit in evaluation.verdicts[0].hits} == {"pii/NAME", "capital/1"}


def test_types_that_the_policy_does_not_have_are_no_hits() -> None:
    assert outputs(run(NAMES, "Quux 7 and zorbla", scorers=Scorers(names=CapitalFinder()))) == ["Quux 7 and {NAME}"]


def test_it_is_not_asked_where_no_rule_needs_it() -> None:
    finder = CapitalFinder()
    evaluation = run(pii(("EMAIL", "BLOCK")), "zorbla", scorers=Scorers(names=finder))
    assert finder.asked == []
    assert evaluation.coverage.models == ()


def test_a_block_is_asked_once_with_its_fold_and_spans_are_of_the_raw_text() -> None:
    finder = CapitalFinder()
    evaluation = run(NAMES, "hi", "see z\u043erbla now", scorers=Scorers(names=finder))  # a Cyrillic o
    assert finder.asked == [["hi", "see z\u043erbla now", "see zorbla now"]]
    assert outputs(evaluation) == ["hi", "see {NAME} now"]
    (hit,) = evaluation.verdicts[0].hits
    assert (hit.block, hit.finding.span.start, hit.finding.span.end, hit.finding.chain) == (1, 4, 10, ("fold",))
    assert (hit.finding.match, hit.finding.decoded) == ("z\u043erbla", "zorbla")


def test_blocking_types_block() -> None:
    evaluation = run(pii(("NAME", "BLOCK")), "zorbla", scorers=Scorers(names=CapitalFinder()))
    assert evaluation.outcome.action == "BLOCK"


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("zorbla"),
        [],
        [[Said("NAME", 3, 99)]],
        [[Said("NAME", 2, 2)]],
        [[Said("NAME", -1, 2)]],
        [[Said("NAME", 0, 2, float("nan"))]],
    ],
    ids=["it raises", "no answer", "a span behind the text", "an empty span", "a span before the text", "no confidence"],
)
def test_a_finder_that_fails_blocks_and_tells_no_text(answer: object) -> None:
    evaluation = run(NAMES, "zorbla", scorers=Scorers(names=Broken(answer)))
    assert evaluation.outcome.action == "BLOCK"
    assert evaluation.outcome.failed == ("pii/NAME",)
    assert "zorbla" not in evaluation.verdicts[0].failed


def test_more_than_it_reads_blocks() -> None:
    evaluation = run(NAMES, "a " * (CHARACTERS_MAX // 2 + 1), scorers=Scorers(names=CapitalFinder()))
    assert evaluation.verdicts[0].failed == "TooMuchToRead"
    assert evaluation.outcome.action == "BLOCK"


def test_without_it_rules_look_alone_and_the_receipt_says_so() -> None:
    evaluation = run(pii(("NAME", "ANONYMIZE"), ("AGE", "NONE"), ("EMAIL", "BLOCK")), "zorbla", scorers=Scorers())
    assert evaluation.outcome.action == "NONE"
    (said,) = evaluation.coverage.unchecked
    assert said.startswith("NAME, AGE are looked for by rules only")


def test_the_digest_says_which_finder_judges() -> None:
    with_it, without = (compile_guardrail(parse_config(NAMES), scorers) for scorers in (Scorers(names=CapitalFinder()), Scorers()))
    assert with_it.digest != without.digest
    plain = [compile_guardrail(parse_config(pii(("EMAIL", "BLOCK"))), scorers) for scorers in (Scorers(names=CapitalFinder()), Scorers())]
    assert plain[0].digest == plain[1].digest
    assert with_it.plans["INPUT"].weight(10) > without.plans["INPUT"].weight(10) == 10


def test_what_a_rule_found_already_is_not_said_again() -> None:
    evaluation = run(NAMES, "my name is Zorbla Smith", scorers=Scorers(names=CapitalFinder()))
    (hit,) = evaluation.verdicts[0].hits
    assert (hit.finding.rule_id, hit.finding.match) == ("pii/NAME", "Zorbla Smith")
