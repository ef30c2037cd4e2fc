"""What is remembered of each upstream between requests: its circuit, its retry budget, and how many requests are under way.

Accounts share a server fairly: each may have as many requests under way to it as there are places free. One account alone has half of all
places, n accounts that ask for all they can have an (n + 1)-th each, and as much stays free for whoever comes next. Whoever has more than
that, because it came first, gets no more until its own have ended.

Source: A. K. Choudhury, E. L. Hahne, "Dynamic queue length thresholds for shared-memory packet switches", 1998, with alpha = 1.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ringwall.inference.upstreams.breaker import Breaker, BreakerRules
from ringwall.inference.upstreams.breaker import State as Circuit
from ringwall.inference.upstreams.errors import UpstreamBusy
from ringwall.inference.upstreams.models import Route
from ringwall.inference.upstreams.retries import RetryBudget, RetryRules
from ringwall.inference.upstreams.row import ModelRow

KEPT = 1000


@dataclass(slots=True)
class State:
    """One upstream as one account uses it."""

    breaker: Breaker
    budget: RetryBudget
    in_flight: int = 0


class States:
    """The states of the upstreams that were used last, `KEPT` of them; one with requests under way is never forgotten.

    Accounts do not share them, nor do different credentials: who asks what makes an upstream fail closes the way to it for itself alone.
    """

    def __init__(self, breaker: BreakerRules, retries: RetryRules) -> None:
        self._breaker = breaker
        self._retries = retries
        self._states: OrderedDict[tuple[str, str, str, str], State] = OrderedDict()
        self._under_way: dict[str, Counter[str]] = {}

    def of(self, route: Route) -> State:
        """Return a route's state."""
        key = (route.account_id, route.owner, route.row.upstream, route.row.credential)
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = State(Breaker(self._breaker), RetryBudget(self._retries))
        self._states.move_to_end(key)
        if len(self._states) > KEPT:
            idle = next((each for each, held in self._states.items() if not held.in_flight and each != key), None)
            if idle is not None:
                del self._states[idle]
        return state

    def look(self, account_id: str, owner: str, row: ModelRow, now: float) -> tuple[Circuit, int]:
        """Return how an account's circuit to a row's upstream stands in this process, and how many of its requests are under way there."""
        state = self._states.get((account_id, owner, row.upstream, row.credential))
        return ("closed", 0) if state is None else (state.breaker.state(now), state.in_flight)

    def circuits(self, now: float) -> Counter[Circuit]:
        """Return how many circuits stand open, half-open and closed."""
        return Counter(state.breaker.state(now) for state in self._states.values())

    @property
    def under_way(self) -> int:
        """Requests under way to all upstreams together."""
        return sum(shares.total() for shares in self._under_way.values())

    @contextmanager
    def entered(self, state: State, route: Route, most: int) -> Iterator[None]:
        """Count a request as under way to a route's server.

        Args:
            state: the route's.
            route: whose account asks, and which server.
            most: how many one account alone may have under way there; of all together there may be twice as many.

        Raises:
            UpstreamBusy: this account has its share.
        """
        account_id, authority = route.account_id, route.address.authority
        shares = self._under_way.setdefault(authority, Counter())
        if shares[account_id] >= 2 * most - shares.total():
            self._forget(authority, account_id)
            raise UpstreamBusy("as many requests as may be are under way to the upstream", retry_after_s=1)
        state.in_flight += 1
        shares[account_id] += 1
        try:
            yield
        finally:
            state.in_flight -= 1
            shares[account_id] -= 1
            self._forget(authority, account_id)

    def _forget(self, authority: str, account_id: str) -> None:
        """Forget shares of nothing."""
        shares = self._under_way[authority]
        if not shares[account_id]:
            del shares[account_id]
        if not shares:
            del self._under_way[authority]
