"""Limits in a person's words."""

from __future__ import annotations

from typing import Any

import pytest

from ringwall.console.models import budget
from ringwall.inference.limits.use import LimitUse, Use
from tests.limits import limit

RULES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a burst": (
        {"kind": "requests", "amount": 600, "periodS": 60, "burst": 100, "per": ["key", "model"]},
        "600 requests in a minute, 100 at once",
        "for each key and model",
    ),
    "hours": ({"kind": "tokens", "amount": 2_000_000, "periodS": 7200}, "2,000,000 tokens in 2 hours", "for the account as a whole"),
    "an odd period": ({"kind": "tokens", "amount": 9, "periodS": 3601}, "9 tokens in 3,601 seconds", "for the account as a whole"),
    "cost": ({"kind": "cost", "usd": "2.5", "periodS": 86400}, "2.5 USD in a day", "for the account as a whole"),
    "calls": (
        {"kind": "concurrency", "amount": 4, "models": ["a", "b*"], "routes": ["openai"]},
        "4 calls under way",
        "for the account as a whole; only models a, b*; routes openai",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_a_limit_is_told(name: str) -> None:
    document, says, about = RULES[name]
    told = budget(LimitUse(limit=limit({"id": "r", **document}), origin="account", uses=None))
    assert (told.says, told.about, told.bars) == (says, about, None)


@pytest.mark.parametrize(
    ("used", "width", "kind"), [(0, 0, "pass"), (1, 1, "pass"), (800, 80, "mask"), (999, 99.9, "mask"), (1500, 100, "block")]
)
def test_a_bar_is_as_long_as_what_is_used_and_shows_that_something_is(used: int, width: float, kind: str) -> None:
    rule = limit({"id": "r", "kind": "tokens", "amount": 1000, "periodS": 60})
    told = budget(LimitUse(limit=rule, origin="operator", uses=(Use(subject={}, used=used, of=1000),)))
    assert told.bars is not None
    assert (told.bars[0].width, told.bars[0].kind) == (width, kind)
