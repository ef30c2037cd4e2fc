"""What LOW, MEDIUM and HIGH come to in a guardrail: `python -m training.strengths --datasets ../shared/datasets --docs docs/filters`.

Every text goes through a whole guardrail (readings, windows, the worst score), by any version of the content model (`--version`), so the
rates are those of the product and not of a bare model. Writes `watch-strengths-VERSION.csv`, from which `--draw` alone makes the
reliability plots (`.svg`) and the table of `watch.md`. Needs the run-time environment with the extra `watch`, and no training library.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ringwall.guardrails.ports import ContentScorer
from ringwall.guardrails.scoring import scoring_guardrail, worst_scores
from ringwall.vocabulary import Limits
from ringwall.watch import load_content_scorer
from ringwall.watch.strengths import LEVELS, RATES, upper_bound
from ringwall.watch.versions import ContentVersions
from training.content.corpus import Row, manifest, read
from training.content.sources import ALARMING, CALIBRATE, CHECK, MEASURE

SEED = 20261122
CAP = 500  # texts of one source
GRID = tuple(round(index / 40, 4) for index in range(41))
GROUPS = {"harmless, set the thresholds": CALIBRATE, "harmless, check them": CHECK, "harmless and alarming": ALARMING, "harmful": MEASURE}
COLOURS = ("#0b6e99", "#4a7a2c", "#b3541e", "#6b4a9b")
COLUMNS = ("category", "group", "texts", "score", "reaching")
WIDTH, HEIGHT, PANEL_WIDTH, PANEL_HEIGHT, LEFT, TOP = 960, 620, 250, 200, 60, 60
LEAST = 0.0005
FONT = 'font-family="sans-serif" font-size="11" fill="#333"'


@dataclass
class Curve:
    """How many of the texts of one group reach each score in one category."""

    texts: int = 0
    reaching: dict[float, int] = field(default_factory=dict)


Curves = Mapping[str, Mapping[str, Curve]]
"""By category, then by group."""


def drawn(datasets: Path, entry: dict, seed: int = SEED) -> list[Row]:
    """Return at most `CAP` rows of a source, drawn with a seed."""
    rows = read(datasets, entry, training=False)
    return random.Random(f"{seed}/{entry['name']}").sample(rows, min(CAP, len(rows)))


def measure(datasets: Path, scorer: ContentScorer, groups: Mapping[str, Sequence[str]] = GROUPS) -> Curves:
    """Score every source through a guardrail. A text that cannot be judged, or in which a rule fires, reaches every score."""
    guardrail, limits, entries = scoring_guardrail(scorer), Limits(), manifest(datasets)
    levels = sorted({*GRID, *(level for three in scorer.thresholds.values() for level in three)})
    curves: dict[str, dict[str, Curve]] = {name: {group: Curve() for group in groups} for name in scorer.thresholds}
    for group, names in groups.items():
        for name in names:
            rows = drawn(datasets, entries[name])
            for row in rows:
                told = worst_scores(guardrail, row.text, limits)
                for category, by_group in curves.items():
                    if group == "harmful" and category not in row.labels:
                        continue
                    sure = bool(told.failed) or category in told.fired
                    _count(by_group[group], levels, 1.0 if sure else told.scores[category])
            print(f"{name}: {len(rows)} texts", flush=True)
    return curves


def _count(curve: Curve, levels: Sequence[float], score: float) -> None:
    curve.texts += 1
    for level in levels:
        curve.reaching[level] = curve.reaching.get(level, 0) + (score >= level)


def write(curves: Curves, model: str, path: Path) -> None:
    """Write the measured file; its first line names the model."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("model", model))
        writer.writerow(COLUMNS)
        for category, by_group in curves.items():
            for group, curve in by_group.items():
                writer.writerows((category, group, curve.texts, score, count) for score, count in sorted(curve.reaching.items()))


def read_measured(path: Path) -> tuple[str, Curves]:
    """Read the measured file: the model, and its curves."""
    curves: dict[str, dict[str, Curve]] = {}
    with path.open(newline="") as file:
        model = next(csv.reader(file))[1]
        for row in csv.DictReader(file):
            curve = curves.setdefault(row["category"], {}).setdefault(row["group"], Curve())
            curve.texts = int(row["texts"])
            curve.reaching[float(row["score"])] = int(row["reaching"])
    return model, curves


