"""The grounding scorer's chain: data sets, weights, card, page; and its figures, measured again on answers that it never saw."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

pytest.importorskip("onnxruntime", reason="the extra `watch` is not installed")

from ringwall.watch.entailment import FILE
from ringwall.watch.grounding_scorer import load_meaning_scorer
from ringwall.watch.sentences import BODY

ROOT = Path(__file__).parents[3]
WEIGHTS = ROOT / "src" / "ringwall" / "watch" / "weights"
CARD = json.loads((WEIGHTS / "grounding-v1.card.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "filters" / "watch.md").read_text("utf-8")
UNSEEN = ("wice", "begin_dialogue", "conjnli", "xquad_en_swapped")


def test_the_card_is_about_the_shipped_weights() -> None:
    file = json.loads((WEIGHTS / FILE).read_bytes())
    assert hashlib.sha256((WEIGHTS / BODY).read_bytes()).hexdigest() == file["sentences_sha256"] == CARD["sentences_sha256"]
    assert (file["sum"], file["auroc"]) == (CARD["sum"], CARD["auroc"])


def test_the_mean_is_over_the_sources_that_nothing_was_trained_on() -> None:
    assert [item["name"] for item in CARD["validation_sets"]] == list(UNSEEN)
    figures = [CARD["grounding"][name] for name in UNSEEN]
    assert not any(figure["trained_on"] for figure in figures)
    assert CARD["auroc"] == pytest.approx(sum(figure["auroc"] for figure in figures) / len(figures), abs=1e-3)
    assert CARD["seeds"][0]["mean"] == CARD["auroc"]


def test_the_mean_reaches_the_target_or_the_page_says_so() -> None:
    assert CARD["auroc"] >= CARD["target"] or "grounding misses its aim" in PAGE


def test_the_pages_hold_the_cards_figures_and_limits() -> None:
    page = (WEIGHTS / "grounding-v1.card.md").read_text("utf-8")
    for name, figure in CARD["grounding"].items():
        row = f"| {name} | {figure['auroc']:.3f} ({figure['auroc_interval'][0]:.3f}-{figure['auroc_interval'][1]:.3f}) |"
        assert row in page
        assert row in PAGE
    for limit in CARD["limits"]:
        assert limit in page
        assert limit in PAGE


@pytest.mark.shared
def test_nothing_was_trained_on_that_may_not_be(shared: Path) -> None:
    manifest = {entry["name"]: entry for entry in json.loads((shared / "datasets" / "MANIFEST.json").read_text())["sets"]}
    for item in (*CARD["training_sets"], *CARD["carriers"]):
        entry = manifest[item["name"]]
        assert (entry["sha256"], entry["role"], entry["ship_weights"], entry["commercial_use"]) == (item["sha256"], "train", True, True)
    for item in CARD["validation_sets"]:
        assert manifest[item["name"]]["sha256"] == item["sha256"]
        assert manifest[item["name"]]["role"] == "validation" or not manifest[item["name"]]["ship_weights"]


def _auroc(positive: list[float], negative: list[float]) -> float:
    return sum((left > right) + (left == right) / 2 for left in positive for right in negative) / (len(positive) * len(negative))


@pytest.mark.slow
@pytest.mark.shared
def test_the_shipped_model_keeps_its_figure_on_a_source_it_never_saw(shared: Path) -> None:
    rows = [json.loads(line) for line in (shared / "datasets" / "grounding_wice.jsonl").read_bytes().splitlines()]
    scorer = load_meaning_scorer()
    scores = [scorer.grounded(source=row["context"], query=row["query"] or "", answer=row["answer"])[0] for row in rows]
    yes = [score for score, row in zip(scores, rows, strict=True) if row["grounded"]]
    no = [score for score, row in zip(scores, rows, strict=True) if not row["grounded"]]
    assert _auroc(yes, no) == pytest.approx(CARD["grounding"]["wice"]["auroc"], abs=0.01)
    assert sum(score < 0.5 for score in no) / len(no) == pytest.approx(CARD["grounding"]["wice"]["below"]["0.5"][1], abs=0.02)


@pytest.mark.slow
@pytest.mark.shared
def test_every_sentence_of_a_source_is_grounded_in_it(shared: Path) -> None:
    rows = [json.loads(line) for line in (shared / "datasets" / "grounding_wice.jsonl").read_bytes().splitlines()][:40]
    scorer = load_meaning_scorer()
    for row in rows:
        text = row["context"][:4_000]
        score, spans = scorer.grounded(source=text, query="", answer=text)
        assert (score, spans) == (pytest.approx(1.0, abs=0.01), ())
