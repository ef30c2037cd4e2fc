"""Answers of classifiers are read in three media, and given with coarser confidences or none; the class stays the model's."""

from __future__ import annotations

import json

import pytest

from ringwall.inference.monitors import AnswerUnread, Confidences, Response
from ringwall.inference.monitors.answers import read_answer, soften
from ringwall.wire.tabular.npy import Array, read_npy, write_npy

ONE, WITHHELD = Response(digits=1), Response(withhold=True)


def told(label: int, *values: float) -> Confidences:
    return Confidences(label=label, values=values)


@pytest.mark.parametrize(
    ("answer", "rows", "expected"),
    [
        ([[0.2, 0.8], [0.7, 0.3]], 2, [told(1, 0.2, 0.8), told(0, 0.7, 0.3)]),
        ({"predictions": [[0.2, 0.8]]}, 1, [told(1, 0.2, 0.8)]),
        ([0.2, 0.8], 1, [told(1, 0.2, 0.8)]),
        ([0.25, 0.75], 2, [told(0, 0.75, 0.25), told(1, 0.25, 0.75)]),
        ([0.75], 1, [told(1, 0.25, 0.75)]),
        (0.75, 1, [told(1, 0.25, 0.75)]),
        ([3, 1], 2, [told(3), told(1)]),
        ({"predictions": [{"score": 0.75, "predicted_label": 1}]}, 1, [told(1, 0.25, 0.75)]),
        ({"predictions": [{"label": 2, "probabilities": [0.1, 0.2, 0.7]}]}, 1, [told(2, 0.1, 0.2, 0.7)]),
        ({"cat": 0.25, "dog": 0.75}, 1, [told(1, 0.25, 0.75)]),
        ([17.5], 1, [None]),
        (["cat"], 1, [None]),
        ([[0.2, 0.8]], 2, [None, None]),
        ([], 1, [None]),
    ],
)
def test_what_was_answered_to_each_row(answer: object, rows: int, expected: list[Confidences | None]) -> None:
    assert read_answer("application/json", json.dumps(answer).encode(), rows) == expected


def test_csv_and_arrays_are_read_alike() -> None:
    assert read_answer("text/csv", b"0.2,0.8\n0.7,0.3\n", 2) == [told(1, 0.2, 0.8), told(0, 0.7, 0.3)]
    assert read_answer("text/csv", b"0.25\n0.75\n", 2) == [told(0, 0.75, 0.25), told(1, 0.25, 0.75)]
    assert read_answer("text/csv", b"0.25,0.75\n", 2) == [told(0, 0.75, 0.25), told(1, 0.25, 0.75)]
    array = write_npy(Array(descr="<f8", shape=(2, 2), values=(0.2, 0.8, 0.7, 0.3)))
    assert read_answer("application/x-npy", array, 2) == [told(1, 0.2, 0.8), told(0, 0.7, 0.3)]
    assert read_answer("application/x-pickle", b"x", 2) == [None, None]
    assert read_answer("application/json", b"{", 1) == [None]


@pytest.mark.parametrize(
    ("answer", "rows", "rounded", "withheld"),
    [
        ([[0.21, 0.79], [0.68, 0.32]], 2, [[0.2, 0.8], [0.7, 0.3]], [[0, 1], [1, 0]]),
        ({"predictions": [[0.21, 0.79]], "n": 1}, 1, {"predictions": [[0.2, 0.8]], "n": 1}, {"predictions": [[0, 1]], "n": 1}),
        ([[0.48, 0.52]], 1, [[0.5, 0.6]], [[0, 1]]),  # the class stays, where rounding would make both alike
        ([0.48, 0.52], 2, [0.4, 0.5], [0, 1]),  # two rows, each on its side of one half
        ([0.48, 0.52], 1, [0.5, 0.6], [0, 1]),  # one row, two classes
        ({"score": 0.4999, "predicted_label": 0}, 1, {"score": 0.4, "predicted_label": 0}, {"score": 0, "predicted_label": 0}),
        ({"cat": 0.21, "dog": 0.79}, 1, {"cat": 0.2, "dog": 0.8}, {"cat": 0, "dog": 1}),
        (
            {"p": "0.79", "id": "7", "name": "cat 0.79"},
            1,
            {"p": "0.8", "id": "7", "name": "cat 0.79"},
            {"p": "1.0", "id": "7", "name": "cat 0.79"},
        ),
        ([3, 1, 2], 3, [3, 1, 2], [3, 1, 2]),
        ([-0.04, -3.26], 1, [0.0, -3.3], [1, 0]),
        ([1234.56], 1, [1234.6], [1235]),
        ([[[0.21, 0.79]]], 1, [[[0.2, 0.8]]], [[[0, 1]]]),
        ({"a": None, "b": True}, 1, {"a": None, "b": True}, {"a": None, "b": True}),
    ],
)
def test_json_keeps_its_shape(answer: object, rows: int, rounded: object, withheld: object) -> None:
    body = json.dumps(answer).encode()
    assert json.loads(soften("application/json", body, rows, ONE)) == rounded
    assert json.loads(soften("application/json", body, rows, WITHHELD)) == withheld
    assert soften("application/json", body, rows, Response()) == body


def test_csv_keeps_its_lines_and_words() -> None:
    assert soften("text/csv", b"cat,0.21,0.79\ndog,0.68,0.32\n", 2, ONE) == b"cat,0.2,0.8\ndog,0.7,0.3\n"
    assert soften("text/csv", b"0.21,0.79", 1, WITHHELD) == b"0.0,1.0\n"
    assert soften("text/csv", b"0.21,0.79", 2, ONE) == b"0.2,0.8\n"
    assert soften("text/csv", b"1\n0\n", 2, WITHHELD) == b"1\n0\n"
    assert soften("text/csv", b"1,0.93\n", 1, ONE) == b"1,0.9\n"


def test_arrays_keep_their_type_and_shape() -> None:
    array = Array(descr="<f4", shape=(2, 2), values=(0.21, 0.79, 0.68, 0.32))
    soft = read_npy(soften("application/x-npy", write_npy(array), 2, ONE))
    assert (soft.descr, soft.shape) == ("<f4", (2, 2))
    assert soft.values == pytest.approx((0.2, 0.8, 0.7, 0.3), abs=1e-6)
    labels = write_npy(Array(descr="<i8", shape=(2,), values=(3, 1)))
    assert soften("application/x-npy", labels, 2, WITHHELD) == labels
    scores = write_npy(Array(descr="<f8", shape=(2,), values=(0.21, 0.79)))
    assert read_npy(soften("application/x-npy", scores, 2, WITHHELD)).values == (0.0, 1.0)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-pickle", b"x"),
        ("", b"[0.1]"),
        ("application/json", b"{"),
        ("text/csv", b'"0.93"'),
        ("application/x-npy", b"x"),
        ("application/x-npy", write_npy(Array(descr="<f8", shape=(2,), values=(float("nan"), 0.5)))),
    ],
)
def test_what_cannot_be_read_is_withheld_whole(kind: str, body: bytes) -> None:
    with pytest.raises(AnswerUnread):
        soften(kind, body, 1, ONE)
