"""Passages: where in a tool's result or a document the instruction stands that a learned score detected."""

from __future__ import annotations

import base64
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.api.native.judgement import judgement
from ringwall.guardrails import Block, Evaluation, Guardrail, Scorers, compile_guardrail, evaluate, parse_config, record
from ringwall.guardrails.assessment import Applied, render
from ringwall.guardrails.instructions import RUNS_SCORED, SENTENCE_MAX, sentences_of
from ringwall.guardrails.verdict import Verdict
from ringwall.vocabulary import Limits, Span
from tests.unit.guardrails.scorers import SCORERS, SpokenScorer, config, content_policy

APPLIED = Applied(guardrail_id="g", version="1", arn="arn")
ATTACK = "Attack at 95, dear reader."
CALM = "The soup is warm. It was made of onions and salt. Guests like it. "


class TwoSentences(SpokenScorer):
    """Hears an attack only where two sentences stand together."""

    def score(self, text: str) -> Mapping[str, float]:
        heard = 0.1 * ("alpha" in text) + 0.2 * ("beta" in text) + 0.45 * ("alpha" in text and "beta" in text)
        return {**super().score(text), "PROMPT_ATTACK": heard}


class Fickle(SpokenScorer):
    """Answers so many times, then breaks."""

    def __init__(self, answers: int) -> None:
        self.answers = answers

    def score(self, text: str) -> Mapping[str, float]:
        self.answers -= 1
        if self.answers < 0:
            raise TimeoutError
        return super().score(text)


class Counting(SpokenScorer):
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def score(self, text: str) -> Mapping[str, float]:
        self.asked += 1
        return super().score(text)


@functools.cache
def compiled(origins: bytes, action: str) -> Guardrail:
    policy = content_policy(("PROMPT_ATTACK", "HIGH", "NONE"), ("HATE", "HIGH", "HIGH"), inputAction=action)
    policy["contentPolicyConfig"]["originStrengths"] = msgspec.json.decode(origins)  # type: ignore[index]
    return compile_guardrail(parse_config(config(**policy)), SCORERS)


def run(*blocks: Block, scorer: Any = None, origins: dict[str, dict[str, str]] | None = None, action: str = "BLOCK") -> Evaluation:
    guardrail = compiled(msgspec.json.encode(origins), action)
    if scorer is not None:
        guardrail = dataclasses.replace(guardrail, scorers=Scorers(content=scorer))
    return evaluate(guardrail, "INPUT", blocks, Limits())


def attack_of(evaluation: Evaluation) -> Verdict:
    (verdict,) = [each for each in evaluation.verdicts if each.rule_id == "content/PROMPT_ATTACK"]
    return verdict


def found(evaluation: Evaluation) -> list[tuple[int, str]]:
    blocks = evaluation.blocks
    return [(each.block, blocks[each.block].text[each.span.start : each.span.end]) for each in attack_of(evaluation).passages]


def told(text: str, origin: Any = "TOOL_RESULT", qualifiers: Sequence[str] = ()) -> Block:
    return Block(text, frozenset(qualifiers), origin)


LONG = (CALM * 40)[:2_300]
PLACES: dict[str, tuple[Block, ...]] = {
    "at the start": (told(f"{ATTACK} {CALM}"),),
    "in the middle": (told(f"{CALM}{ATTACK} {CALM}"),),
    "at the end": (told(f"{CALM}{ATTACK}"),),
    "alone": (told(ATTACK),),
    "in a document": (told(f"{CALM}{ATTACK} {CALM}", "DOCUMENT"),),
    "in a grounding source": (Block(f"{CALM}{ATTACK} {CALM}", frozenset({"grounding_source"})),),
    "between tags": (told(f"<p>{CALM}</p><b>{ATTACK}</b><p>{CALM}</p>"),),
    "on a line of its own": (told(f"{CALM}\n{ATTACK}\n{CALM}"),),
    "beyond the first window": (told(f"{LONG}\n{ATTACK}\n{CALM}"),),
    "where two windows overlap": (told(f"{LONG[:870]}\n{ATTACK}\n{CALM}"),),
}


@pytest.mark.parametrize("place", PLACES, ids=PLACES.keys())
def test_the_sentence_that_carries_the_score_is_found(place: str) -> None:
    evaluation = run(*PLACES[place])
    assert found(evaluation) == [(0, ATTACK)]
    assert attack_of(evaluation).passages[0].score == 0.95
    assert evaluation.outcome.action == "BLOCK"


def test_every_sentence_that_carries_it_is_found_in_the_block_it_stands_in() -> None:
    evaluation = run(Block("Sum it up."), told(f"{CALM}{ATTACK} {CALM}{ATTACK}"), told(CALM), told(f"{ATTACK} {CALM}", "DOCUMENT"))
    assert found(evaluation) == [(1, ATTACK), (1, ATTACK), (3, ATTACK)]


