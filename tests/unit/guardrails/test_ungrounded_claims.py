"""Claims of an answer that do not follow: in verdicts, in the judgement and in the audit record, at their place in their block."""

from __future__ import annotations

import pytest

from ringwall.api.native.judgement import judgement
from ringwall.guardrails import Applied, Block, Evaluation, Scorers, compile_guardrail, evaluate, parse_config, record
from ringwall.guardrails.content import grounds_of
from ringwall.guardrails.ports import ClaimSpan
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import SharedWordsScorer, config

SOURCE = Block("The library opens at nine.", frozenset({"grounding_source"}))
QUERY = Block("opens when", frozenset({"query"}))
POLICY = config(
    contextualGroundingPolicyConfig={"filtersConfig": [{"type": "GROUNDING", "threshold": 0.8}, {"type": "RELEVANCE", "threshold": 0.1}]}
)


class LineScorer(SharedWordsScorer):
    """Each line of an answer is a claim, and its score the share of its words that the source or the query has."""

    def grounded(self, *, source: str, query: str, answer: str) -> tuple[float, list[ClaimSpan]]:
        claims, at = [], 0
        for line in answer.split("\n"):
            claims.append((at, at + len(line), self.grounding(source=f"{source} {query}", answer=line)))
            at += len(line) + 1
        return min(score for *_, score in claims), [claim for claim in claims if claim[2] < 0.5]


class Wrong(LineScorer):
    """Breaks its promise: a claim's score is no score."""

    def grounded(self, *, source: str, query: str, answer: str) -> tuple[float, list[ClaimSpan]]:
        return 0.1, [(0, 1, 7.0)]


def run(*answers: Block, scorer: SharedWordsScorer | None = None) -> Evaluation:
    guardrail = compile_guardrail(parse_config(POLICY), Scorers(grounding=scorer or LineScorer()))
    return evaluate(guardrail, "OUTPUT", [SOURCE, QUERY, *answers], Limits())


def spans(evaluation: Evaluation) -> list[str]:
    return [
        evaluation.blocks[passage.block].text[passage.span.start : passage.span.end]
        for verdict in evaluation.verdicts
        for passage in verdict.passages
    ]


def test_a_claim_that_does_not_follow_is_named_in_its_own_block() -> None:
    evaluation = run(Block("opens at nine\nelephants live there"), Block("the library opens"), Block("penguins too"))
    assert evaluation.outcome.blocking == ("grounding/GROUNDING",)
    assert spans(evaluation) == ["elephants live there", "penguins too"]


def test_guarded_blocks_alone_are_the_answer() -> None:
    evaluation = run(Block("elephants"), Block("penguins", frozenset({"guard_content"})))
    assert spans(evaluation) == ["penguins"]
    assert evaluation.verdicts[0].passages[0].block == 3


def test_an_answer_that_passes_names_no_claim() -> None:
    assert spans(run(Block("the library opens at nine"))) == []


def test_the_query_is_read_with_the_answer() -> None:
    assert run(Block("opens when")).outcome.action == "NONE"


def test_a_scorer_that_names_no_claims_still_judges() -> None:
    evaluation = run(Block("elephants live there"), scorer=SharedWordsScorer())
    assert "grounding/GROUNDING" in evaluation.outcome.blocking
    assert spans(evaluation) == []


def test_a_claim_whose_score_is_no_score_fails_the_rule_and_blocks() -> None:
    evaluation = run(Block("the library opens"), scorer=Wrong())
    assert evaluation.outcome.failed == ("grounding/GROUNDING",)
    assert evaluation.outcome.action == "BLOCK"


def test_the_judgement_shows_claims_and_the_record_keeps_places_without_text() -> None:
    evaluation = run(Block("opens at nine\nelephants live there"))
    shown = [finding for finding in judgement(evaluation).findings if finding.kind == "passage"]
    assert [(one.type, one.block, one.start, one.end, one.match) for one in shown] == [("GROUNDING", 2, 14, 34, "elephants live there")]
    assert shown[0].score == pytest.approx(0.0)
    kept = record(evaluation, Applied(guardrail_id="g", version="1", arn="arn"), lambda _: "digest")
    assert kept["verdicts"][0]["passages"] == [[2, 14, 34, 0.0]]
    assert "elephants" not in str(kept)


def test_the_blocks_of_an_answer_know_their_places() -> None:
    grounds = grounds_of([Block("ab"), SOURCE, Block("cde"), QUERY, Block("f")])
    assert grounds is not None
    assert (grounds.answer, grounds.places) == ("ab\ncde\nf", ((0, 0), (2, 3), (4, 7)))
    assert [grounds.place_of(at) for at in (0, 2, 3, 6, 7)] == [(0, 0), (0, 0), (2, 3), (2, 3), (4, 7)]
