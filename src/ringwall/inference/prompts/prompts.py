"""The service of sealed prompts: policies, records on their way, reading, shredding, and retention."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from ringwall.errors import RingwallError
from ringwall.inference.gateway.gateway import Answering, Passed
from ringwall.inference.prompts.errors import InvalidShredding, PromptsPolicyNotFound
from ringwall.inference.prompts.keeping import Asking, Counts, Desk, Keeping, gravest
from ringwall.inference.prompts.policy import Policies, Policy
from ringwall.inference.prompts.record import Verdict
from ringwall.inference.prompts.store import CLEARED, Listed, Opened, PromptStore, Wanted
from ringwall.inference.prompts.words import question_of
from ringwall.keys.customer_keys import CustomerKeys
from ringwall.keys.data_keys import DataKeys, StoredDataKey
from ringwall.storage import Storage
from ringwall.vocabulary import Clock
from ringwall.wire.dialects.model import Ask
from ringwall.wire.dialects.texts import judged_texts

log = logging.getLogger("ringwall.inference")

PURPOSE = "sealed-prompts"
_PERIOD = timedelta(days=1)


class Shredded(msgspec.Struct, frozen=True):
    """What was destroyed: data keys, and the records that were removed at once; `left` says whether maintenance removes more."""

    data_keys: int
    records: int
    left: bool


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose prompt may be kept."""

    account_id: str
    request_id: str
    at: datetime
    principal: str
    route: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Texts that a guardrail was asked about outside of any question for a model, and what it made of them."""

    guardrail: str
    source: str
    texts: tuple[str, ...]
    outputs: tuple[str, ...]
    verdict: Verdict


class SealedPrompts:
    """Prompts and answers under the accounts' own keys."""

    def __init__(self, storage: Storage, customer_keys: CustomerKeys, clock: Clock) -> None:
        self._clock = clock
        self._customer_keys = customer_keys
        self._data_keys = DataKeys(storage, customer_keys, clock, purpose=PURPOSE)
        self._policies = Policies(storage)
        self._store = PromptStore(storage, self._data_keys)
        self._desk = Desk(self._store, self._data_keys)
        self._cleared: set[str] = set()

    # -- policies --

    async def policy(self, account_id: str) -> Policy | None:
        """Return an account's policy; None where it keeps nothing."""
        return await self._policies.find(account_id)

    async def get_policy(self, account_id: str) -> Policy:
        """Return an account's policy. Raises PromptsPolicyNotFound."""
        found = await self._policies.find(account_id)
        if found is None:
            raise PromptsPolicyNotFound("the account has no policy on sealed prompts: no text of it is stored")
        return found

    async def put_policy(self, account_id: str, policy: Policy) -> None:
        """Put a policy, after its key was tried: today's data key is made under it.

        Raises:
            CustomerKeyNotAllowed, CustomerKeyUnavailable, PromptsPolicyChanged: as their names say.
        """
        self._customer_keys.check(policy.key)
        key = await self._data_keys.for_sealing(account_id, policy.key, keep=timedelta(days=policy.retention_days))
        await self._data_keys.for_opening(account_id, key.id)
        await self._policies.put(account_id, policy)

    async def remove_policy(self, account_id: str) -> None:
        """Keep nothing more. Raises PromptsPolicyNotFound."""
        await self._policies.remove(account_id)

    def counts(self, account_id: str) -> Counts:
        """Return what this process kept and lost of an account."""
        return self._desk.counts(account_id)

    # -- records on their way --

    async def keep(self, who: Who, ask: Ask, answering: Answering | Passed, policy: Policy) -> Keeping:
        """Begin the record of a question that was judged; a model has not been asked yet.

        Raises:
            PromptNotKept: the policy requires it, and it cannot be kept.
        """
        guards = dict.fromkeys(judged.guard.ready.applied.guardrail_id for judged in answering.questions)
        asking = Asking(
            account_id=who.account_id,
            id=who.request_id,
            at=int(who.at.timestamp() * 1000),
            principal=who.principal,
            route=who.route,
            model=ask.model,
            guardrails=tuple(guards),
            verdict=gravest(answering.questions),
            words=question_of(ask, answering.ask),
            characters=sum(len(text.text) for text in judged_texts(ask)),
            streams=ask.stream,
        )
        return await self._desk.begin(policy, asking)

    async def keep_check(self, who: Who, check: Check, policy: Policy) -> dict[str, Any]:
        """Keep what ApplyGuardrail judged, and return what the audit record says of that.

        Raises:
            PromptNotKept: the policy requires it, and it cannot be kept.
        """
        asking = Asking(
            account_id=who.account_id,
            id=who.request_id,
            at=int(who.at.timestamp() * 1000),
            principal=who.principal,
            route=who.route,
            model="",
            guardrails=(check.guardrail,),
            verdict=check.verdict,
            words=msgspec.json.encode({"content": [{"origin": check.source, "text": text} for text in check.texts]}),
            characters=sum(map(len, check.texts)),
            streams=False,
        )
        keeping = await self._desk.begin(policy, asking)
        return await keeping.finish_with(msgspec.json.encode({"outputs": check.outputs}), "NONE", "")

    # -- reading --

    async def search(self, account_id: str, wanted: Wanted) -> Listed:
        """List records by time, principal, model and verdict; no text is opened."""
        return await self._store.search(account_id, wanted, self._clock(), await self._retention(account_id))

    async def open(self, account_id: str, record_id: str) -> Opened:
        """Open one record. Raises as `PromptStore.open`."""
        return await self._store.open(account_id, record_id, self._clock(), await self._retention(account_id))

    # -- shredding and retention --

    async def shred(self, account_id: str, record_id: str) -> None:
        """Overwrite one record with its key. Raises PromptNotFound."""
        await self._store.shred(account_id, record_id)

    async def shred_many(self, account_id: str, *, before: date | None = None, everything: bool = False) -> Shredded:
        """Destroy data keys: of the days before one, or all.

        Raises:
            InvalidShredding: neither is said, or both.
        """
        if everything == (before is not None):
            raise InvalidShredding("say either up to which day is to be shredded, or that everything is")
        due = [key async for key in self._data_keys.each(account_id) if before is None or key.period < before.isoformat()]
        destroyed = [await self._data_keys.destroy(account_id, key.id) for key in due]
        moment = self._clock() + _PERIOD if before is None else datetime(before.year, before.month, before.day, tzinfo=UTC)
        records = await self._store.clear_before(account_id, moment, CLEARED)
        return Shredded(sum(destroyed), records, records >= CLEARED)

    async def maintain(self) -> None:
        """Destroy every data key whose time is over, remove what was sealed with destroyed ones, let go of keys in memory."""
        self._data_keys.let_go()
        after = ""
        while True:
            accounts = await self._policies.keepers(after=after)
            for account_id in accounts:
                try:
                    await self._maintain(account_id)
                except RingwallError as error:  # another account's retention is not to wait for this one's trouble
                    log.error("inference.prompts.retention-failed account=%s %s", account_id, error.code)  # noqa: TRY400 - no trace
            if not accounts:
                return
            after = accounts[-1]

    async def close(self) -> None:
        """Write what is under way, and let go of the keys."""
        await self._desk.close()
        await self._data_keys.close()

    async def _maintain(self, account_id: str) -> None:
        now, retention = self._clock(), await self._retention(account_id)
        budget, left = CLEARED, 0
        async for key in self._data_keys.each(account_id):
            if not _is_due(key, now, retention):
                left += 1
                continue
            await self._data_keys.destroy(account_id, key.id)
            # What was under way when a key was destroyed may be written after it: a key is forgotten days later, after a second look.
            last = _end(key) + _PERIOD <= now
            if key.id in self._cleared and not last:
                left += 1
                continue
            budget -= await self._store.clear(account_id, key, budget)
            if budget <= 0:
                return
            if last:
                await self._data_keys.forget(account_id, key.id)
                self._cleared.discard(key.id)
            else:
                self._cleared.add(key.id)
                left += 1
        if not left and retention is None:
            await self._policies.forget_keeper(account_id)

    async def _retention(self, account_id: str) -> timedelta | None:
        policy = await self._policies.find(account_id)
        return None if policy is None else timedelta(days=policy.retention_days)


def _is_due(key: StoredDataKey, now: datetime, retention: timedelta | None) -> bool:
    if not key.wrapped or key.expires <= now.timestamp():
        return True
    return retention is not None and _end(key) + retention <= now


def _end(key: StoredDataKey) -> datetime:
    return datetime.strptime(key.period, "%Y-%m-%d").replace(tzinfo=UTC) + _PERIOD
