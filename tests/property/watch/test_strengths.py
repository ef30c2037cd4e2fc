"""Invariants of fitted thresholds, whatever the scores."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringwall.watch.strengths import SampleUnfit, allowed, fit, flagged, upper_bound

SCORES = st.lists(st.one_of(st.none(), st.floats(0.0, 1.0), st.sampled_from([0.0, 0.5, 0.999999, 1.0])), min_size=59, max_size=400)
RATES = (0.2, 0.1, 0.05)


@given(SCORES, st.booleans())
def test_fitted_thresholds_rise_and_keep_to_the_rates(scores: list[float | None], sure: bool) -> None:
    try:
        thresholds = fit(scores, RATES, sure=sure)
    except SampleUnfit:
        most = allowed(len(scores), RATES[-1], sure=sure)
        assert sum(score is None or score >= 1.0 - 4e-6 for score in scores) > most
        return
    low, medium, high = thresholds
    assert 0.0 < low < medium < high <= 1.0
    for count, rate in zip(flagged(scores, thresholds), RATES, strict=True):
        assert count / len(scores) <= rate
        assert not sure or upper_bound(count, len(scores)) <= rate


@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_a_sample_does_not_matter(scores: list[float | None], random: object) -> None:
    shuffled = list(scores)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    try:
        assert fit(scores, RATES) == fit(shuffled, RATES)
    except SampleUnfit:
        return


@given(st.integers(1, 500), st.data())
def test_bounds_rise_with_hits_and_stay_above_the_share(texts: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, texts - 1))
    assert hits / texts < upper_bound(hits, texts) <= upper_bound(hits + 1, texts) <= 1.0
