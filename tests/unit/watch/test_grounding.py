"""The lexical grounding scorer."""

from __future__ import annotations

import pytest

from ringwall.guardrails import ports
from ringwall.watch import LexicalGroundingScorer

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


def test_nothing_is_grounded_in_nothing() -> None:
    assert grounding("The bridge was opened in 1883.", source="") < 0.5


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
