"""The Markdown tables of the grounding scorer's card."""

from __future__ import annotations


def grounding_table(card: dict) -> list[str]:
    """Return the Markdown table of grounding."""
    heads = ("source", "AUROC (95 % interval)", "by words alone", "by the model alone", "answers", "trained on")
    lines = [f"| {' | '.join((*heads, 'below 0.3', 'below 0.5', 'below 0.7'))} |", "|---|---|---|---|---|---|---|---|---|"]
    for name, figure in card["grounding"].items():
        low, high = figure["auroc_interval"]
        below = " | ".join(f"{100 * grounded:.0f} / {100 * other:.0f} %" for grounded, other in figure["below"].values())
        kind = "other contexts" if figure["trained_on"] else "no"
        lines.append(
            f"| {name} | {figure['auroc']:.3f} ({low:.3f}-{high:.3f}) | {figure['auroc_lexical']:.3f} | {figure['auroc_entailment']:.3f} "
            f"| {figure['answers']} | {kind} | {below} |"
        )
    return [*lines, f"| **mean of the unseen** | **{card['auroc']:.3f}** | | | | | | | |"]
