"""The manual's rates of harmless texts, measured again through a whole guardrail."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringwall.watch.versions import ContentVersions
from training import strengths
from training.content.corpus import manifest

DOCS = Path(__file__).resolve().parents[3] / "docs" / "filters"
GROUP = "harmless, set the thresholds"


@pytest.mark.shared
@pytest.mark.slow
def test_rates_of_harmless_texts_are_those_in_the_manual(shared: Path) -> None:
    scorer = ContentVersions(None).scorer("content-v1")
    model, measured = strengths.read_measured(DOCS / "watch-strengths-content-v1.csv")
    assert model == scorer.model_id
    again = strengths.measure(shared / "datasets", scorer, {GROUP: strengths.GROUPS[GROUP]})
    assert set(manifest(shared / "datasets")) >= set(strengths.GROUPS[GROUP])
    for category, by_group in measured.items():
        told, found = by_group[GROUP], again[category][GROUP]
        assert found.texts == told.texts
        assert found.reaching == told.reaching, category
