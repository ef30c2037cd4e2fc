"""Limits on what an account may use: asked before each call to a model, settled after it.

A call is admitted when every limit that applies to it has room for its estimate; then all of it is taken at once, or nothing. Limits come
from the operator's file (for every account, counted for each apart) and from the account's own document. It leaves to others: who may
change them (identity), the estimate of a call, and the audit record.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from ringwall.crypto import sha256
from ringwall.inference.limits.charge import NUMBER_MAX, Charge, Settlement, Store
from ringwall.inference.limits.errors import AskTooLarge, LimitReached, LimitsUnavailable
from ringwall.inference.limits.grant import Grant, Taken, Usage
from ringwall.inference.limits.prices import Price, PriceTable, dearer
from ringwall.inference.limits.rule import Rule, Subject
from ringwall.inference.limits.seen import Seen
from ringwall.inference.limits.stored import StoredLimits
from ringwall.inference.limits.use import LimitUse, Use, use_of
from ringwall.inference.under_way import UnderWay
from ringwall.vocabulary import Clock, new_id

log = logging.getLogger("ringwall.inference.limits")

OWED_MAX = 10_000
RENEWAL_S = 15
"""Between two renewals of what counts as under way: a quarter of the shared store's lease, so that one may fail."""
_THINKING = frozenset({"tokens", "cost"})  # kinds of limits on what models use
_HOUSE, _OWN = "house", "own"


class _Owed(NamedTuple):
    """A settlement that the store may not have received."""

    settlements: Sequence[Settlement]
    taken_ms: int


