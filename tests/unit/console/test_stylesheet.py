"""Colours that carry text have a contrast of at least 4.5 : 1 in both schemes (WCAG 2.2, success criterion 1.4.3)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = files("ringwall.console").joinpath("static", "console.css").read_text("utf-8")


def schemes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{([^}]*)\}", CSS)
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks[:2])
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PAIRS = [
    *[(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("paper", "card")],
    ("accent", "accent-wash"), ("accent-ink", "accent"), ("ink", "accent-wash"),
    *[(kind, f"{kind}-wash") for kind in ("block", "mask", "pass")],
    *[(kind, "card") for kind in ("block", "mask")],
    *[("ink", f"{kind}-wash") for kind in ("block", "mask", "pass")],
    *[("mark-ink", kind) for kind in ("pii", "attack", "word", "secret", "other")],
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(scheme: str, ink: str, ground: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


def test_the_measure_is_right_at_both_ends() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert contrast("#777777", "#777777") == 1.0
