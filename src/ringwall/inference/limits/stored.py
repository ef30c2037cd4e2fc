"""The limits an account has of its own: one document per account, changed by compare-and-swap, kept read while nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ringwall.errors import Conflict
from ringwall.inference.kept import KeptReads
from ringwall.inference.limits.errors import LimitChanged, LimitNotFound, TooManyLimits
from ringwall.inference.limits.rule import Rule, check_rule
from ringwall.inference.stored import read_body
from ringwall.storage import Document, Insert, Replace, Storage

LIMITS_MAX = 64  # per account: every one is looked at for every call
_KIND = "limits"
_ONE = "account"
_KEPT = 4096
_ATTEMPTS = 5


class _Body(msgspec.Struct, frozen=True):
    limits: tuple[Rule, ...] = ()


_DECODER = msgspec.json.Decoder(_Body)


class StoredLimits:
    """The accounts' own limits."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._kept = KeptReads(storage.generation, self._read, most=_KEPT)

    async def rules(self, account_id: str) -> Sequence[Rule]:
        """Return an account's limits, as last committed (by another process: half a second ago).

        Raises:
            IntegrityError: what is stored cannot be read; nothing may pass then.
        """
        return await self._kept.get(account_id)

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

    async def _read(self, account_id: str) -> tuple[Rule, ...]:
        document = await self._storage.get(account_id, _KIND, _ONE)
        return () if document is None else read_body(_DECODER, document).limits

    async def _change(self, account_id: str, change: Callable[[tuple[Rule, ...]], tuple[Rule, ...]]) -> None:
        for _ in range(_ATTEMPTS):
            held = await self._storage.get(account_id, _KIND, _ONE)
            body = msgspec.json.encode(_Body(change(() if held is None else read_body(_DECODER, held).limits)))
            document = Document(account_id=account_id, kind=_KIND, id=_ONE, body=body, revision=0 if held is None else held.revision)
            try:
                await self._storage.apply(Insert(document) if held is None else Replace(document))
            except Conflict:
                continue
            return
        raise LimitChanged("the account's limits were changed by other requests")
