"""One call under a monitor policy: what earlier calls set off decides before it is answered, and it is counted however it ends.

1. `admit` looks at what the account's last 1,000 queries set off, and refuses the call or lets it wait where the policy says so. A call
   that is refused is counted: its vectors are compared with, and the window of 1,000 moves on.
2. The model is asked, by the caller.
3. `saw` counts the call's queries with what was answered, also where the model failed or the client left. For a classic model the policy
   then decides once more, with what this call itself set off: `settle` refuses, slows down, and says how confidences are to be given.

Text is decided about before the model is asked only: a stream cannot be taken back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from ringwall.errors import RingwallError
from ringwall.inference.monitors.actions import ActionTable, Response, respond
from ringwall.inference.monitors.answers import read_answer, soften
from ringwall.inference.monitors.errors import BehaviourSlowed, TooManyRows, UnreadableVector
from ringwall.inference.monitors.policies import StoredPolicies
from ringwall.inference.monitors.query import Confidences, Query, Signal
from ringwall.inference.monitors.stored import StoredMonitors
from ringwall.inference.under_way import UnderWay
from ringwall.inference.workers import Workers
from ringwall.wire.tabular.rows import Rows, read_rows

log = logging.getLogger("ringwall.inference.monitors")

ROWS_MAX: Final = 512
"""Rows of one call to a model whose vectors are watched: each costs about half a millisecond."""

WAITING_MAX: Final = 256
"""Calls that wait at once because a policy slows them down; more are refused."""

_TURN: Final = 8  # rows between which others get their turn


class BehaviourMonitors:
    """The monitors as requests meet them."""

    def __init__(self, stored: StoredMonitors, policies: StoredPolicies, workers: Workers, *, waiting_max: int = WAITING_MAX) -> None:
        self.stored = stored
        self.policies = policies
        self.workers = workers
        self._waiting = 0
        self._waiting_max = waiting_max
        self.counting = UnderWay()

    async def watched(self, account_id: str, model_id: str, now: datetime) -> Watched | None:
        """Return the call to a model as it is watched; None where it is not."""
        table = await self.policies.find(account_id, model_id)
        return None if table is None else Watched(self, account_id, model_id, table, now)

    async def pause(self, ms: int) -> None:
        """Let a call wait.

        Raises:
            BehaviourSlowed: too many wait already.
        """
        if self._waiting >= self._waiting_max:
            raise BehaviourSlowed(
                "as many calls as may be wait already because their accounts are slowed down", retry_after_s=-(-ms // 1000)
            )
        self._waiting += 1
        try:
            await asyncio.sleep(ms / 1000)
        finally:
            self._waiting -= 1

    async def save(self, now: datetime) -> None:
        """Write what changed, and was not written lately."""
        await self.stored.save(now)

    async def close(self, now: datetime) -> None:
        """Write everything; what cannot be written is said in the log."""
        await self.counting.ended()
        try:
            await self.stored.save(now, everything=True)
        except RingwallError as error:
            log.warning("inference.monitors.unsaved %s", error.code)


class Watched:
    """One call. `record`: what the audit record keeps of it, no numbers and no text."""

    def __init__(self, monitors: BehaviourMonitors, account_id: str, model_id: str, table: ActionTable, now: datetime) -> None:
        self._monitors = monitors
        self._stored = monitors.stored
        self._pair = (account_id, model_id)
        self._table = table
        self._now = now
        self._rows: Rows = ()
        self._signals: dict[str, Signal] = {}
        self._response = Response()

    @property
    def record(self) -> dict[str, Any]:
        """Return the signals of this call and what was done about those that stand; nothing where there is none."""
        signals = [
            {"kind": one.kind, "firstQuery": one.first_query, "count": one.count, "strength": round(one.strength, 2)}
            for one in self._signals.values()
        ]
        done = _done(self._response)
        found = ({"signals": signals} if signals else {}) | ({"actions": done} if done else {})
        return {"monitors": found} if found else {}

    async def read(self, content_type: str, body: bytes) -> None:
        """Read the rows that a classic model is asked about, where its vectors are watched.

        Raises:
            UnreadableVector: a row is none that the model takes. TooManyRows: they are too many.
            UnreadMedia, MalformedRequest, LimitExceeded: what cannot be judged must not pass.
        """
        calibration = await self._stored.calibration(*self._pair)
        if calibration is None:
            return
        rows, _ = await self._monitors.workers.run(len(body), lambda: read_rows(content_type, body))
        if len(rows) > ROWS_MAX:
            raise TooManyRows(f"the call holds {len(rows)} queries; {ROWS_MAX} are judged at once")
        if any(len(row) != calibration.shape.components for row in rows):
            raise UnreadableVector("a row has another length than the model takes", components=calibration.shape.components)
        self._rows = rows

    async def admit(self, text: str | None = None) -> None:
        """Let the call go on, after a pause where the policy says so, or refuse it and count it.

        Raises:
            BehaviourBlocked, BehaviourSlowed: the policy says so, of what earlier calls set off.
        """
        self._response = respond(self._table, await self._stored.standing(*self._pair, self._now))
        try:
            self._response.check()
            if text is not None and self._response.slow_down_ms:
                await self._monitors.pause(self._response.slow_down_ms)
        except RingwallError:
            await self.saw_text(text) if text is not None else await self.saw(None)
            raise

    async def saw(self, answer: tuple[str, bytes] | None) -> None:
        """Count the rows that were asked about, with the answer's media type and body; None: there was none."""
        await self._monitors.counting.to_the_end(self._count(self._rows, answer))

    async def saw_text(self, text: str, *, intervened: bool = False) -> None:
        """Count a question in words."""
        await self._monitors.counting.to_the_end(self._see(Query(text=text, intervened=intervened), None))

    async def settle(self) -> None:
        """Decide once more, with what this call set off.

        Raises:
            BehaviourBlocked, BehaviourSlowed: the answer is withheld.
        """
        self._response = respond(self._table, await self._stored.standing(*self._pair, self._now))
        self._response.check()
        if self._response.slow_down_ms:
            await self._monitors.pause(self._response.slow_down_ms)

    async def softened(self, content_type: str, body: bytes) -> bytes:
        """Return the answer as it may be given.

        Raises:
            AnswerUnread: it was to be softened and could not be read.
        """
        if not self._response.softens:
            return body
        rows, response = len(self._rows) or 1, self._response
        made, _ = await self._monitors.workers.run(len(body), lambda: soften(content_type, body, rows, response))
        return made

    async def _count(self, rows: Rows, answer: tuple[str, bytes] | None) -> None:
        answers: Sequence[Confidences | None] = [None] * len(rows)
        if answer is not None and rows:
            content_type, body = answer
            answers, _ = await self._monitors.workers.run(len(body), lambda: read_answer(content_type, body, len(rows)))
        if not rows:
            await self._see(Query(), None)
        for number, (row, told) in enumerate(zip(rows, answers, strict=True), 1):
            await self._see(Query(vector=row), told)
            if not number % _TURN:
                await asyncio.sleep(0)

    async def _see(self, query: Query, answer: Confidences | None) -> None:
        for signal in await self._stored.see(*self._pair, query, answer, self._now):
            before = self._signals.get(signal.kind)
            if before is None or before.strength < signal.strength:
                self._signals[signal.kind] = signal
            else:
                self._signals[signal.kind] = Signal(
                    kind=signal.kind, first_query=signal.first_query, count=signal.count, strength=before.strength
                )


def _done(response: Response) -> dict[str, Any]:
    done: dict[str, Any] = {"blockedBy": list(response.blocked_by)} if response.blocked_by else {}
    if response.retry_after_s:
        done["throttled"] = True
    if response.slow_down_ms:
        done["slowedMs"] = response.slow_down_ms
    if response.withhold:
        done["confidences"] = "withheld"
    elif response.digits is not None:
        done["confidences"] = f"{response.digits} digits"
    return done
