"""Which models an account watches, and what is done about signals: one document an account, kept read while nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ringwall.errors import Conflict
from ringwall.inference.kept import KeptReads
from ringwall.inference.monitors.actions import ActionTable
from ringwall.inference.monitors.errors import MonitorPolicyChanged, MonitorPolicyNotFound, TooManyMonitorPolicies
from ringwall.inference.stored import read_body
from ringwall.storage import Document, Insert, Replace, Storage

POLICIES_MAX: Final = 100
EVERY_MODEL: Final = "*"
"""Stands for each model that has no policy of its own."""

_KIND, _ONE = "monitor-policies", "account"
_KEPT: Final = 4_096
_ATTEMPTS: Final = 5

Policies = Mapping[str, ActionTable]


class _Body(msgspec.Struct, frozen=True):
    policies: Annotated[dict[str, ActionTable], Meta(max_length=POLICIES_MAX)] = {}


_DECODER = msgspec.json.Decoder(_Body)


class StoredPolicies:
    """The accounts' monitor policies, by model."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._kept = KeptReads(storage.generation, self._read, most=_KEPT)

    async def find(self, account_id: str, model_id: str) -> ActionTable | None:
        """Return what an account's calls to a model stand under; None where it is not watched.

        Raises:
            IntegrityError: what is stored cannot be read; nothing may pass then.
        """
        policies = await self.policies(account_id)
        return (policies.get(model_id) or policies.get(EVERY_MODEL)) if policies else None

    async def policies(self, account_id: str) -> Policies:
        """Return all of an account, as last committed (by another process: half a second ago)."""
        return await self._kept.get(account_id)

    async def put(self, account_id: str, model_id: str, table: ActionTable) -> None:
        """Put a model's policy in the place of the one it has, if any.

        Raises:
            TooManyMonitorPolicies, MonitorPolicyChanged: as their names say.
        """

        def changed(policies: Policies) -> Policies:
            made = {**policies, model_id: table}
            if len(made) > POLICIES_MAX:
                raise TooManyMonitorPolicies(f"an account has monitor policies for at most {POLICIES_MAX} models")
            return made

        await self._change(account_id, changed)

    async def remove(self, account_id: str, model_id: str) -> None:
        """Watch a model no more; what was seen of its use stays until it expires or is forgotten.

        Raises:
            MonitorPolicyNotFound, MonitorPolicyChanged: as their names say.
        """

        def changed(policies: Policies) -> Policies:
            if model_id not in policies:
                raise MonitorPolicyNotFound("the account has no monitor policy for this model")
            return {name: table for name, table in policies.items() if name != model_id}

        await self._change(account_id, changed)

    async def _read(self, account_id: str) -> Policies:
        document = await self._storage.get(account_id, _KIND, _ONE)
        return {} if document is None else read_body(_DECODER, document).policies

    async def _change(self, account_id: str, change: Callable[[Policies], Policies]) -> None:
        for _ in range(_ATTEMPTS):
            held = await self._storage.get(account_id, _KIND, _ONE)
            body = msgspec.json.encode(_Body(dict(change({} if held is None else read_body(_DECODER, held).policies))))
            document = Document(account_id=account_id, kind=_KIND, id=_ONE, body=body, revision=0 if held is None else held.revision)
            try:
                await self._storage.apply(Insert(document) if held is None else Replace(document))
            except Conflict:
                continue
            return
        raise MonitorPolicyChanged("the account's monitor policies were changed by other requests")
