"""Softened answers keep the class, and hold no more digits than they may."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ringwall.inference.monitors import Response
from ringwall.inference.monitors.answers import read_answer, soften

SURE = st.floats(0, 1, allow_nan=False)
VECTORS = st.lists(SURE, min_size=2, max_size=8)
RESPONSES = st.one_of(st.integers(0, 6).map(lambda digits: Response(digits=digits)), st.just(Response(withhold=True)))


def few_digits(value: float, response: Response) -> bool:
    return value == (round(value) if response.withhold else round(value, response.digits))


@given(st.lists(VECTORS, min_size=2, max_size=4), RESPONSES, st.sampled_from(["application/json", "text/csv"]))
def test_the_class_stays_and_digits_go(rows: list[list[float]], response: Response, kind: str) -> None:
    body = json.dumps(rows).encode() if kind != "text/csv" else "".join(f"{','.join(map(repr, row))}\n" for row in rows).encode()
    before, after = (read_answer(kind, each, len(rows)) for each in (body, soften(kind, body, len(rows), response)))
    for one, other in zip(before, after, strict=True):
        assert one is not None
        assert other is not None
        assert one.label == other.label
        assert len(one.values) == len(other.values)
        assert all(few_digits(value, response) for value in other.values)


@given(st.lists(SURE, min_size=2, max_size=6), RESPONSES)
def test_a_score_stays_on_its_side_of_one_half(scores: list[float], response: Response) -> None:
    soft = json.loads(soften("application/json", json.dumps(scores).encode(), len(scores), response))
    for one, other in zip(scores, soft, strict=True):
        assert (one >= 0.5) == (other >= 0.5)
        assert few_digits(other, response)
