"""Calibration sets thresholds beyond honest traffic, refuses what cannot calibrate, and says what it cannot tell."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from ringwall.inference.monitors import InvalidCalibration, Monitors, Query, Terms, UnreadableVector, calibrate
from ringwall.inference.monitors.calibration import RECENT
from tests.unit.inference.monitors.examples import COMPONENTS, NOW, SALT, answer_to, around, benign, calibration

TERMS: dict[str, Any] = {"model_id": "m", "version": 1, "salt": SALT, "shared_scale": True}
ROWS = benign(1, 120)

REFUSED: dict[str, tuple[list[tuple[float, ...]], dict[str, Any]]] = {
    "too few vectors": (ROWS[:99], {}),
    "too few different vectors": (ROWS[:50] * 4, {}),
    "no vectors": ([], {}),
    "too many vectors": (ROWS * 42, {}),
    "vectors of different lengths": ([*ROWS, ROWS[0][:-1]], {}),
    "too short vectors": ([row[:3] for row in ROWS], {}),
    "not a number": ([*ROWS, (math.nan, *ROWS[0][1:])], {}),
    "infinite": ([*ROWS, (math.inf, *ROWS[0][1:])], {}),
    "a short salt": (ROWS, {"salt": b"short"}),
    "version 0": (ROWS, {"version": 0}),
    "more false alarms than sense": (ROWS, {"false_alarms": 0.5}),
    "a private example of another length": (ROWS, {"private": (((1.0, 2.0), 1),)}),
    "a private class below 0": (ROWS, {"private": ((ROWS[0], -1),)}),
    "too large a private set": (ROWS, {"private": tuple((row, 0) for row in benign(3, 257))}),
}


@pytest.mark.parametrize(("rows", "terms"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_calibrate_is_refused(rows: list[tuple[float, ...]], terms: dict[str, Any]):
    with pytest.raises(InvalidCalibration) as caught:
        calibrate(rows, Terms(**TERMS | terms))
    assert caught.value.how_to_mend


def test_honest_vectors_that_were_not_calibrated_from_are_hardly_ever_flagged():
    monitors = Monitors(salt=SALT)
    monitors.calibrate("a", calibration())
    flagged = [
        one
        for vector in benign(7, 600)
        for one in monitors.see("a", "m", Query(vector=vector), answer_to(vector), NOW)
        if one.kind in {"near-duplicates", "close-queries", "confidence-probing"}
    ]
    assert len(flagged) <= 6  # 1 %: five times what was allowed


def test_the_same_traffic_calibrates_to_the_same_numbers_and_survives_its_encoding():
    again = calibrate(benign(1, 300), Terms(**TERMS, private=tuple((vector, answer_to(vector).label) for vector in benign(2, 60))))
    assert again == calibration()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(again), type=type(again)) == again
    assert again.silent == ()


def test_another_salt_makes_other_fingerprints():
    other = calibrate(benign(1, 300), Terms(**TERMS | {"salt": bytes(16)}))
    mine = Monitors(salt=SALT)
    mine.calibrate("a", other)
    encoders = [monitors._models["a", "m"].encoder for monitors in (mine, calibrated())]
    first, second = (encoder.encode(ROWS[0]) for encoder in encoders)
    assert first.mark != second.mark
    assert first.digest != second.digest


def calibrated() -> Monitors:
    monitors = Monitors(salt=SALT)
    monitors.calibrate("a", calibration())
    return monitors


def test_traffic_that_is_all_alike_is_said_to_tell_nothing():
    alike = [tuple(float(place == number % COMPONENTS) * 1e-9 + 5.0 for place in range(COMPONENTS)) for number in range(COMPONENTS)]
    outliers = [(100.0 + number, *alike[0][1:]) for number in range(100)]
    assert set(calibrate(alike + outliers, Terms(**TERMS)).silent) >= {"near-duplicates", "confidence-probing", "leak-budget"}


def test_long_vectors_are_folded_and_still_told_apart():
    long = [row * 12 for row in benign(1, 150)]
    made = calibrate(long, Terms(**TERMS))
    assert made.shape.folded is not None
    monitors = Monitors(salt=SALT)
    monitors.calibrate("a", made)
    encoder = monitors._models["a", "m"].encoder
    assert encoder.windows == 64
    here, near, far = (encoder.encode(row) for row in (long[0], tuple(one + 0.01 for one in long[0]), long[1]))
    assert (here.code ^ near.code).bit_count() < (here.code ^ far.code).bit_count() / 4
    assert (here.mark & near.mark).bit_count() > 4 * (here.mark & far.mark).bit_count()


@pytest.mark.parametrize("vector", [(1.0,) * 15, (1.0,) * 17, (), (math.nan,) * 16, (math.inf,) * 16, (-math.inf, *(0.0,) * 15)])
def test_a_vector_that_cannot_be_judged_is_refused_and_not_counted(vector: tuple[float, ...]):
    monitors = calibrated()
    with pytest.raises(UnreadableVector) as caught:
        monitors.see("a", "m", Query(vector=vector), None, NOW)
    assert "nan" not in str(caught.value)
    assert not monitors.holds("a", "m")


@pytest.mark.parametrize("vector", [(1e308,) * 16, (-1e308, 1e308) * 8, (5e-324,) * 16])
def test_the_largest_and_smallest_numbers_are_judged(vector: tuple[float, ...]):
    assert calibrated().see("a", "m", Query(vector=vector), answer_to(ROWS[0]), NOW) == []


def test_short_attacks_are_found_by_what_was_asked_just_before():
    assert calibration().lately.total > 0
    found = {}
    for apart in (0, RECENT):
        monitors = Monitors(salt=SALT)
        monitors.calibrate("a", msgspec.structs.replace(calibration(), scales=(), matches=0, near=0, private=()))
        honest, raised = iter(benign(30, 200)), []
        for number in range(10):
            for _ in range(apart):
                monitors.see("a", "m", Query(vector=next(honest)), None, NOW)
            raised += [one.kind for one in monitors.see("a", "m", Query(vector=around(ROWS[0], number, 3.0)), None, NOW)]
        found[apart] = raised.count("close-queries")
    assert found[0] >= 7
    assert found[RECENT] == 0  # those who wait that long between two are left to the other scales


def test_honest_queries_that_follow_one_another_alike_set_the_scale():
    slow = [tuple(value + step * 0.5 for value in one) for one in benign(1, 20) for step in range(10)]
    assert calibrate(slow, Terms(**TERMS)).lately.total < calibration().lately.total / 4


def test_an_account_that_asks_about_one_sort_of_thing_sets_off_little():
    monitors = Monitors(salt=SALT)
    made = calibrate(benign(1, 1_000), Terms(**TERMS, false_alarms=0.0))
    monitors.calibrate("a", made)
    narrow = [row for row in benign(40, 1_200) if answer_to(row).label == 2][:250]
    flagged = sum("close-queries" in {one.kind for one in monitors.see("a", "m", Query(vector=row), None, NOW)} for row in narrow)
    assert len(narrow) == 250
    assert flagged <= 3
