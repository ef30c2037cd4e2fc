"""What is remembered of upstreams has a bound, and forgets none that is in use."""

from __future__ import annotations

from ringwall.inference.upstreams.breaker import BreakerRules
from ringwall.inference.upstreams.models import Route
from ringwall.inference.upstreams.retries import RetryRules
from ringwall.inference.upstreams.row import DEVELOPMENT_ROW, parse_upstream
from ringwall.inference.upstreams.states import KEPT, States


def route(account: int) -> Route:
    return Route(row=DEVELOPMENT_ROW, address=parse_upstream("development:"), name="m", account_id=str(account))


def test_the_one_in_use_stays_and_the_quietest_goes() -> None:
    states = States(BreakerRules(), RetryRules())
    used, quiet = states.of(route(0)), states.of(route(1))
    with states.entered(used, "host", 2):
        for account in range(2, KEPT + 10):
            states.of(route(account))
        assert len(states._states) == KEPT
        assert states.of(route(0)) is used
    assert states.of(route(1)) is not quiet
    assert (used.in_flight, dict(states._under_way)) == (0, {})
