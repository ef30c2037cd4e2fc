"""One question and its answer on their way into a sealed record.

`required`: the data key is at hand before a model is asked, an answer that comes whole leaves after its record is durable, and one that
streams has its question durable before its first event and all of it before its last. `best-effort`: the record is written beside the
request, and what could not be written is counted. In both, a client that leaves and an upstream that dies end the record with what was
released until then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from ringwall.errors import RingwallError
from ringwall.inference.gateway.gateway import Judged
from ringwall.inference.prompts.errors import PromptNotKept
from ringwall.inference.prompts.policy import Policy
from ringwall.inference.prompts.record import UNDER_WAY, About, Sealer, Verdict
from ringwall.inference.prompts.store import PromptStore
from ringwall.inference.prompts.words import Released
from ringwall.inference.under_way import UnderWay
from ringwall.keys.data_keys import DataKeys
from ringwall.storage import Document
from ringwall.wire.dialects.model import Event

log = logging.getLogger("ringwall.inference")

BEHIND_RECORDS: Final = 2_000
BEHIND_BYTES: Final = 64 * 1024 * 1024
"""What may wait to be written beside the requests of best-effort accounts; more is lost, and counted."""
_AT_ONCE_BYTES: Final = 256 * 1024  # more is sealed in a thread


class Counts(msgspec.Struct, frozen=True):
    """Records since the process started: kept, and lost (best-effort only)."""

    kept: int = 0
    lost: int = 0


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A question that was judged, as its record will have it. `words`: the question written down. `streams`: how it will be answered."""

    account_id: str
    id: str
    at: int
    principal: str
    route: str
    model: str
    guardrails: tuple[str, ...]
    verdict: Verdict
    words: bytes
    characters: int
    streams: bool


