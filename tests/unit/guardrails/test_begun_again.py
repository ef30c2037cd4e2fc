"""A short judgement that comes to ask a model is begun again where it may take its time: the first time leaves nothing behind."""

from __future__ import annotations

import pytest

from ringwall.guardrails import Block, Scorers, compile_guardrail, parse_config
from ringwall.guardrails.session import SessionOver
from ringwall.guardrails.stream import Ended, Stream
from ringwall.vocabulary import Limits
from ringwall.vocabulary.patience import TakesLong, in_a_hurry, take_time
from tests.unit.guardrails.scorers import SharedWordsScorer, config

SOURCE, QUERY = "the pump is new", "say when"


class AskedScorer(SharedWordsScorer):
    """Grounding by a model that is not asked in a hurry."""

    def grounding(self, *, source: str, answer: str) -> float:
        take_time()
        return super().grounding(source=source, answer=answer)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_the_end_of_an_answer(mode: str) -> None:
    grounding = {"contextualGroundingPolicyConfig": {"filtersConfig": [{"type": "GROUNDING", "threshold": 0.5}]}}
    guardrail = compile_guardrail(parse_config(config(**grounding)), Scorers(grounding=AskedScorer()))
    references = (Block(SOURCE, frozenset({"grounding_source"})), Block(QUERY, frozenset({"query"})))
    stream = Stream(guardrail, "OUTPUT", Limits(), mode=mode, references=references)  # type: ignore[arg-type]
    stream.feed(0, SOURCE)
    with pytest.raises(TakesLong):
        in_a_hurry(stream.finish)
    assert isinstance(stream.finish(), Ended)
    with pytest.raises(SessionOver):
        stream.finish()
