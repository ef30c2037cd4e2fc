"""Write the measured tables into docs/filters/watch.md: `python -m training.tables` (from the repository's root)."""

from __future__ import annotations

import json
import re
from pathlib import Path

from training.content import card, cascade_card
from training.grounding import tables as grounding_tables
from training.names import card as names
from training.topics import card as topics_card

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "filters" / "watch.md"
WEIGHTS = ROOT / "src" / "ringwall" / "watch" / "weights"


def put(page: str, name: str, lines: list[str]) -> str:
    """Replace what stands between the two marks of a name."""
    block = f"<!-- {name} -->\n" + "\n".join(lines) + f"\n<!-- /{name} -->"
    return re.sub(rf"<!-- {name} -->\n.*?<!-- /{name} -->", lambda _: block, page, flags=re.DOTALL)


def grounding_table(measured: dict) -> list[str]:
    """Return the Markdown table of grounding."""
    lines = ["| source | AUROC | answers | fitted on | below 0.3 | below 0.5 | below 0.7 |", "|---|---|---|---|---|---|---|"]
    for name, figure in measured.items():
        below = " | ".join(f"{100 * grounded:.0f} / {100 * other:.0f} %" for grounded, other in figure["below"].values())
        lines.append(f"| {name} | {figure['auroc']:.3f} | {figure['answers']} | {'yes' if figure['fitted_on'] else 'no'} | {below} |")
    return lines


def relevance_table(measured: dict) -> list[str]:
    """Return the Markdown table of relevance."""
    lines = ["| pairs | by words | by meaning (95 % interval) | pairs measured |", "|---|---|---|---|"]
    for name, figure in measured.items():
        low, high = figure["auroc_interval"]
        lines.append(f"| {name} | {figure['auroc_lexical']:.3f} | {figure['auroc']:.3f} ({low:.3f}-{high:.3f}) | {figure['pairs']} |")
    return lines


def main() -> None:
    """Fill the page in."""
    content = json.loads((WEIGHTS / "content-v1.card.json").read_text("utf-8"))
    lexical = json.loads((WEIGHTS / "lexical-v1.card.json").read_text("utf-8"))
    page = PAGE.read_text("utf-8")
    page = put(page, "content-metrics", card.metrics_table(content))
    page = put(page, "content-rates", card.rates_table(content))
    cascade = json.loads((WEIGHTS / f"{cascade_card.CARD}.json").read_text("utf-8"))
    page = put(page, "cascade-metrics", cascade_card.metrics_table(cascade))
    page = put(page, "cascade-ways", cascade_card.ways_table(cascade))
    page = put(page, "cascade-rates", card.rates_table(cascade))
    page = put(page, "cascade-limits", [f"- {limit}" for limit in cascade["limits"]])
    page = put(page, "content-limits", [f"- {limit}" for limit in content["limits"]])
    topics = json.loads((WEIGHTS / "topics-v1.card.json").read_text("utf-8"))
    page = put(page, "topics", topics_card.table(topics["ten"]))
    page = put(page, "topics-held", topics_card.table(topics["held"]))
    page = put(page, "topics-harmless", topics_card.harmless_table(topics["ten"]))
    page = put(page, "topics-limits", [f"- {limit}" for limit in topics["limits"]])
    page = put(page, "grounding", grounding_table(lexical["grounding"]))
    grounding = json.loads((WEIGHTS / "grounding-v1.card.json").read_text("utf-8"))
    page = put(page, "grounding-meaning", grounding_tables.grounding_table(grounding))
    page = put(page, "grounding-limits", [f"- {limit}" for limit in grounding["limits"]])
    relevance = json.loads((WEIGHTS / "relevance-v1.card.json").read_text("utf-8"))
    page = put(page, "relevance", relevance_table(relevance["relevance"]))
    found = json.loads((WEIGHTS / f"{names.NAME}.json").read_text("utf-8"))
    page = put(page, "names-figures", names.figures_table(found))
    page = put(page, "names-flagged", names.flagged_table(found))
    page = put(page, "names-limits", [f"- {limit}" for limit in found["limits"]])
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