def rates_table(curves: Curves, thresholds: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the Markdown table: per category the share that reaches each level, and in brackets its 95 % upper bound."""
    harmless = [group for group in GROUPS if group != "harmful"]
    lines = [f"| category | stated | {' | '.join(harmless)} | harmful found |", "|---|---|" + "---|" * (len(harmless) + 1)]
    stated = " / ".join(f"{100 * rate:g}" for rate in RATES)
    for category, by_group in curves.items():
        cells = [" / ".join(_share(by_group[group], level) for level in thresholds[category]) for group in harmless]
        found = by_group.get("harmful", Curve())
        reach = [found.reaching[level] for level in thresholds[category]] if found.texts else []
        cells.append(" / ".join(f"{100 * count / found.texts:.0f}" for count in reach) + f" of {found.texts}")
        lines.append(f"| {category} | {stated} | {' | '.join(cells)} |")
    counts = next(iter(curves.values()))
    return [*lines, f"| texts | | {' | '.join(str(counts[group].texts) for group in harmless)} | |"]


def _share(curve: Curve, level: float) -> str:
    count = curve.reaching[level]
    return f"{100 * count / curve.texts:.1f} ({100 * upper_bound(count, curve.texts):.1f})"


def plot(model: str, curves: Curves, thresholds: Mapping[str, Sequence[float]]) -> str:
    """Return the reliability plots, a panel per category: the share of texts that reach a score, beside what LOW, MEDIUM and HIGH state."""
    says = f"share of texts that reach a score, by {model.partition('@')[0]}; circles: the stated rates"
    made = [f'<text x="{LEFT}" y="20" {FONT}>{says}</text>']
    for index, group in enumerate(GROUPS):
        x = LEFT + index * 210
        made.append(f'<rect x="{x}" y="32" width="14" height="3" fill="{COLOURS[index]}"/><text x="{x + 20}" y="38" {FONT}>{group}</text>')
    for index, (category, by_group) in enumerate(curves.items()):
        left, top = LEFT + index % 3 * (PANEL_WIDTH + 50), TOP + index // 3 * (PANEL_HEIGHT + 70)
        made += _panel(left, top, category, by_group, thresholds[category])
    body = "\n".join(made)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="reliability of strengths">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _panel(left: float, top: float, category: str, by_group: Mapping[str, Curve], levels: Sequence[float]) -> list[str]:
    def place(score: float, share: float) -> tuple[float, float]:
        height = math.log10(max(share, LEAST) / LEAST) / math.log10(1 / LEAST)
        return left + score * PANEL_WIDTH, top + 16 + PANEL_HEIGHT * (1 - height)

    made = [f'<text x="{left}" y="{top + 8}" {FONT} font-weight="bold">{category}</text>']
    for share in (0.001, 0.01, 0.1, 1.0):
        x, y = place(0.0, share)
        made.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x + PANEL_WIDTH}" y2="{y:.1f}" stroke="#e4e4e4"/>')
        made.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end" {FONT}>{100 * share:g} %</text>')
    for score in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = place(score, LEAST)
        made.append(f'<text x="{x:.1f}" y="{y + 14:.1f}" text-anchor="middle" {FONT}>{score:g}</text>')
    for index, group in enumerate(GROUPS):
        curve = by_group.get(group, Curve())
        if curve.texts:
            points = " ".join("{:.1f},{:.1f}".format(*place(score, count / curve.texts)) for score, count in sorted(curve.reaching.items()))
            made.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[index]}" stroke-width="1.5"/>')
    for level, rate in zip(levels, RATES, strict=True):
        x, y = place(level, rate)
        made.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="none" stroke="#333"/>')
    return made


def main() -> None:
    """Measure, unless only asked to draw, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=Path)
    parser.add_argument("--docs", type=Path, required=True)
    parser.add_argument("--version", default="content-v1", help="of the content model")
    parser.add_argument("--draw", action="store_true", help="measure nothing: draw what was measured")
    given = parser.parse_args()
    scorer = load_content_scorer() if given.version == "content-v1" else ContentVersions(None).scorer(given.version)
    measured = given.docs / f"watch-strengths-{given.version}.csv"
    if not given.draw:
        write(measure(given.datasets, scorer), scorer.model_id, measured)
    model, curves = read_measured(measured)
    if model != scorer.model_id:
        parser.error(f"`{measured}` is of `{model}`")
    measured.with_suffix(".svg").write_text(plot(model, curves, scorer.thresholds), "utf-8")
    page = given.docs / "watch.md"
    lines = [f"By `{model.partition('@')[0]}`, in % at {' / '.join(LEVELS)}:", "", *rates_table(curves, scorer.thresholds)]
    name = f"strengths-{given.version}"
    marks = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.DOTALL)
    block = "\n".join([f"<!-- {name} -->", *lines, f"<!-- /{name} -->"])
    page.write_text(marks.sub(lambda _: block, page.read_text("utf-8")), "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
