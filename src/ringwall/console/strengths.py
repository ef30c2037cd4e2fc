"""The learned model behind content filters, as the guardrails page shows it: version, and the scores at which it is confident."""

from __future__ import annotations

import msgspec

from ringwall.api.native.watch import WatchOutput
from ringwall.console.visit import Visit
from ringwall.errors import AccessDenied
from ringwall.watch.strengths import LEVELS, weaker


class Row(msgspec.Struct, frozen=True):
    """One category. kind, whose: the colour and the words of whose thresholds hold."""

    category: str
    thresholds: str
    card: str
    kind: str
    whose: str


class Strengths(msgspec.Struct, frozen=True):
    """What the section says. notes: what a person should look at."""

    model: str
    version: str
    pinned: str
    fitted: str
    notes: tuple[str, ...]
    rows: tuple[Row, ...]


async def strengths(visit: Visit) -> Strengths | None:
    """Return what stands for the account; None where this key may not see it."""
    try:
        watch: WatchOutput = await visit.call("GetWatch", {})
    except AccessDenied:
        return None
    return describe(watch)


def describe(watch: WatchOutput) -> Strengths:
    """Put the account's model and thresholds into words."""
    notes = []
    if watch.problem:
        notes.append(f"{watch.problem}: guardrails with content filters are refused until this is mended.")
    if watch.stale:
        notes.append("The account's own thresholds were fitted with another model, so the model card's hold. Fit them again.")
    fitted = ""
    if watch.fitted is not None:
        rates = " / ".join(f"{100 * rate:g} %" for rate in watch.fitted.sample.rates)
        fitted = f"on {watch.fitted.sample.texts:,} harmless texts of your own, for {rates} at {' / '.join(LEVELS)}"
    rows = tuple(_row(category, levels, watch.shipped[category]) for category, levels in watch.thresholds.items())
    return Strengths(
        model=(watch.model or "none").partition("@")[0],
        version=watch.version or watch.pin or "none",
        pinned=watch.pin or "",
        fitted=fitted,
        notes=tuple(notes),
        rows=rows,
    )


def _row(category: str, levels: tuple[float, float, float], card: tuple[float, float, float]) -> Row:
    lost = weaker(levels, card)
    if levels == card:
        kind, whose = "", "model card"
    elif lost:
        kind, whose = "mask", f"own, weaker at {', '.join(lost)}"
    else:
        kind, whose = "pass", "own"
    return Row(category, _told(levels), _told(card), kind, whose)


def _told(levels: tuple[float, float, float]) -> str:
    return " / ".join(f"{level:.4g}" for level in levels)
