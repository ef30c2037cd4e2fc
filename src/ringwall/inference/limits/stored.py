"""The limits an account has of its own: one document per account, changed by compare-and-swap, kept read while nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ringwall.inference.account_document import AccountDocument
from ringwall.inference.limits.errors import LimitChanged, LimitNotFound, TooManyLimits
from ringwall.inference.limits.rule import Rule, check_rule
from ringwall.storage import Storage

LIMITS_MAX = 64  # per account: every one is looked at for every call
_KIND = "limits"


class _Body(msgspec.Struct, frozen=True):
    limits: tuple[Rule, ...] = ()


_DECODER = msgspec.json.Decoder(_Body)


class StoredLimits:
    """The accounts' own limits."""

    def __init__(self, storage: Storage) -> None:
        self._documents = AccountDocument(storage, _KIND, _DECODER)

    async def rules(self, account_id: str) -> Sequence[Rule]:
        """Return an account's limits, as last committed (by another process: half a second ago).

        Raises:
            IntegrityError: what is stored cannot be read; nothing may pass then.
        """
        return _rules(await self._documents.get(account_id))

    async def set(self, account_id: str, rule: Rule) -> Rule:
        """Add a limit, or replace the one with its id.

        Raises:
            InvalidLimit: its members do not go together.
            TooManyLimits, LimitChanged: as their names say.
        """
        check_rule(rule)

        def changed(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
            others = tuple(one for one in rules if one.id != rule.id)
            if len(others) >= LIMITS_MAX:
                raise TooManyLimits(f"an account has at most {LIMITS_MAX} limits")
            return tuple(sorted((*others, rule), key=lambda one: one.id))

        await self._change(account_id, changed)
        return rule

    async def delete(self, account_id: str, limit_id: str) -> None:
        """Delete a limit.

        Raises:
            LimitNotFound, LimitChanged: as their names say.
        """

        def changed(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
            others = tuple(one for one in rules if one.id != limit_id)
            if len(others) == len(rules):
                raise LimitNotFound("the account has no limit with this id")
            return others

        await self._change(account_id, changed)

    async def _change(self, account_id: str, change: Callable[[tuple[Rule, ...]], tuple[Rule, ...]]) -> None:
        lost = LimitChanged("the account's limits were changed by other requests")
        await self._documents.change(account_id, lambda body: _Body(change(_rules(body))), lost=lost)


def _rules(body: _Body | None) -> tuple[Rule, ...]:
    return () if body is None else body.limits
