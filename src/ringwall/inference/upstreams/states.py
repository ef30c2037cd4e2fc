"""What is remembered of each upstream between requests: its circuit, its retry budget, and how many requests are under way."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ringwall.inference.upstreams.breaker import Breaker, BreakerRules
from ringwall.inference.upstreams.errors import UpstreamBusy
from ringwall.inference.upstreams.models import Route
from ringwall.inference.upstreams.retries import RetryBudget, RetryRules

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
        self._under_way: Counter[str] = Counter()

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

    @contextmanager
    def entered(self, state: State, authority: str, most: int) -> Iterator[None]:
        """Count a request as under way to a server.

        Raises:
            UpstreamBusy: `most` of this account are already, or twice as many of all.
        """
        if state.in_flight >= most or self._under_way[authority] >= 2 * most:
            raise UpstreamBusy("as many requests as may be are under way to the upstream", retry_after_s=1)
        state.in_flight += 1
        self._under_way[authority] += 1
        try:
            yield
        finally:
            state.in_flight -= 1
            self._under_way[authority] -= 1
            if not self._under_way[authority]:
                del self._under_way[authority]
