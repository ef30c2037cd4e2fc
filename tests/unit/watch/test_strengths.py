"""What LOW, MEDIUM and HIGH stand for: bounds on rates against known values, and thresholds that keep to the rates."""

from __future__ import annotations

import math

import pytest

from ringwall.errors import InvalidRequest, LimitExceeded
from ringwall.watch.strengths import (
    RATES,
    SampleTooSmall,
    SampleUnfit,
    allowed,
    check_rates,
    fit,
    flagged,
    texts_needed,
    upper_bound,
    weaker,
)


@pytest.mark.parametrize(
    ("hits", "texts", "bound"),
    [
        (0, 299, 0.00996914679289),
        (0, 998, 0.00299723504074),
        (3, 998, 0.00775070927432),
        (10, 1_000, 0.01690317512056),
        (30, 1_000, 0.04047223728087),
        (300, 100_000, 0.00330044547877),
        (99, 100, 0.99948719858374),
        (500, 1_000, 0.52648226876431),
        (0, 1, 0.95),
        (7, 7, 1.0),
    ],
)
def test_the_bound_is_the_beta_distributions_quantile(hits: int, texts: int, bound: float) -> None:
    """Source of the values: scipy.stats.beta.ppf(0.95, hits + 1, texts - hits)."""
    assert upper_bound(hits, texts) == pytest.approx(bound, abs=1e-10)


@pytest.mark.parametrize(("hits", "texts"), [(0, 20), (1, 30), (4, 40), (12, 50), (59, 60)])
def test_at_the_bound_so_few_hits_happen_once_in_twenty_samples(hits: int, texts: int) -> None:
    rate = upper_bound(hits, texts)
    probability = sum(math.comb(texts, k) * rate**k * (1 - rate) ** (texts - k) for k in range(hits + 1))
    assert probability == pytest.approx(0.05, abs=1e-9)


def test_a_sample_needs_as_many_texts_as_show_a_rate_with_none_flagged() -> None:
    assert [texts_needed(rate) for rate in RATES] == [99, 299, 998]
    for rate in RATES:
        needed = texts_needed(rate)
        assert upper_bound(0, needed) <= rate < upper_bound(0, needed - 1)
        with pytest.raises(SampleTooSmall) as refused:
            allowed(needed - 1, rate)
        assert str(needed) in refused.value.how_to_mend


def test_being_sure_allows_fewer_hits_and_as_many_as_it_can() -> None:
    for texts in (998, 5_000, 20_000):
        for rate in RATES:
            sure = allowed(texts, rate, sure=True)
            assert sure < allowed(texts, rate)
            assert upper_bound(sure, texts) <= rate < upper_bound(sure + 1, texts)


def test_thresholds_are_the_lowest_that_keep_to_the_rates() -> None:
    scores = [index / 2_000 for index in range(1_000)]
    thresholds = fit(scores)
    assert flagged(scores, thresholds) == (30, 10, 3)
    assert flagged(scores, [level - 2e-6 for level in thresholds]) == (31, 11, 4)


def test_equal_scores_stay_below_together_and_thresholds_still_rise() -> None:
    scores = [0.25] * 1_000
    low, medium, high = fit(scores)
    assert 0.25 < low < medium < high < 0.26
    assert flagged(scores, (low, medium, high)) == (0, 0, 0)


def test_texts_that_cannot_be_judged_count_as_flagged() -> None:
    scores: list[float | None] = [0.1] * 997 + [None] * 3
    thresholds = fit(scores)
    assert flagged(scores, thresholds) == (3, 3, 3)
    with pytest.raises(SampleUnfit):
        fit([0.1] * 996 + [None] * 4)


def test_a_sample_whose_highest_scores_are_one_has_no_threshold() -> None:
    with pytest.raises(SampleUnfit):
        fit([1.0] * 50 + [0.1] * 950)
    assert fit([1.0] * 3 + [0.1] * 997)


@pytest.mark.parametrize(
    "rates", [(3, 1, 0.3), (0.03, 0.01), (0.01, 0.03, 0.1), (0.03, 0.01, 0.0), (0.03, 0.03, 0.01), (math.nan, 0.01, 0.003)]
)
def test_rates_that_are_none_are_refused(rates: tuple[float, ...]) -> None:
    with pytest.raises(InvalidRequest):
        check_rates(rates)


@pytest.mark.parametrize("score", [1.1, -0.1, math.nan])
def test_scores_that_are_none_are_refused(score: float) -> None:
    with pytest.raises(LimitExceeded):
        fit([0.1] * 999 + [score])


def test_a_higher_threshold_is_weaker_at_its_level_only() -> None:
    assert weaker((0.4, 0.7, 0.91), (0.5, 0.7, 0.9)) == ("HIGH",)
    assert weaker((0.5, 0.7, 0.9), (0.5, 0.7, 0.9)) == ()
