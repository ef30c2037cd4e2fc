"""Draw a benchmark's CSV as SVG: `python benchmarks/plot.py growth.csv growth.svg`.

The first column names the series, the second is what grows, the third what it costs; the header says what they are.

Both axes are logarithmic, so work in proportion is a straight line of slope one; the grey diagonals are that slope.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path
from typing import NamedTuple

WIDTH, HEIGHT = 640, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 30, 50
COLOURS = ("#0b6e99", "#b3541e", "#4a7a2c", "#6b4a9b")
TITLES = {"characters": "characters", "phrases": "listed phrases", "cpu_ms": "CPU milliseconds", "cpu_s": "CPU seconds"}
PREFIXES = {"readings": "readings: "}
FONT = 'font-family="sans-serif" font-size="12" fill="#333"'


class Chart(NamedTuple):
    """What is drawn: (across, up) per series, and the names of the three columns."""

    series: dict[str, list[tuple[float, float]]]
    names: tuple[str, str, str]


def rows(path: Path) -> Chart:
    """Read a CSV."""
    series: dict[str, list[tuple[float, float]]] = {}
    with path.open(newline="") as file:
        reader = csv.reader(file)
        first, second, third = next(reader)[:3]
        for name, across, up, *_ in reader:
            series.setdefault(name, []).append((float(across), float(up)))
    return Chart(series, (first, second, third))


def title(column: str) -> str:
    return TITLES.get(column, column.replace("_", " "))


class Axes:
    """Two logarithmic axes over whole decades."""

    def __init__(self, points: list[tuple[float, float]]) -> None:
        self.x = _decades([x for x, _ in points])
        self.y = _decades([y for _, y in points])

    def place(self, x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - self.x[0]) / (self.x[-1] - self.x[0])
        up = (math.log10(y) - self.y[0]) / (self.y[-1] - self.y[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def _decades(values: list[float]) -> range:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return range(low, max(high, low + 1) + 1)


def grid(axes: Axes, names: tuple[str, str, str]) -> list[str]:
    made = []
    for power in axes.x:
        x, bottom = axes.place(10.0**power, 10.0 ** axes.y[0])
        made.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="#e4e4e4"/>')
        made.append(f'<text x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle" {FONT}>{10**power:,}</text>')
    for power in axes.y:
        left, y = axes.place(10.0 ** axes.x[0], 10.0**power)
        made.append(f'<line x1="{left:.1f}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#e4e4e4"/>')
        made.append(f'<text x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end" {FONT}>{10.0**power:g}</text>')
    made.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle" {FONT}>{title(names[1])}</text>')
    made.append(f'<text x="{LEFT - 50}" y="{TOP - 12}" {FONT}>{title(names[2])}</text>')
    return made


def diagonal(axes: Axes, first: tuple[float, float], last_x: float) -> str:
    """Return the line that work in proportion to the text would follow from the first point on."""
    last_x = min(last_x, first[0] * 10.0 ** axes.y[-1] / first[1])  # as far as the chart goes
    x1, y1 = axes.place(*first)
    x2, y2 = axes.place(last_x, first[1] * last_x / first[0])
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#bbb" stroke-dasharray="4 4"/>'


def draw(chart: Chart) -> str:
    series, names = chart
    axes = Axes([point for points in series.values() for point in points])
    made = grid(axes, names)
    for index, (name, points) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        made.append(diagonal(axes, points[0], points[-1][0]))
        places = [axes.place(*point) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        made.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        made += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        made.append(f'<rect x="{LEFT + 14}" y="{TOP + 8 + 18 * index}" width="12" height="3" fill="{colour}"/>')
        made.append(f'<text x="{LEFT + 32}" y="{TOP + 14 + 18 * index}" {FONT}>{PREFIXES.get(names[0], "")}{name}</text>')
    body = "\n".join(made)
    label = f"{title(names[2])} against {title(names[1])}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    Path(sys.argv[2]).write_text(draw(rows(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
