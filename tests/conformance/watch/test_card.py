"""The chain from data sets to weights to documents: every link is a digest or a figure that must be the same on both sides."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from ringwall.watch import LexicalGroundingScorer, LexicalTopicScorer, lexical, load_content_scorer, shipped
from training.pins import READ_AT_RUN_TIME

ROOT = Path(__file__).parents[3]
WEIGHTS = ROOT / "src" / "ringwall" / "watch" / "weights"
CARD = json.loads((WEIGHTS / "content-v1.card.json").read_text("utf-8"))
LEXICAL_CARD = json.loads((WEIGHTS / "lexical-v1.card.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "filters" / "watch.md").read_text("utf-8")
MOST_BYTES = 60_000_000  # all that ships in the folder: issue 6's bound on committed weights


def test_every_pinned_file_has_its_digest_and_all_are_small_enough() -> None:
    pins = dict(reversed(line.split("  ")) for line in (WEIGHTS / shipped.PINS).read_text().splitlines())
    assert (
        set(pins)
        == {name for name in READ_AT_RUN_TIME if (WEIGHTS / name).is_file()}
        >= {"content-v1.bin", "lexical-v1.json", "words-v1.bin"}
    )
    assert pins == {name: hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest() for name in pins}
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) <= MOST_BYTES


def test_the_card_is_about_the_shipped_weights() -> None:
    scorer = load_content_scorer()
    assert scorer.model_id == f"{CARD['name']}/{CARD['version']}@sha256:{CARD['weights_sha256']}"
    assert scorer.header.tables_sha256 == CARD["tables_sha256"]
    assert {head: list(levels.values()) for head, levels in CARD["thresholds"].items()} == {
        head: list(levels) for head, levels in scorer.thresholds.items()
    }


def test_the_pages_hold_the_cards_figures() -> None:
    page = (WEIGHTS / "content-v1.card.md").read_text("utf-8")
    for head, figure in CARD["metrics"].items():
        row = f"| {head} | {figure['auroc']:.3f} ({figure['auroc_interval'][0]:.3f}-{figure['auroc_interval'][1]:.3f}) |"
        assert row in page
        assert row in PAGE
    assert CARD["weights_sha256"] in page
    for limit in CARD["limits"]:
        assert limit in page


def test_every_head_reaches_the_aim_or_the_page_says_so() -> None:
    missed = {head for head, figure in CARD["metrics"].items() if figure["auroc"] < CARD["floors"][head]}
    assert all(f"{head} misses its aim" in PAGE for head in missed)


def test_stated_rates_hold_on_the_harmless_sources_that_set_the_thresholds() -> None:
    sources = [CARD["harmless_flagged"][item["name"]] for item in CARD["validation_sets"]["calibrate"]]
    for head in CARD["metrics"]:
        for level, rate in enumerate(CARD["stated_rates"].values()):
            mean = sum(source["rates"][head][level] for source in sources) / len(sources)
            assert mean <= rate + 0.002, (head, level)


def test_the_lexical_scorers_show_the_figures_that_were_measured() -> None:
    assert LEXICAL_CARD["parameters"] == msgspec.to_builtins(lexical.parameters())
    assert LexicalTopicScorer().measured_auroc == LEXICAL_CARD["topics"]["auroc"]
    unseen = [figure["auroc"] for figure in LEXICAL_CARD["grounding"].values() if not figure["fitted_on"]]
    assert LexicalGroundingScorer().measured_auroc == pytest.approx(sum(unseen) / len(unseen), abs=1e-3)
    for name, figure in LEXICAL_CARD["grounding"].items():
        assert f"| {name} | {figure['auroc']:.3f} |" in PAGE


@pytest.mark.shared
def test_the_card_names_the_data_sets_of_the_manifest_and_only_those_that_may_be_trained_on(shared: Path) -> None:
    manifest = {entry["name"]: entry for entry in json.loads((shared / "datasets" / "MANIFEST.json").read_text())["sets"]}
    trained = CARD["training_sets"]
    assert len(trained) > 20
    for item in trained:
        entry = manifest[item["name"]]
        assert (entry["sha256"], entry["role"], entry["ship_weights"], entry["commercial_use"]) == (item["sha256"], "train", True, True)
    held = [item["name"] for items in CARD["validation_sets"].values() for item in items]
    assert not {item["name"] for item in trained} & set(held)
    assert all(manifest[name]["role"] == "validation" or not manifest[name]["ship_weights"] for name in held)


@pytest.mark.shared
def test_the_data_sets_have_the_digests_that_the_card_names(shared: Path) -> None:
    manifest = {entry["name"]: entry for entry in json.loads((shared / "datasets" / "MANIFEST.json").read_text())["sets"]}
    for item in CARD["training_sets"]:
        data = (shared / "datasets" / manifest[item["name"]]["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == item["sha256"]


@pytest.mark.shared
def test_the_shipped_model_keeps_its_figures_on_a_sample_of_a_source_it_never_saw(shared: Path) -> None:
    scorer = load_content_scorer()
    rows = [json.loads(line) for line in (shared / "datasets" / "hatemoji_check.jsonl").read_bytes().splitlines()][::8]
    harmless = [json.loads(line)["text"] for line in (shared / "datasets" / "ifeval.jsonl").read_bytes().splitlines()][::2]
    hateful = [scorer.score(row["text"])["HATE"] for row in rows if "HATE" in row["labels"]]
    others = [scorer.score(text)["HATE"] for text in harmless]
    wins = sum((left > right) + (left == right) / 2 for left in hateful for right in others)
    assert wins / (len(hateful) * len(others)) > 0.95
