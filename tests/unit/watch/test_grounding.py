"""The lexical grounding scorer."""

from __future__ import annotations

import pytest

from ringwall.errors import LimitExceeded
from ringwall.guardrails import ports
from ringwall.watch import LexicalGroundingScorer
from ringwall.watch import grounding as grounding_module

SCORER = LexicalGroundingScorer()
SOURCE = (
    "The Brooklyn Bridge was opened in 1883. It was designed by John Roebling, who died before the work began. "
    "The bridge is 1,834 metres long and has never been closed for a whole year."
)


def grounding(answer: str, source: str = SOURCE) -> float:
    port: ports.GroundingScorer = SCORER
    return port.grounding(source=source, answer=answer)


def test_a_sentence_of_the_source_is_fully_grounded() -> None:
    assert grounding("The Brooklyn Bridge was opened in 1883.") == 1.0


WORSE = {
    "a wrong number": ("The Brooklyn Bridge was opened in 1883.", "The Brooklyn Bridge was opened in 1925."),
    "a name from elsewhere": ("It was designed by John Roebling.", "It was designed by Gustave Eiffel."),
    "a claim that is not in the source": ("The bridge is 1,834 metres long.", "Tolls on horses and carriages paid for its maintenance."),
    "a negation": ("The bridge was opened in 1883.", "The bridge was never opened in 1883."),
    "an added claim": (
        "The bridge was opened in 1883.",
        "The bridge was opened in 1883. Elephants marched over it to calm nervous citizens.",
    ),
}


@pytest.mark.parametrize(("better", "worse"), WORSE.values(), ids=WORSE)
def test_an_answer_with_a_flaw_scores_lower(better: str, worse: str) -> None:
    assert 0.0 <= grounding(worse) < grounding(better) <= 1.0


@pytest.mark.parametrize("source", ["", "  ", "... --"], ids=["empty", "blank", "marks"])
def test_nothing_is_grounded_in_nothing(source: str) -> None:
    assert grounding("The bridge was opened in 1883.", source=source) == 0.0


def ungrounded(answer: str, source: str = SOURCE) -> list[str]:
    port: ports.ClaimScorer = SCORER
    score, claims = port.grounded(source=source, query="", answer=answer)
    assert score == grounding(answer, source)
    assert all(0.0 <= own < 0.5 for *_, own in claims)
    return [answer[start:end] for start, end, _ in claims]


def test_the_claims_that_the_source_does_not_hold_are_named_with_their_places() -> None:
    assert isinstance(SCORER, ports.ClaimScorer)
    added = "Elephants marched over it to calm nervous citizens."
    assert ungrounded(SOURCE) == []
    assert ungrounded(f"The Brooklyn Bridge was opened in 1883. {added} The bridge is 1,834 metres long.") == [added]
    assert ungrounded(f"{added}\n\nIs it?") == [added]
    assert ungrounded("", "") == []
    assert ungrounded("The bridge. It is red.", "") == ["The bridge.", "It is red."]


def test_too_much_to_compare_is_refused() -> None:
    lines = grounding_module.MAX_CELLS // 100
    assert grounding("A bridge.\n" * 100, "The bridge.\n" * lines) > 0.5
    with pytest.raises(LimitExceeded, match="pairs") as refused:
        grounding("A bridge.\n" * 101, "The bridge.\n" * lines)
    assert refused.value.how_to_mend


def test_an_answer_that_asserts_nothing_is_grounded() -> None:
    assert grounding("") == 1.0
    assert grounding("Is it?") == 1.0


def test_an_answer_that_takes_up_the_query_is_more_relevant() -> None:
    query = "When was the Brooklyn Bridge opened?"
    on_topic = SCORER.relevance(query=query, answer="The Brooklyn Bridge was opened in 1883.")
    elsewhere = SCORER.relevance(query=query, answer="Rye bread needs a sourdough.")
    assert 0.0 <= elsewhere < on_topic <= 1.0


def test_an_answer_that_repeats_the_query_is_fully_relevant() -> None:
    assert SCORER.relevance(query="Brooklyn Bridge", answer="Brooklyn Bridge") == 1.0


def test_the_model_id_carries_the_measured_auroc() -> None:
    assert f"@auroc:{SCORER.measured_auroc:.3f}" in SCORER.model_id
    assert 0.5 < SCORER.measured_auroc < 1.0
