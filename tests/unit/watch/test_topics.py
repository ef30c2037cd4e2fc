"""The lexical topic scorer."""

from __future__ import annotations

import pytest

from ringwall.guardrails import ports
from ringwall.watch import LexicalTopicScorer

SCORER = LexicalTopicScorer()
NAME = "Investment advice"
DEFINITION = "Questions about stocks, funds, bonds or portfolios and how to invest money."
EXAMPLES = ("Which shares should I buy?", "Is it better to invest in bonds or in a fund?")


def score(text: str, name: str = NAME, definition: str = DEFINITION, examples: tuple[str, ...] = EXAMPLES) -> float:
    port: ports.TopicScorer = SCORER
    return port.score(text, name=name, definition=definition, examples=examples)


ABOUT = {
    "an example itself": "Which shares should I buy?",
    "another form of the words": "Should I be investing in stocks?",
    "one sentence among others": "It rained all day. Which bonds are a good investment now? My dog likes the garden.",
    "a sentence in a long text": "We walked along the river and had lunch. " * 40
    + "How should I invest my money in funds? "
    + "Then we went home. " * 40,
}


@pytest.mark.parametrize("text", ABOUT.values(), ids=ABOUT)
def test_a_text_about_the_topic_reaches_the_threshold(text: str) -> None:
    assert SCORER.threshold <= score(text) <= 1.0


ELSEWHERE = {
    "another subject": "How do I bake a loaf of rye bread?",
    "nothing": "",
    "no words": "?!",
    "only function words": "what is it that you would do",
}


@pytest.mark.parametrize("text", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_text_about_something_else_stays_below_the_threshold(text: str) -> None:
    assert 0.0 <= score(text) < SCORER.threshold


def test_a_topic_without_examples_works() -> None:
    assert score("How do I invest in funds?", examples=()) >= SCORER.threshold


def test_a_topic_without_a_content_word_matches_nothing() -> None:
    assert score("How do I invest in funds?", name="?", definition="!", examples=()) == 0.0


def test_the_model_id_carries_the_measured_auroc() -> None:
    assert SCORER.model_id == f"ringwall-topics-lexical/1@auroc:{SCORER.measured_auroc:.3f}"
    assert 0.5 < SCORER.measured_auroc < 1.0
