"""Which models an account watches, and what is done about signals: one document an account, kept read while nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ringwall.inference.account_document import AccountDocument
from ringwall.inference.monitors.actions import ActionTable
from ringwall.inference.monitors.errors import MonitorPolicyChanged, MonitorPolicyNotFound, TooManyMonitorPolicies
from ringwall.storage import Storage

POLICIES_MAX: Final = 100
EVERY_MODEL: Final = "*"
"""Stands for each model that has no policy of its own."""

_KIND: Final = "monitor-policies"

Policies = Mapping[str, ActionTable]


class _Body(msgspec.Struct, frozen=True):
    policies: Annotated[dict[str, ActionTable], Meta(max_length=POLICIES_MAX)] = {}


_DECODER = msgspec.json.Decoder(_Body)


class StoredPolicies:
    """The accounts' monitor policies, by model."""

    def __init__(self, storage: Storage) -> None:
        self._documents = AccountDocument(storage, _KIND, _DECODER)

    async def find(self, account_id: str, model_id: str) -> ActionTable | None:
        """Return what an account's calls to a model stand under; None where it is not watched.

        Raises:
            IntegrityError: what is stored cannot be read; nothing may pass then.
        """
        policies = await self.policies(account_id)
        return (policies.get(model_id) or policies.get(EVERY_MODEL)) if policies else None

    async def policies(self, account_id: str) -> Policies:
        """Return all of an account, as last committed (by another process: half a second ago)."""
        return _policies(await self._documents.get(account_id))

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

    async def _change(self, account_id: str, change: Callable[[Policies], Policies]) -> None:
        lost = MonitorPolicyChanged("the account's monitor policies were changed by other requests")
        await self._documents.change(account_id, lambda body: _Body(dict(change(_policies(body)))), lost=lost)


def _policies(body: _Body | None) -> Policies:
    return {} if body is None else body.policies
