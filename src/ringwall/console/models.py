"""The models page: which models the account may ask, how the way to each stands, and what of each limit is used. It only shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ringwall.api.native.limits import LimitsOutput
from ringwall.api.native.models import ModelsOutput
from ringwall.console.visit import Visit
from ringwall.errors import AccessDenied
from ringwall.inference.limits.rule import Rule
from ringwall.inference.limits.use import LimitUse, Use
from ringwall.wire import HttpResponse

CIRCUITS = {"closed": ("pass", "closed"), "half-open": ("mask", "being tried"), "open": ("block", "open"), "none": ("", "built in")}
"""Per state of a circuit the colour and the words."""
ORIGINS = {"account": "this account", "operator": "the operator, for this account", "settings": "the operator, for all"}
_UNITS = {"requests": "requests", "tokens": "tokens", "concurrency": "calls under way"}
_NEARLY = 80.0


class Bar(msgspec.Struct, frozen=True):
    """How much of a limit one subject used. width: of 100, at least a line where anything is used; `kind` is the colour."""

    subject: str
    says: str
    percent: float
    width: float
    kind: str


class Budget(msgspec.Struct, frozen=True):
    """One limit in a person's words. bars: None where what is used is not known."""

    id: str
    says: str
    whose: str
    about: str
    bars: tuple[Bar, ...] | None


async def models(visit: Visit) -> HttpResponse:
    """Show the model table and the limits; what this key may not list is left out, and the page says so."""
    listed: ModelsOutput | None = await _listed(visit, "ListModels")
    limits: LimitsOutput | None = await _listed(visit, "ListLimits")
    values = {
        "models": None if listed is None else listed.models,
        "budgets": None if limits is None else [budget(one) for one in limits.limits],
        "circuits": CIRCUITS,
        "origins": ORIGINS,
    }
    return visit.page("models.html", values)


async def _listed(visit: Visit, operation: str) -> Any:
    try:
        return await visit.call(operation, {})
    except AccessDenied:
        return None


def budget(one: LimitUse) -> Budget:
    """Describe a limit and its use."""
    rule = one.limit
    bars = None if one.uses is None else tuple(_bar(rule, use) for use in one.uses)
    return Budget(rule.id, _amount(rule), ORIGINS["settings" if one.origin == "operator" else "account"], _about(rule), bars)


def _bar(rule: Rule, use: Use) -> Bar:
    percent = use.percent
    used = f"{use.used_usd} of {rule.usd} USD" if rule.kind == "cost" else f"{use.used:,} of {use.of:,} {_UNITS[rule.kind]}"
    kind = "block" if percent >= 100 else "mask" if percent >= _NEARLY else "pass"
    subject = ", ".join(f"{part} {value}" for part, value in use.subject.items()) or "the account"
    return Bar(subject, used, percent, min(100.0, max(1.0, percent)) if use.used else 0.0, kind)


def _amount(rule: Rule) -> str:
    if rule.kind == "concurrency":
        return f"{rule.amount:,} calls under way"
    what = f"{rule.usd} USD" if rule.kind == "cost" else f"{rule.amount:,} {_UNITS[rule.kind]}"
    burst = f", {rule.burst:,} at once" if rule.burst else ""
    return f"{what} in {_duration(rule.period_s or 0)}{burst}"


def _duration(seconds: int) -> str:
    for length, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % length == 0:
            number = seconds // length
            return f"a {word}".replace("a hour", "an hour") if number == 1 else f"{number:,} {word}s"
    raise AssertionError  # every number of seconds is one of seconds


def _about(rule: Rule) -> str:
    """Say what a limit counts together, and what it is about."""
    per = f"for each {_joined(rule.per)}" if rule.per else "for the account as a whole"
    only = [
        f"{word} {', '.join(values)}" for word, values in (("keys", rule.keys), ("models", rule.models), ("routes", rule.routes)) if values
    ]
    return f"{per}; only {'; '.join(only)}" if only else per


def _joined(words: Sequence[str]) -> str:
    return " and ".join(words)
