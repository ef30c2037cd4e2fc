"""Margins become scores along a rising curve; thresholds name confidences."""

from __future__ import annotations

import msgspec
import pytest

from ringwall.errors import IntegrityError
from ringwall.watch.calibration import Calibration

CURVE = Calibration(margins=(-1.0, 0.0, 2.0), scores=(0.0, 0.5, 1.0))


@pytest.mark.parametrize(
    ("margin", "score"),
    [(-9.0, 0.0), (-1.0, 0.0), (-0.5, 0.25), (0.0, 0.5), (1.0, 0.75), (2.0, 1.0), (9.0, 1.0), (float("inf"), 1.0), (float("-inf"), 0.0)],
)
def test_a_margin_between_two_knots_is_interpolated_and_one_outside_is_clamped(margin: float, score: float) -> None:
    assert CURVE.score(margin) == score


BROKEN = {
    "one knot": ([0.0], [0.5]),
    "more margins than scores": ([0.0, 1.0], [0.5]),
    "margins that stand still": ([0.0, 0.0], [0.1, 0.2]),
    "scores that fall": ([0.0, 1.0], [0.2, 0.1]),
    "scores below zero": ([0.0, 1.0], [-0.1, 0.1]),
    "scores above one": ([0.0, 1.0], [0.1, 1.1]),
}


@pytest.mark.parametrize(("margins", "scores"), BROKEN.values(), ids=BROKEN)
def test_a_curve_that_does_not_rise_within_zero_and_one_is_refused(margins: list[float], scores: list[float]) -> None:
    with pytest.raises(IntegrityError):
        Calibration(margins=tuple(margins), scores=tuple(scores))
    with pytest.raises((IntegrityError, msgspec.ValidationError)):
        msgspec.json.decode(msgspec.json.encode({"margins": margins, "scores": scores}), type=Calibration)
