"""Accounts: the tenants."""

from __future__ import annotations

import msgspec

from ringwall.errors import Conflict
from ringwall.identity.entities import OPERATORS, Account
from ringwall.identity.errors import EntityAlreadyExists, InvalidInput, NoSuchEntity
from ringwall.identity.names import check_account_id, new_account_id
from ringwall.identity.records import Page, Records
from ringwall.vocabulary import Clock

_NAME_CHARS = 128


class Accounts:
    """The list of tenants. Whoever calls this room in process decides who may: over the wire it is the operator's account alone."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    async def create(self, name: str, id: str | None = None, *, operator: bool = False) -> Account:
        """Create an account with a given or a drawn number.

        Raises:
            InvalidInput: the name is empty or too long, or the id is not 12 digits. EntityAlreadyExists: the number is taken.
        """
        account = Account(
            account_id=check_account_id(id) if id is not None else new_account_id(),
            name=_check_name(name),
            created=int(self._clock().timestamp()),
            operator=operator,
        )
        try:
            await self._records.create(account)
        except Conflict:
            raise EntityAlreadyExists(f"Account {account.account_id} already exists.") from None
        return account

    async def get(self, id: str) -> Account:
        """Return an account. Raises NoSuchEntity."""
        stored = await self._records.get(Account, OPERATORS, id)
        if stored is None:
            raise NoSuchEntity(f"There is no account {id[:20]}.")
        return stored.entity

    async def page(self, *, marker: str = "", max_items: int = 100) -> Page[Account]:
        """Return accounts in the order of their numbers."""
        return await self._records.page(Account, OPERATORS, marker=marker, max_items=max_items)

    async def rename(self, id: str, name: str) -> Account:
        """Give an account another name. Raises NoSuchEntity, InvalidInput."""
        checked = _check_name(name)
        return await self._records.update(Account, OPERATORS, id, lambda account: msgspec.structs.replace(account, name=checked))


def _check_name(name: str) -> str:
    if not 1 <= len(name) <= _NAME_CHARS or not name.isprintable():
        raise InvalidInput(f"An account's name has 1 to {_NAME_CHARS} printable characters")
    return name
