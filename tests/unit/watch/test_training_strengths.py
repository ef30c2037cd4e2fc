"""The measured file of strengths: written and read back, tabulated and drawn."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from training.strengths import GRID, GROUPS, Curve, plot, rates_table, read_measured, write

THRESHOLDS = {"HATE": (0.5, 0.7, 0.9), "SEXUAL": (0.5, 0.7, 0.9)}
MODEL = "tested/1@sha256:00"
DOCS = Path(__file__).resolve().parents[3] / "docs" / "filters"


def curves() -> dict[str, dict[str, Curve]]:
    """Of 200 texts a share of one less the score reaches each score."""
    levels = sorted({*GRID, 0.5, 0.7, 0.9})
    return {name: {group: Curve(200, {level: round(200 * (1 - level)) for level in levels}) for group in GROUPS} for name in THRESHOLDS}


def test_a_measured_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    write(curves(), MODEL, tmp_path / "measured.csv")
    assert read_measured(tmp_path / "measured.csv") == (MODEL, curves())


def test_the_table_has_shares_and_bounds_per_level() -> None:
    lines = rates_table(curves(), THRESHOLDS)
    assert len(lines) == 2 + len(THRESHOLDS) + 1
    assert lines[2].startswith("| HATE | 3 / 1 / 0.3 | 50.0 (56.0) / 30.0 (35.8) / 10.0 (14.2) |")
    assert lines[2].endswith("| 50 / 30 / 10 of 200 |")


def test_the_plot_has_a_line_per_group_and_a_circle_per_stated_rate() -> None:
    drawn = ET.fromstring(plot(MODEL, curves(), THRESHOLDS))
    space = "{http://www.w3.org/2000/svg}"
    assert len(drawn.findall(f"{space}polyline")) == len(THRESHOLDS) * len(GROUPS)
    assert len(drawn.findall(f"{space}circle")) == len(THRESHOLDS) * 3
    assert MODEL.partition("@")[0] in ET.tostring(drawn, "unicode")


@pytest.mark.parametrize("path", sorted(DOCS.glob("watch-strengths-*.csv")), ids=lambda path: path.stem)
def test_the_manuals_table_and_plot_are_those_of_the_measured_file(path: Path) -> None:
    version = path.stem.removeprefix("watch-strengths-")
    model, measured = read_measured(path)
    page = (DOCS / "watch.md").read_text("utf-8")
    block = page.partition(f"<!-- strengths-{version} -->")[2].partition(f"<!-- /strengths-{version} -->")[0]
    thresholds = dict.fromkeys(measured, (0.5, 0.7, 0.9))
    assert "\n".join(rates_table(measured, thresholds)) in block
    assert path.with_suffix(".svg").read_text("utf-8") == plot(model, measured, thresholds)