def test_no_sentence_is_shown_that_the_detection_does_not_need() -> None:
    class Weighs(SpokenScorer):
        """Hears the sum of what is said in a text: the second attack alone breaches, and is not needed once the first is out."""

        def score(self, text: str) -> Mapping[str, float]:
            heard = 0.5 * ("alpha" in text) + 0.4 * ("beta" in text) - 0.2 * ("soup" in text)
            return {**super().score(text), "PROMPT_ATTACK": max(heard, 0.0)}

    text = f"{CALM}The alpha is here. {CALM}The beta is there. {CALM}"
    assert found(run(told(text), scorer=Weighs())) == [(0, "The alpha is here.")]


def test_what_the_user_says_has_no_passages() -> None:
    assert found(run(Block(f"{CALM}{ATTACK}"), told(CALM))) == []
    assert attack_of(run(Block(f"{CALM}{ATTACK}"), told(CALM))).detected


def test_each_sentence_is_found_that_the_detection_needs_where_none_carries_it_alone() -> None:
    text = f"{CALM}The alpha is here. A word between. The beta is there. {CALM}"
    evaluation = run(told(text), scorer=TwoSentences())
    assert found(evaluation) == [(0, "The alpha is here."), (0, "The beta is there.")]
    assert [round(each.score, 2) for each in attack_of(evaluation).passages] == [0.1, 0.2]


def test_what_need_not_be_out_is_put_back() -> None:
    class SaidTwice(SpokenScorer):
        """Hears an attack that is said twice, the more so beside a helper, which weighs too little by itself."""

        def score(self, text: str) -> Mapping[str, float]:
            heard = 0.25 * ("alpha" in text) + 0.4 * ("beta" in text or "gamma" in text)
            return {**super().score(text), "PROMPT_ATTACK": heard}

    text = f"The alpha is here. {CALM}The beta is there. {CALM}The gamma waits. {CALM}"
    assert found(run(told(text), scorer=SaidTwice())) == [(0, "The beta is there."), (0, "The gamma waits.")]


class Either(TwoSentences):
    """Hears two sentences that stand together, and what a text says of itself."""

    def score(self, text: str) -> Mapping[str, float]:
        said = SpokenScorer.score(self, text)
        return {**said, "PROMPT_ATTACK": max(said["PROMPT_ATTACK"], super().score(text)["PROMPT_ATTACK"])}


SENTENCES = ["Guests like the soup.", ATTACK, "Attack at 40, said twice.", "The alpha is here.", "The beta is there."]


@given(st.lists(st.sampled_from(SENTENCES), min_size=2, max_size=12))
def test_each_passage_is_needed_and_together_they_are_enough(sentences: list[str]) -> None:
    """Each is: the text without it is not detected; or without the others it is, with it alone back."""

    def detected(*out: Span) -> bool:
        kept = list(text)
        for each in out:
            kept[each.start : each.end] = " " * (each.end - each.start)
        return attack_of(run(told("".join(kept)), scorer=Either())).detected

    text = " ".join(sentences)
    passages = [each.span for each in attack_of(run(told(text), scorer=Either())).passages]
    assert bool(passages) == detected()
    assert not detected(*passages)
    assert all(not detected(each) or detected(*(other for other in passages if other != each)) for each in passages)


def test_an_encoded_instruction_is_found_in_the_raw_text() -> None:
    hidden = base64.b64encode(b"attack at 95 is what this sentence says to you").decode()
    assert found(run(told(f"{CALM}{hidden}. {CALM}"))) == [(0, f"{hidden}.")]


def test_what_only_the_whole_block_decodes_to_is_the_whole_block() -> None:
    hidden = base64.b64encode(
        b"the alpha is at the start " + b"of another quiet morning beside the harbour " * 20 + b"and the beta is at the end"
    ).decode()
    evaluation = run(told(hidden), scorer=TwoSentences())
    assert found(evaluation) == [(0, hidden)]
    assert attack_of(evaluation).passages[0].score == 0.75


def test_the_strength_of_the_origin_decides_what_is_a_passage() -> None:
    weak = {"TOOL_RESULT": {"PROMPT_ATTACK": "LOW"}}
    mild = "Attack at 40, dear reader."
    assert found(run(told(mild), told(f"{CALM}{mild}", "DOCUMENT"), origins=weak)) == [(1, mild)]
    assert found(run(told(f"{mild} {ATTACK}"), origins=weak)) == [(0, ATTACK)]
    assert attack_of(run(told(mild), origins=weak)).passages == ()


