"""Repetitions: which, how many, how long apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import RingwallError
from ringwall.inference.upstreams.errors import (
    AddressRefused,
    CircuitOpen,
    CredentialMissing,
    UpstreamBrokeOff,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnreachable,
    UpstreamUnverified,
)
from ringwall.inference.upstreams.retries import RetryBudget, RetryRules, may_repeat, pause_s
from ringwall.inference.upstreams.statuses import retry_after_s
from ringwall.wire.dialects.errors import MalformedAnswer, UpstreamFailed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REPEATED = {
    "no connection": (UpstreamUnreachable("x"), True),
    "a slow connection": (UpstreamTimeout("x", phase="connect"), True),
    "too many requests": (UpstreamBusy("x"), True),
    "a failure of the server": (UpstreamFailed("x"), True),
    "a slow answer": (UpstreamTimeout("x", phase="first-byte"), False),
    "no time left": (UpstreamTimeout("x", phase="total"), False),
    "a wrong certificate": (UpstreamUnverified("x"), False),
    "an open circuit": (CircuitOpen("x"), False),
    "an address out of reach": (AddressRefused("x"), False),
    "no credential": (CredentialMissing("x"), False),
    "a refusal": (UpstreamRefused("x"), False),
    "no answer": (MalformedAnswer("x"), False),
    "half an answer": (UpstreamBrokeOff("x"), False),
}


@pytest.mark.parametrize("what", REPEATED)
def test_after(what: str) -> None:
    error, repeated = REPEATED[what]
    assert may_repeat(error) is repeated


@given(st.lists(st.booleans(), max_size=400))
def test_at_most_a_tenth_of_the_requests_are_repetitions_beside_the_reserve(wanted: list[bool]) -> None:
    """True: a request, and as many repetitions as it gets; False: a request that needs none."""
    budget = RetryBudget(RetryRules())
    repeated = 0
    for at, wants in enumerate(wanted, 1):
        budget.requested()
        while wants and budget.take():
            repeated += 1
        assert repeated <= 10 + 0.1 * at + 1e-6


def test_a_healthy_upstream_s_budget_does_not_grow_beyond_its_reserve() -> None:
    budget = RetryBudget(RetryRules())
    for _ in range(10_000):
        budget.requested()
    assert sum(budget.take() for _ in range(100)) == 10


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 40))
def test_pauses_are_drawn_from_a_range_that_doubles_up_to_a_cap(drawn: float, repetition: int) -> None:
    rules = RetryRules()
    assert pause_s(UpstreamFailed("x"), repetition, rules, lambda: drawn) == drawn * min(4.0, 0.25 * 2**repetition)


@pytest.mark.parametrize(("wanted", "pause"), [(1.5, 1.5), (4.0, 4.0), (0.0, 0.125), (4.1, None), (3600, None)])
def test_a_pause_that_the_upstream_asks_for_is_kept_or_passed_on(wanted: float, pause: float | None) -> None:
    error: RingwallError = UpstreamBusy("x", retry_after_s=wanted)
    assert pause_s(error, 0, RetryRules(), lambda: 0.5) == pause


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("999999999", 86_400.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=3), usegmt=True), 0.0),
        ("Thu, 01 Jan 2026 00:00:30", 30.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("٧", None),
        ("9" * 5000, None),
        ("Thu, 99 Jan 2026 00:00:30 GMT", None),
    ],
)
def test_retry_after_is_read(text: str, seconds: float | None) -> None:
    assert retry_after_s(text, NOW) == seconds
