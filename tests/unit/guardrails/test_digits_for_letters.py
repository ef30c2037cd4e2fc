"""What learned detectors score of a text in which digits stand for letters."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ringwall.guardrails import Block, Evaluation, Guardrail, Scorers, compile_guardrail, evaluate, parse_config
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import SCORERS, SpokenScorer, config, content_policy

GUARDRAIL = compile_guardrail(parse_config(config(**content_policy(("HATE", "HIGH", "HIGH")))), SCORERS)


class Listens(SpokenScorer):
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def score(self, text: str) -> Mapping[str, float]:
        self.asked.append(text)
        return super().score(text)


def run(text: str, guardrail: Guardrail = GUARDRAIL) -> Evaluation:
    return evaluate(guardrail, "INPUT", [Block(text)], Limits())


@pytest.mark.parametrize("text", ["they say h4te and m0re", "7hey s4y ha73 and m0re", "H4TE AND M0RE"])
def test_digits_between_letters_are_read_as_letters(text: str) -> None:
    hears = Listens()
    guardrail = compile_guardrail(GUARDRAIL.config, Scorers(content=hears))
    run(text, guardrail)
    assert [each for each in hears.asked if "hate" in each.lower() and "more" in each.lower()]
    assert text in hears.asked


def test_the_verdict_names_the_reading() -> None:
    class Hears(SpokenScorer):
        def score(self, text: str) -> Mapping[str, float]:
            return {**super().score(text), "HATE": 0.95 if "hate them" in text else 0.0}

    guardrail = compile_guardrail(GUARDRAIL.config, Scorers(content=Hears()))
    (verdict,) = run("we h4te th3m all", guardrail).verdicts
    assert verdict.detected
    assert verdict.chain == ("leet",)
    assert run("we hate them all", guardrail).verdicts[0].chain == ()


@pytest.mark.parametrize("text", ["in 2024 we sold 45 tickets", "ISO 9001 and 802.11", "see page 4a", "3 of 5 stars", "no digits at all"])
def test_numbers_are_no_letters(text: str) -> None:
    hears = Listens()
    run(text, compile_guardrail(GUARDRAIL.config, Scorers(content=hears)))
    assert {each.lower() for each in hears.asked} == {text.lower()}


def test_a_text_that_is_no_unicode_is_read_all_the_same() -> None:
    assert not run("h4te \ud800 more").outcome.failed