class Limits:
    """The service.

    Args:
        stored: the accounts' own limits.
        store: where use is counted.
        prices: what models cost.
        clock: says what time it is.
        house: limits for every account.
        when_unreachable: whether calls pass while the store does not answer; `closed` refuses them.
    """

    def __init__(
        self,
        stored: StoredLimits,
        store: Store,
        *,
        prices: PriceTable,
        clock: Clock,
        house: Sequence[Rule] = (),
        when_unreachable: Literal["closed", "open"] = "closed",
    ) -> None:
        self.stored = stored
        self._store = store
        self.prices = prices
        self._clock = clock
        self._house = tuple(house)
        self._seen = Seen()
        self._opens = when_unreachable == "open"
        self._owed: OrderedDict[str, _Owed] = OrderedDict()
        self._held: dict[str, list[Charge]] = {}
        self._under_way = UnderWay()

    async def admit(self, subject: Subject, ask: Usage, *, counts_tokens: bool = True) -> Grant:
        """Take what a call is estimated to need, or refuse it.

        Args:
            subject: who asks, with which key, for which model, by which way.
            ask: the estimate: tokens of the prompt, and as many as the answer may have at most.
            counts_tokens: False where no model thinks: limits on tokens and cost are not asked.

        Raises:
            LimitReached: a limit has no room now; the facts have `limit`, `kind` and `retry_after_s`.
            AskTooLarge: a limit never has so much room.
            UnpricedModel: cost is limited, and the model has no price.
            LimitsUnavailable: the store does not answer, and the setting says `closed`.
        """
        taken = self._charges(subject, ask if counts_tokens else None, await self.stored.rules(subject.account_id))
        if not taken:
            return Grant((), _nothing, price_version=self.prices.version)
        hold, now_ms = new_id(24), self._now_ms()
        try:
            refused = await self._store.take(hold, [one.charge for one in taken], now_ms)
        except (LimitsUnavailable, asyncio.CancelledError) as error:
            self._owe(hold, _Owed([Settlement(one.charge, -one.charge.amount) for one in taken], now_ms))
            if self._opens and isinstance(error, LimitsUnavailable):
                log.warning("inference.limits.passed_uncounted")
                return Grant((), _nothing, price_version=self.prices.version)
            raise
        self._repay()
        if refused is not None:
            one = taken[refused.index]
            raise LimitReached(
                f"the limit `{one.limit_id}` on {one.kind} is reached",
                limit=one.limit_id,
                kind=one.kind,
                retry_after_s=-(-refused.retry_after_ms // 1000),
            )

        held = [one.charge for one in taken if one.charge.shape == "held"]
        if held:
            self._held[hold] = held

        async def finish(settlements: Sequence[Settlement]) -> None:
            self._held.pop(hold, None)
            await self._finish(hold, _Owed(settlements, now_ms))

        return Grant(taken, finish, price_version=self.prices.version)

    async def renew(self) -> None:
        """Say again which calls are under way here; a process that dies stops saying so, and others get its places."""
        calls = [(hold, charge) for hold, charges in self._held.items() for charge in charges]
        if not calls:
            return
        try:
            await self._store.renew(calls, self._now_ms())
        except LimitsUnavailable:
            log.warning("inference.limits.renewal_failed")

    async def keep_renewing(self) -> None:
        """Renew now and then, until cancelled."""
        while True:
            await asyncio.sleep(RENEWAL_S)
            await self.renew()

    async def use(self, account_id: str) -> tuple[LimitUse, ...]:
        """Return every limit that stands for an account, the operator's first, and what of each is used.

        Of limits that count subjects apart, the subjects are those that this process counted lately.

        Raises:
            IntegrityError: the account's limits cannot be read.
        """
        listed: list[LimitUse] = []
        for origin, rules in self._rules(await self.stored.rules(account_id)):
            for rule in rules:
                listed.append(await self._use_of(account_id, origin, rule))  # noqa: PERF401 - awaits one after the other
        return tuple(listed)

    async def _use_of(self, account_id: str, origin: str, rule: Rule) -> LimitUse:
        subjects = self._seen.subjects(_table(rule, origin, account_id)) if rule.per else ("",)
        charges = [_charge_of(rule, origin, account_id, subject, 1) for subject in subjects]
        uses: tuple[Use, ...] | None = None
        with suppress(LimitsUnavailable):  # the limits are listed without their use
            levels = await self._store.levels(charges, self._now_ms())
            made = [use_of(rule, charge, subject, level) for charge, subject, level in zip(charges, subjects, levels, strict=True)]
            uses = tuple(sorted(made, key=lambda one: -one.percent))
        return LimitUse(limit=rule, origin="operator" if origin == _HOUSE else "account", uses=uses)

    async def close(self) -> None:
        """Settle what is owed, if the store answers, and release it."""
        self._repay()
        await self._under_way.ended()
        await self._store.close()

    def _charges(self, subject: Subject, ask: Usage | None, own: Sequence[Rule]) -> list[Taken]:
        taken = []
        for origin, rules in self._rules(own):
            for rule in rules:
                if rule.applies_to(subject) and (ask is not None or rule.kind not in _THINKING):
                    one = self._charge(rule, origin, subject, ask or Usage())
                    if one is not None:
                        taken.append(one)
        return taken

    def _rules(self, own: Sequence[Rule]) -> tuple[tuple[str, Sequence[Rule]], ...]:
        return ((_HOUSE, self._house), (_OWN, own))

    def _charge(self, rule: Rule, origin: str, subject: Subject, ask: Usage) -> Taken | None:
        price: Price | None = None
        amount = 1
        if rule.kind == "tokens":
            amount = ask.tokens
        elif rule.kind == "cost":
            price = self.prices.price(subject.model_id)
            if subject.upstream_model:
                price = dearer(price, self.prices.price(subject.upstream_model))
            amount = price.cost(ask.tokens_in, ask.tokens_out)
            if not price.cost(1, 1):
                return None  # it runs here, and costs nothing whatever it uses
        if amount > min(rule.capacity, NUMBER_MAX):
            raise AskTooLarge(f"the limit `{rule.id}` on {rule.kind} never allows as much at once", limit=rule.id, kind=rule.kind)
        counted = rule.subject_of(subject)
        charge = _charge_of(rule, origin, subject.account_id, counted, amount)
        if rule.per:
            self._seen.note(charge.table, counted)
        return Taken(rule.id, rule.kind, charge, price)

    async def _finish(self, hold: str, owed: _Owed) -> None:
        """Settle a hold; a caller that is cancelled meanwhile does not stop it."""
        await self._under_way.to_the_end(self._settle(hold, owed))

    async def _settle(self, hold: str, owed: _Owed) -> None:
        try:
            await self._store.settle(hold, owed.settlements, owed.taken_ms, self._now_ms())
        except LimitsUnavailable:
            log.warning("inference.limits.settlement_owed")
            self._owe(hold, owed)

    def _owe(self, hold: str, owed: _Owed) -> None:
        """Remember a settlement for when the store answers again; of too many the oldest are forgotten, and stay taken."""
        self._owed[hold] = owed
        while len(self._owed) > OWED_MAX:
            self._owed.popitem(last=False)

    def _repay(self) -> None:
        """Begin to settle what is owed: the store has just answered."""
        if self._owed:
            self._under_way.start(self._settle_owed())

    async def _settle_owed(self) -> None:
        while self._owed:
            hold, owed = self._owed.popitem(last=False)
            try:
                await self._store.settle(hold, owed.settlements, owed.taken_ms, self._now_ms())
            except LimitsUnavailable:
                self._owe(hold, owed)
                return

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)


def _table(rule: Rule, origin: str, account_id: str) -> str:
    return f"{account_id}:{origin}:{rule.id}:{rule.counting}:{(rule.period_s or 0) * 1000}"


def _charge_of(rule: Rule, origin: str, account_id: str, subject: str, amount: int) -> Charge:
    return Charge(
        table=_table(rule, origin, account_id),
        subject=sha256(subject.encode()).hex()[:32],
        shape=rule.counting,
        limit=rule.limit,
        capacity=rule.capacity,
        period_ms=(rule.period_s or 0) * 1000,
        amount=amount,
    )


async def _nothing(_settlements: Sequence[Settlement]) -> None:
    return
