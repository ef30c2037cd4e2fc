"""The matcher of denied topics: data sets, weights, card, page; and its figures, measured again on texts that it never saw."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

pytest.importorskip("onnxruntime", reason="the extra `watch` is not installed")

from ringwall.watch.lexical import parameters
from ringwall.watch.topic_matcher import FEATURES, MATCHER, load_topic_matcher
from ringwall.watch.topics import LexicalTopicScorer
from training.content.measure import auroc
from training.topics import measure, pairs

ROOT = Path(__file__).parents[3]
WEIGHTS = ROOT / "src" / "ringwall" / "watch" / "weights"
CARD = json.loads((WEIGHTS / "topics-v1.card.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "filters" / "watch.md").read_text("utf-8")
SCORER = load_topic_matcher()


def test_the_card_is_about_the_shipped_weights() -> None:
    assert {name: hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest() for name in CARD["weights"]} == CARD["weights"]
    matcher = json.loads((WEIGHTS / MATCHER).read_bytes())
    assert (matcher["weights"], matcher["cut"]) == (CARD["features"], CARD["cut"])
    assert tuple(CARD["features"]) == FEATURES
    assert SCORER.measured_auroc == pytest.approx(CARD["ten"]["mean"]["auroc"], abs=5e-4)


def test_the_matcher_does_better_than_words_alone_and_flags_at_most_one_harmless_prompt_in_a_hundred() -> None:
    assert CARD["ten"]["mean"]["auroc"] > CARD["lexical"]["mean"]["auroc"] + 0.1
    assert CARD["ten"]["mean"]["recall"] > CARD["lexical"]["mean"]["recall"]
    assert CARD["ten"]["mean"]["unrelated_flagged"] < CARD["lexical"]["mean"]["unrelated_flagged"]
    assert CARD["ten"]["mean"]["harmless_flagged"] <= 0.01


def test_the_measured_topics_are_not_those_that_were_trained_on() -> None:
    measured = {*CARD["ten"]["topics"], *CARD["held"]["topics"]}
    assert len(measured) == 20
    assert not measured & set(CARD["training_topics"])


def test_the_pages_hold_the_cards_figures() -> None:
    page = (WEIGHTS / "topics-v1.card.md").read_text("utf-8")
    for report in (CARD["ten"], CARD["held"]):
        for name, figure in report["topics"].items():
            low, high = figure["auroc_interval"]
            row = f"| {name} | {figure['auroc']:.3f} ({low:.3f}-{high:.3f}) | {figure['recall']:.2f} |"
            assert row in page
            assert row in PAGE
    assert all(f"- {limit}" in page and f"- {limit}" in PAGE for limit in CARD["limits"])


@pytest.mark.shared
def test_the_card_names_the_data_sets_of_the_manifest_and_only_those_that_may_be_trained_on(shared: Path) -> None:
    manifest = {entry["name"]: entry for entry in json.loads((shared / "datasets" / "MANIFEST.json").read_text())["sets"]}
    for item in CARD["training_sets"]:
        entry = manifest[item["name"]]
        assert (entry["sha256"], entry["role"], entry["ship_weights"], entry["commercial_use"]) == (item["sha256"], "train", True, True)
    for name in ("calibrate", "check"):
        assert all(
            manifest[item["name"]]["role"] == "validation" or not manifest[item["name"]]["ship_weights"]
            for item in CARD["validation_sets"][name]
        )


@pytest.mark.slow
@pytest.mark.shared
def test_the_shipped_matcher_keeps_its_figures(shared: Path) -> None:
    topics = {pair.topic.name: pair for pair in measure.ten(shared / "datasets")}
    harmless = measure.harmless(shared / "datasets", ("arena_hard",))["arena_hard"]
    for name in ("Chemistry", "Ordering coffee and tea"):
        pair, figure = topics[name], CARD["ten"]["topics"][name]
        about, unrelated, others = (SCORER.score_topics(texts, [pair.topic])[0] for texts in (pair.about, pair.unrelated[::4], harmless))
        assert auroc(*map(measure.np.array, (about, unrelated))) == pytest.approx(figure["auroc"], abs=0.02)
        assert sum(score >= SCORER.threshold for score in about) / len(about) == pytest.approx(figure["recall"], abs=0.01)
        assert sum(score >= SCORER.threshold for score in others) / len(others) <= 0.02


@pytest.mark.shared
def test_what_measures_a_topic_is_never_trained_on(shared: Path) -> None:
    measured = {name.partition("/")[2] or name for topic in measure.measure_topics.topics() for name in topic["positive"]}
    trained = pairs.training_pairs(shared / "datasets", measured, 1)
    texts = {text for pair in trained for text in (*pair.about, *pair.unrelated)}
    assert not texts & {text for pair in measure.ten(shared / "datasets") for text in pair.about}
    assert parameters().topic_cut > 0
    assert LexicalTopicScorer().measured_auroc < SCORER.measured_auroc
