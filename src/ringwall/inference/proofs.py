"""The proofs of stored guardrails: looked up or made beside the scans, in threads of their own, and never waited for without end."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from ringwall.guardrails import Guardrail
from ringwall.reasoning.guardrails import ProofChange, Standing, proof_status, proofs_lost

_Result = TypeVar("_Result")

BUDGET_S = 3.0  # how long an answer waits for a proof; ten thousand words take about as long
KEPT = 256  # proof statuses; one holds a few kilobytes
WAITING = 16  # proofs in queue and under way together
LATE = "the proof takes longer than an answer waits"
FULL = "too many proofs wait already"


class Proofs:
    """Proves things about compiled guardrails.

    Rules it upholds: scans never wait for a proof; what is not proved in time, or fails, is None, which its users call `unknown`; a proof
    that comes too late is kept for the next to ask.
    prove, compare: what proves; pure functions. budget_s: how long an answer waits.
    """

    def __init__(
        self,
        *,
        prove: Callable[[Guardrail], Standing] = proof_status,
        compare: Callable[[Guardrail, Guardrail], ProofChange] = proofs_lost,
        budget_s: float = BUDGET_S,
        kept: int = KEPT,
        waiting: int = WAITING,
    ) -> None:
        self._prover = prove
        self._comparer = compare
        self._budget_s = budget_s
        self._limit = kept
        self._most = waiting
        self._kept: OrderedDict[str, Standing] = OrderedDict()
        self._pending: dict[str, Future[Standing]] = {}
        self._count = 0
        self._lock = threading.RLock()
        self._proving = ThreadPoolExecutor(1, thread_name_prefix="ringwall-proof")
        self._comparing = ThreadPoolExecutor(
            1, thread_name_prefix="ringwall-proof-change"
        )  # an update waits for no other guardrail's status

    async def status(self, guardrail: Guardrail) -> tuple[Standing | None, str]:
        """Return what is proved of a guardrail; or None, and why it is not known."""
        with self._lock:
            found = self._kept.get(guardrail.digest)
            if found is not None:
                self._kept.move_to_end(guardrail.digest)
                return found, ""
            pending = self._pending.get(guardrail.digest) or self._submit(self._proving, lambda: self._prove(guardrail))
            if pending is None:
                return None, FULL
            self._pending[guardrail.digest] = pending  # its thread takes it out again, for which it needs the lock
        return await self._wait(pending)

    async def change(self, former: Callable[[], Guardrail], new: Guardrail) -> ProofChange:
        """Say which proofs a change loses; `former` gives the former version, and may compile it."""
        pending = self._submit(self._comparing, lambda: self._comparer(former(), new))
        if pending is None:
            return ProofChange(outcome="unknown", why=FULL)
        answer = await self._wait(pending)
        return answer[0] or ProofChange(outcome="unknown", why=answer[1])

    def close(self) -> None:
        """Wait for the proofs under way and end the threads."""
        for thread in (self._proving, self._comparing):
            thread.shutdown(wait=True, cancel_futures=True)

    def _prove(self, guardrail: Guardrail) -> Standing:
        try:
            made = self._prover(guardrail)
            with self._lock:
                self._kept[guardrail.digest] = made
                while len(self._kept) > self._limit:
                    self._kept.popitem(last=False)
            return made
        finally:
            with self._lock:
                self._pending.pop(guardrail.digest, None)

    def _submit(self, thread: ThreadPoolExecutor, work: Callable[[], _Result]) -> Future[_Result] | None:
        with self._lock:
            if self._count >= self._most:
                return None
            self._count += 1
        try:
            pending = thread.submit(work)
        except RuntimeError:  # the thread is shut down
            self._count -= 1
            return None
        pending.add_done_callback(lambda _: self._done())
        return pending

    def _done(self) -> None:
        with self._lock:
            self._count -= 1

    async def _wait(self, pending: Future[_Result]) -> tuple[_Result | None, str]:
        answer = asyncio.wrap_future(pending)
        answer.add_done_callback(_look_at)
        await asyncio.wait([answer], timeout=self._budget_s)
        if not answer.done():
            return None, LATE
        try:
            return answer.result(), ""
        except Exception as error:  # noqa: BLE001 - rim: whatever a prover raises is no proof, and never the end of what asked for it
            return None, f"the prover failed: {type(error).__name__}"


def _look_at(answer: asyncio.Future[Any]) -> None:
    """Take note of a failure that nobody waits for any more; asyncio complains otherwise."""
    if not answer.cancelled():
        answer.exception()
