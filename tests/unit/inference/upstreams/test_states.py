"""What is remembered of upstreams has a bound, and forgets none that is in use."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.inference.upstreams.breaker import BreakerRules
from ringwall.inference.upstreams.errors import UpstreamBusy
from ringwall.inference.upstreams.models import Route
from ringwall.inference.upstreams.retries import RetryRules
from ringwall.inference.upstreams.row import DEVELOPMENT_ROW, parse_upstream
from ringwall.inference.upstreams.states import KEPT, States


def route(account: int) -> Route:
    return Route(row=DEVELOPMENT_ROW, address=parse_upstream("development:"), name="m", account_id=str(account))


def test_the_one_in_use_stays_and_the_quietest_goes() -> None:
    states = States(BreakerRules(), RetryRules())
    used, quiet = states.of(route(0)), states.of(route(1))
    with states.entered(used, route(0), 2):
        for account in range(2, KEPT + 10):
            states.of(route(account))
        assert len(states._states) == KEPT
        assert states.of(route(0)) is used
    assert states.of(route(1)) is not quiet
    assert (used.in_flight, dict(states._under_way)) == (0, {})


class Crowd:
    """Accounts that ask one server, and end what they asked."""

    def __init__(self, most: int) -> None:
        self.states = States(BreakerRules(), RetryRules())
        self.most = most
        self.under_way: dict[int, list[ExitStack]] = {}

    def asks(self, account: int) -> bool:
        place, one = route(account), ExitStack()
        try:
            one.enter_context(self.states.entered(self.states.of(place), place, self.most))
        except UpstreamBusy:
            return False
        self.under_way.setdefault(account, []).append(one)
        return True

    def has(self, account: int) -> int:
        return len(self.under_way.get(account, ()))

    def ends_one(self, account: int) -> None:
        self.under_way[account].pop().close()


def test_one_account_alone_has_what_one_may_have_and_leaves_as_much() -> None:
    crowd = Crowd(8)
    assert [crowd.asks(1) for _ in range(10)] == [True] * 8 + [False] * 2
    assert crowd.asks(2)


@pytest.mark.parametrize("accounts", [2, 3, 5])
def test_an_account_that_came_first_gives_way_to_those_who_come_later(accounts: int) -> None:
    crowd = Crowd(30)
    while crowd.asks(0):
        pass
    for _ in range(200):
        for account in range(accounts):
            if crowd.has(account):
                crowd.ends_one(account)
            while crowd.asks(account):
                pass
    shares = [crowd.has(account) for account in range(accounts)]
    assert max(shares) - min(shares) <= 1, shares
    assert min(shares) >= 60 // (accounts + 1) - 1
    assert crowd.asks(99), "whoever comes next finds a place"


@given(st.integers(1, 6), st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=80))
def test_nobody_has_more_than_is_free_and_nothing_is_lost(most: int, steps: list[tuple[bool, int]]) -> None:
    crowd = Crowd(most)
    for asks, account in steps:
        free = 2 * most - sum(map(crowd.has, range(5)))
        had = crowd.has(account)
        if asks:
            assert crowd.asks(account) == (had < free)
        elif had:
            crowd.ends_one(account)
        assert sum(map(crowd.has, range(5))) <= 2 * most
        assert crowd.has(account) <= most
    for account in range(5):
        while crowd.has(account):
            crowd.ends_one(account)
    assert crowd.states._under_way == {}
