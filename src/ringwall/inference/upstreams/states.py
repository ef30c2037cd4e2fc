"""What is remembered of each upstream between requests: its circuit, its retry budget, and how many requests are under way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ringwall.inference.upstreams.breaker import Breaker, BreakerRules
from ringwall.inference.upstreams.errors import UpstreamBusy
from ringwall.inference.upstreams.models import Route
from ringwall.inference.upstreams.retries import RetryBudget, RetryRules

KEPT = 1000


@dataclass(slots=True)
class State:
    """One upstream as one owner's rows use it."""

    breaker: Breaker
    budget: RetryBudget
    in_flight: int = field(default=0)

    @contextmanager
    def entered(self, most: int) -> Iterator[None]:
        """Count a request as under way.

        Raises:
            UpstreamBusy: `most` are already.
        """
        if self.in_flight >= most:
            raise UpstreamBusy("as many requests as may be are under way to the upstream", retry_after_s=1)
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1


class States:
    """The states of the upstreams that were used last, `KEPT` of them; one with requests under way is never forgotten.

    Owners do not share them: an account whose requests fail closes the way to an upstream for itself alone.
    """

    def __init__(self, breaker: BreakerRules, retries: RetryRules) -> None:
        self._breaker = breaker
        self._retries = retries
        self._states: OrderedDict[tuple[str, str, str], State] = OrderedDict()

    def of(self, route: Route) -> State:
        """Return a route's state."""
        key = (route.owner, route.row.upstream, route.row.credential)
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = State(Breaker(self._breaker), RetryBudget(self._retries))
        self._states.move_to_end(key)
        if len(self._states) > KEPT:
            idle = next((each for each, held in self._states.items() if not held.in_flight and each != key), None)
            if idle is not None:
                del self._states[idle]
        return state
