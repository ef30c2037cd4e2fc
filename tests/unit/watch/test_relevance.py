"""Relevance by meaning, over a file that a test writes and pins."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ringwall.errors import LimitExceeded
from ringwall.watch import WeightsRefused, shipped

pytest.importorskip("onnxruntime", reason="the extra `watch` is not installed")

from ringwall.watch.relevance import FILE, Relevance, load_relevance
from ringwall.watch.sentences import load_sentence_encoder

SUMS = {"format": 1, "name": "test", "version": "1", "shared": 0.6, "likeness": 6.5, "bias": -1.7, "auroc": 0.5}


def scorer(folder: Path, **changes: object) -> Relevance:
    data = json.dumps({**SUMS, "sentences_sha256": load_sentence_encoder().digest, **changes}).encode()
    (folder / FILE).write_bytes(data)
    (folder / shipped.PINS).write_text(f"{hashlib.sha256(data).hexdigest()}  {FILE}\n")
    return load_relevance(where=folder)


QUERY = "When was the Brooklyn Bridge opened?"
ORDER = ("It was opened to traffic in 1883.", "The bridge is very long.", "Rye bread needs a sourdough.")


def test_what_is_about_the_query_is_more_relevant_than_what_is_not(tmp_path: Path) -> None:
    made = scorer(tmp_path)
    scores = [made.relevance(query=QUERY, answer=answer) for answer in ORDER]
    assert 1.0 >= min(scores[:2]) > scores[2] >= 0.0


def test_the_ends_of_relevance(tmp_path: Path) -> None:
    made = scorer(tmp_path)
    assert made.relevance(query=QUERY, answer=QUERY) == pytest.approx(1.0, abs=1e-3)
    assert made.relevance(query=QUERY, answer="...") == 0.0
    assert made.relevance(query="?", answer="Anything.") == 1.0


def test_the_closest_sentence_of_an_answer_counts(tmp_path: Path) -> None:
    made = scorer(tmp_path)
    alone = made.relevance(query=QUERY, answer=ORDER[0])
    assert made.relevance(query=QUERY, answer=f"Rye bread needs a good old sourdough from the day before. {ORDER[0]}") >= alone - 0.05


def test_more_than_it_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded) as refused:
        scorer(tmp_path).relevance(query=QUERY, answer="The bridge of the town is red today.\n" * 2_001)
    assert refused.value.how_to_mend


WRONG = {
    "another encoder's": {"sentences_sha256": "0" * 64},
    "another format": {"format": 2},
    "a weight below zero": {"likeness": -1.0},
    "an unknown member": {"more": 1},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_file_that_does_not_belong_is_refused(changes: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused):
        scorer(tmp_path, **changes)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / shipped.PINS).write_text("")
    with pytest.raises(WeightsRefused) as refused:
        load_relevance(where=tmp_path)
    assert refused.value.how_to_mend