def test_a_filter_that_only_reports_shows_passages_and_lets_the_text_pass() -> None:
    evaluation = run(told(f"{CALM}{ATTACK}"), action="NONE")
    assert evaluation.outcome.action == "NONE"
    assert found(evaluation) == [(0, ATTACK)]


def test_a_search_that_fails_blocks_even_where_the_filter_only_reports() -> None:
    answers = Counting()
    run(Block(f"{CALM}{ATTACK}"), scorer=answers, action="NONE")  # what the judging alone asks
    evaluation = run(told(f"{CALM}{ATTACK}"), scorer=Fickle(answers.asked), action="NONE")
    assert attack_of(evaluation).failed == "TimeoutError"
    assert evaluation.outcome.action == "BLOCK"


def test_nothing_is_searched_where_nothing_was_detected() -> None:
    plain, with_origin = Counting(), Counting()
    run(Block(CALM), scorer=plain)
    run(told(CALM), scorer=with_origin)
    assert with_origin.asked == plain.asked


def test_a_search_scores_a_bounded_number_of_runs() -> None:
    counting = Counting()
    text = f"{ATTACK}\n" + "\n".join(f"Attack at {n % 90 + 10} is row {n}." for n in range(300))
    evaluation = run(told(text), scorer=counting)
    windows = -(-len(text) // 800)
    assert counting.asked <= 2 * (2 * windows + RUNS_SCORED)
    assert any(each.span.end - each.span.start > SENTENCE_MAX for each in attack_of(evaluation).passages)  # left whole


def test_the_native_judgement_quotes_the_passage_and_its_score() -> None:
    evaluation = run(Block("Sum it up."), told(f"{CALM}{ATTACK} {CALM}"))
    shown = [finding for finding in judgement(evaluation).findings if finding.kind == "passage"]
    assert [(each.block, each.match, each.score, each.action, each.detector) for each in shown] == [(1, ATTACK, 0.95, "BLOCK", "learned")]
    assert shown[0].start == len(CALM)
    assert shown[0].rule == "content/PROMPT_ATTACK"


def test_the_record_keeps_places_and_no_words() -> None:
    evaluation = run(told(f"{CALM}{ATTACK} {CALM}"))
    kept = record(evaluation, APPLIED, lambda data: "")
    (verdict,) = kept["verdicts"]
    assert verdict["passages"] == [[0, len(CALM), len(CALM) + len(ATTACK), 0.95]]
    assert "dear reader" not in msgspec.json.encode(kept).decode()


def test_the_answer_in_awss_words_has_no_passages() -> None:
    answer = render(run(told(ATTACK)), APPLIED, scope="FULL", latency_ms=0)
    filters = answer["assessments"][0]["contentPolicy"]["filters"]
    assert [each.keys() for each in filters] == [{"type", "confidence", "filterStrength", "action", "detected"}] * 2


def test_a_grounding_source_is_a_document_in_a_question_only() -> None:
    source = Block("a source", frozenset({"grounding_source"}))
    assert source.origin_on("INPUT") == "DOCUMENT"
    assert source.origin_on("OUTPUT") == ""
    assert Block("a source", frozenset({"grounding_source"}), "TOOL_RESULT").origin_on("INPUT") == "TOOL_RESULT"
    assert Block("a query", frozenset({"query"})).origin_on("INPUT") == ""
    strict = {"DOCUMENT": {"HATE": "LOW"}}
    assert run(Block("hate at 40", frozenset({"grounding_source"})), origins=strict).outcome.action == "NONE"
    assert run(Block("hate at 40"), origins=strict).outcome.action == "BLOCK"
    assert run(source).coverage.blocks[0].origin == "DOCUMENT"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("   \n ", []),
        ("One sentence only", ["One sentence only"]),
        ("First sentence. Second sentence! Third sentence?", ["First sentence.", "Second sentence!", "Third sentence?"]),
        ("Hi. A short one joins the next sentence.", ["Hi. A short one joins the next sentence."]),
        ("a first line\nand a second", ["a first line", "and a second"]),
        ("这是第一个句子,有一些字。这是第二个句子,也有一些字。", ["这是第一个句子,有一些字。", "这是第二个句子,也有一些字。"]),
        ('<a href="x">a link</a> <b> </b>', ['<a href="x">', "a link"]),
        ("<p>a paragraph</p><p>another one</p>", ["a paragraph", "another one"]),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert [text[span.start : span.end] for span in sentences_of(text)] == parts


def test_a_long_sentence_is_cut_between_words() -> None:
    text = "word " * 200
    spans = sentences_of(text)
    assert all(span.end - span.start <= SENTENCE_MAX for span in spans)
    assert " ".join(text[span.start : span.end] for span in spans) == text.strip()
    assert sentences_of("x" * 500) == [Span(0, 240), Span(240, 480), Span(480, 500)]
