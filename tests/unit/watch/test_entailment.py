"""Grounding by meaning: claims laid beside their source."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ringwall.errors import LimitExceeded
from ringwall.guardrails import ports
from ringwall.watch import WeightsRefused, claims, shipped

pytest.importorskip("onnxruntime", reason="the extra `watch` is not installed")

from ringwall.watch import relevance
from ringwall.watch.alignment import FEATURES
from ringwall.watch.encoder import load_encoder
from ringwall.watch.entailment import CLEAR, FILE, Fitted, Laid, load_entailment
from ringwall.watch.grounding_scorer import load_meaning_scorer

WEIGHTS = Path(str(shipped.folder()))
SCORER = load_meaning_scorer()
SOURCE = (
    "The Brooklyn Bridge was opened in 1883. It was designed by John Roebling, who died before the work began. "
    "The bridge is 1,834 metres long and has never been closed for a whole year."
)


def grounded(answer: str, *, source: str = SOURCE, query: str = "") -> tuple[float, list[str]]:
    port: ports.ClaimScorer = SCORER
    score, spans = port.grounded(source=source, query=query, answer=answer)
    return score, [answer[start:end] for start, end, _ in spans]


def test_it_is_a_scorer_that_names_claims() -> None:
    assert isinstance(SCORER, ports.ClaimScorer)


def test_every_sentence_of_the_source_is_fully_grounded() -> None:
    assert grounded("The Brooklyn Bridge was opened in 1883.") == (1.0, [])
    assert grounded(SOURCE) == (1.0, [])
    assert SCORER.grounding(source=SOURCE, answer=SOURCE) == 1.0


@pytest.mark.parametrize("source", ["", "   ", "... --"], ids=["empty", "blank", "marks"])
def test_nothing_is_grounded_in_nothing(source: str) -> None:
    answer = "The bridge was opened in 1883. It is long."
    assert grounded(answer, source=source) == (0.0, ["The bridge was opened in 1883.", "It is long."])


def test_an_answer_that_asserts_nothing_is_grounded() -> None:
    assert grounded("") == (1.0, [])
    assert grounded("Is it?") == (1.0, [])


WORSE = {
    "a wrong number": ("The Brooklyn Bridge was opened in 1883.", "The Brooklyn Bridge was opened in 1925."),
    "a name from elsewhere": ("It was designed by John Roebling.", "It was designed by Gustave Eiffel."),
    "a claim that is not in the source": ("The bridge is 1,834 metres long.", "Tolls on horses paid for its maintenance."),
    "a negation": ("The bridge was opened in 1883.", "The bridge was not opened in 1883."),
    "an exchange": ("The bridge was designed by John Roebling.", "John Roebling was designed by the bridge."),
    "an added claim": ("The bridge was opened in 1883.", "The bridge was opened in 1883. Elephants marched over it."),
}


@pytest.mark.parametrize(("better", "worse"), WORSE.values(), ids=WORSE)
def test_an_answer_with_a_flaw_scores_lower(better: str, worse: str) -> None:
    assert 0.0 <= grounded(worse)[0] < grounded(better)[0] <= 1.0


def test_the_claim_that_does_not_follow_has_a_span() -> None:
    answer = "The Brooklyn Bridge was opened in 1883. Elephants marched over it to calm nervous citizens. The bridge is 1,834 metres long."
    score, spans = grounded(answer)
    assert spans == ["Elephants marched over it to calm nervous citizens."]
    assert score < 0.5


def test_a_short_answer_is_read_with_its_query() -> None:
    query = "When was the Brooklyn Bridge opened?"
    assert grounded("1883", query=query)[0] > grounded("1834", query=query)[0]


def test_a_long_source_is_searched() -> None:
    filler = " ".join(f"The clerk noted item {index} in the ledger of the harbour office that morning." for index in range(400))
    right = grounded("The bridge was opened in 1883.", source=f"{filler} {SOURCE} {filler}")[0]
    assert right > grounded("The bridge was opened in 1925.", source=f"{filler} {SOURCE} {filler}")[0]
    assert right > 0.5


def test_more_than_it_reads_is_refused_and_not_judged_by_words_alone() -> None:
    with pytest.raises(LimitExceeded):
        SCORER.grounding(source=SOURCE, answer="A bridge.\n" * (claims.MAX_CLAIMS + 1))
    with pytest.raises(LimitExceeded):
        SCORER.grounding(source="A bridge.\n" * claims.MAX_CELLS, answer="The bridge. It is red.\n" * 100)


def test_scores_do_not_depend_on_what_else_is_judged() -> None:
    _, (alone,) = SCORER.grounded(source=SOURCE, query="", answer="Elephants marched over it.")
    _, (*_, beside) = SCORER.grounded(source=SOURCE, query="", answer="It was designed by Gustave Eiffel. Elephants marched over it.")
    assert alone.score == pytest.approx(beside.score, abs=1e-5)


def test_the_model_id_carries_the_digests_of_both_files_and_figures() -> None:
    for part, file in zip(SCORER.model_id.split(" "), (FILE, relevance.FILE), strict=True):
        assert f"@sha256:{hashlib.sha256((WEIGHTS / file).read_bytes()).hexdigest()},auroc:0." in part


def _changed(folder: Path, change: Callable[[dict], object]) -> Path:
    file = json.loads((WEIGHTS / FILE).read_bytes())
    change(file)
    (folder / FILE).write_text(json.dumps(file))
    (folder / shipped.PINS).write_text(f"{hashlib.sha256((folder / FILE).read_bytes()).hexdigest()}  {FILE}\n")
    return folder


def test_a_copy_of_the_shipped_file_loads(tmp_path: Path) -> None:
    made = load_entailment(where=_changed(tmp_path, lambda file: None))
    assert made.grounded(source=SOURCE, query="", answer="It floats.") == SCORER.grounded(source=SOURCE, query="", answer="It floats.")


WRONG: dict[str, Callable[[dict], object]] = {
    "another encoder's": lambda file: file.update(sentences_sha256="0" * 64),
    "another format": lambda file: file.update(format=2),
    "a weight below zero": lambda file: file["sum"].update(least=-1.0),
    "an unknown member": lambda file: file.update(more=1),
    "a layer too narrow": lambda file: file["network"]["attend"].pop(),
    "a row too many": lambda file: file["network"]["piece"].append(file["network"]["piece"][0]),
    "a row too short": lambda file: file["network"]["gathered"][0].pop(),
    "no network": lambda file: file.pop("network"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_file_that_does_not_belong_is_refused(change: Callable[[dict], object], tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused) as refused:
        load_entailment(where=_changed(tmp_path, change))
    assert refused.value.how_to_mend


def test_a_missing_or_changed_file_is_refused(tmp_path: Path) -> None:
    _changed(tmp_path, lambda file: None)
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(WeightsRefused):
        load_entailment(where=tmp_path)
    (tmp_path / FILE).unlink()
    with pytest.raises(WeightsRefused):
        load_entailment(where=tmp_path)


def test_what_is_no_number_does_not_follow() -> None:
    network = msgspec.json.decode((WEIGHTS / FILE).read_bytes(), type=Fitted).network.compiled()
    (claim,) = claims.cut("It floats.", load_encoder().pieces)
    rows = load_encoder().table.vectors([0, 1, 2])[:, : len(FEATURES)] * math.nan
    assert Laid(claim, copied=False, rows=rows).logit(network) == -CLEAR
