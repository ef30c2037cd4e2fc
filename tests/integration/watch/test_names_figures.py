"""The shipped finder of names finds what its card says, on sources that nothing was trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("ringwall.watch.names", reason="the extra `watch` is not installed")

from ringwall.watch import shipped
from ringwall.watch.levels import load_name_finder
from training.names import measure

CARD = json.loads((shipped.folder() / "names-v1.card.json").read_text("utf-8"))
ROUNDING = 0.01  # another processor may round an activation otherwise


def test_the_card_is_of_the_shipped_weights() -> None:
    assert CARD["model_id"] == load_name_finder().model_id


@pytest.mark.slow
@pytest.mark.shared
def test_the_figures_are_those_of_the_card(shared: Path) -> None:
    held = measure.held_out(shared / "datasets")
    finder = load_name_finder()
    for source in ("wikigold", "restaurant8k", "own"):
        found = finder.find([text.text for text in held[source]])
        for kind, figure in CARD["measured"]["figures"]["model"][source].items():
            for way in ("exact", "overlap"):
                seen = measure.f1(measure.counts(held[source], found, kind, exact=way == "exact"))
                assert seen["spans"] == figure[way]["spans"]
                assert seen["f1"] == pytest.approx(figure[way]["f1"], abs=ROUNDING), (source, kind, way)