class Desk:
    """Writes records: at once, or beside the requests."""

    def __init__(self, store: PromptStore, data_keys: DataKeys) -> None:
        self._store = store
        self._data_keys = data_keys
        self._under_way = UnderWay()
        self._bytes = 0
        self._counts: dict[str, Counts] = {}

    def counts(self, account_id: str) -> Counts:
        """Return what was kept and lost of an account since the process started."""
        return self._counts.get(account_id, Counts())

    async def begin(self, policy: Policy, asking: Asking) -> Keeping:
        """Begin a record.

        Raises:
            PromptNotKept: the policy requires it, and it cannot be kept.
        """
        keeping = Keeping(self, policy, asking)
        if policy.mode == "required":
            await self._or_refuse(keeping.open)
        return keeping

    async def close(self) -> None:
        """Wait until what is under way is written."""
        await self._under_way.ended()

    async def sealer(self, policy: Policy, asking: Asking) -> Sealer:
        """Return what seals a record, under the account's data key of today."""
        key = await self._data_keys.for_sealing(asking.account_id, policy.key, keep=timedelta(days=policy.retention_days))
        return Sealer(asking.account_id, asking.id, key)

    async def write(self, record: Document, texts: Sequence[Document], account_id: str) -> None:
        """Write a record that is whole, or a new one; count it."""
        if record.revision:
            await self._store.finish(record, texts)
        else:
            await self._store.insert([record, *texts])
        self._count(account_id, kept=1)

    async def finish(self, policy: Policy, account_id: str, size: int, work: Callable[[], Coroutine[Any, Any, None]]) -> str:
        """Do the last step of a record as the policy says, and return how that stands.

        Raises:
            PromptNotKept: the policy requires it, and it cannot be kept.
        """
        if policy.mode == "required":
            await self._or_refuse(work)
            return "kept"
        if len(self._under_way) >= BEHIND_RECORDS or self._bytes + size > BEHIND_BYTES:
            self._lost(account_id, "too-many-wait")
            return "lost"
        self._bytes += size
        self._under_way.start(self._beside(account_id, size, work))
        return "handed-over"

    async def _beside(self, account_id: str, size: int, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except RingwallError as error:
            self._lost(account_id, error.code)
        except Exception as error:  # noqa: BLE001 - the worker's rim: nobody waits for this task, so that it must say itself what it lost
            self._lost(account_id, type(error).__name__)
        finally:
            self._bytes -= size

    async def _or_refuse(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except RingwallError as error:
            log.error("inference.prompts.not-kept %s", error.code)  # noqa: TRY400 - a traceback could quote texts
            raise PromptNotKept("the account requires its prompts to be kept, and this one cannot be", reason=error.code) from error

    def _lost(self, account_id: str, code: str) -> None:
        self._count(account_id, lost=1)
        log.error("inference.prompts.lost account=%s reason=%s lost=%d", account_id, code, self.counts(account_id).lost)

    def _count(self, account_id: str, *, kept: int = 0, lost: int = 0) -> None:
        before = self.counts(account_id)
        self._counts[account_id] = Counts(before.kept + kept, before.lost + lost)


class Keeping:
    """One record that was begun. Every event that is released is noted; then it is finished, once."""

    def __init__(self, desk: Desk, policy: Policy, asking: Asking) -> None:
        self._desk = desk
        self._policy = policy
        self._asking = asking
        self._released = Released()
        self._sealer: Sealer | None = None
        self._begun = False
        self._pieces: dict[str, int] = {}

    def note(self, event: Event) -> None:
        """Take note of an event that is released."""
        self._released.note(event)

    async def open(self) -> None:
        """Have the key at hand; where the answer will stream, have the question durable."""
        self._sealer = await self._desk.sealer(self._policy, self._asking)
        if self._asking.streams:
            texts = await self._seal(self._sealer, "question", self._asking.words)
            record = self._sealer.record(self._about(UNDER_WAY, "NONE"))
            await self._desk.write(record, texts, self._asking.account_id)
            self._begun = True

    async def finish(self, answers: Sequence[Judged], *, ended: str, released: bool = True) -> dict[str, Any]:
        """Seal how it went.

        Args:
            answers: what was decided of the answer.
            ended: empty where the answer is whole, else why it is not.
            released: whether the application is given it.

        Returns:
            What the audit record says of it.

        Raises:
            PromptNotKept: the policy requires it, and it cannot be kept.
        """
        return await self.finish_with(self._released.encode(released=released), gravest(answers), ended)

    async def finish_with(self, answer: bytes, verdict: Verdict, ended: str) -> dict[str, Any]:
        """Seal an answer that was written down already. Returns and raises as `finish`."""
        asking, policy = self._asking, self._policy

        async def work() -> None:
            sealer = self._sealer or await self._desk.sealer(policy, asking)
            texts = [] if self._begun else await self._seal(sealer, "question", asking.words)
            texts += await self._seal(sealer, "answer", answer)
            record = sealer.record(self._about(ended, verdict), revision=1 if self._begun else 0)
            await self._desk.write(record, texts, asking.account_id)

        state = await self._desk.finish(policy, asking.account_id, len(asking.words) + len(answer), work)
        return {"sealedPrompt": {"mode": policy.mode, "state": state}}

    async def _seal(self, sealer: Sealer, role: str, words: bytes) -> list[Document]:
        sealed = await asyncio.to_thread(sealer.text, role, words) if len(words) > _AT_ONCE_BYTES else sealer.text(role, words)
        self._pieces[role] = len(sealed)
        return sealed

    def _about(self, ended: str, verdict: Verdict) -> About:
        asking = self._asking
        return About(
            id=asking.id,
            at=asking.at,
            expires=asking.at // 1000 + self._policy.retention_days * 86_400,
            principal=asking.principal,
            route=asking.route,
            model=asking.model,
            guardrails=asking.guardrails,
            question=asking.verdict,
            answer=verdict,
            ended=ended,
            withheld=self._released.withheld or asking.verdict == "BLOCK",
            characters=asking.characters + self._released.characters,
            pieces=dict(self._pieces),
        )


def gravest(judged: Sequence[Judged]) -> Verdict:
    """Return the gravest of what guardrails decided."""
    actions = {one.evaluation.outcome.action for one in judged}
    return "BLOCK" if "BLOCK" in actions else "ANONYMIZE" if "ANONYMIZE" in actions else "NONE"
