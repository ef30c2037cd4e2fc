"""The model table: which upstream a model's name leads to. A name that no row has leads nowhere.

An account's own rows come before the settings'. Among the rows of one: a name or an alias before a pattern, a longer pattern before a
shorter one.

Rows of an account are its administrator's, who need not be the operator: they reach public addresses only, and read no variables of the
process, unless the operator put them there (`operator=True`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from ringwall.errors import InvalidRequest, SettingsError
from ringwall.inference.kept import KeptReads
from ringwall.inference.stored import put_in_place, read_body
from ringwall.inference.upstreams.errors import ModelNotFound, ModelRowRefused, TooManyModels
from ringwall.inference.upstreams.row import DEVELOPMENT_ROW, NAME_PATTERN, Address, ModelRow, check_row
from ringwall.inference.upstreams.secrecy import refuse_secrets
from ringwall.storage import Delete, Document, Storage
from ringwall.vocabulary import Clock

KIND = "model"
ROWS = 500
"""Rows an account may have."""

_ACCOUNTS_KEPT = 1000


class StoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of an account's table, and who put it there last. `by_operator`: it may do what only the operator's rows may."""

    row: ModelRow
    by_operator: bool
    updated_at: datetime
    updated_by: str


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where one request goes.

    row, address: the row that names the model, and its URI, read.
    name: the model, as the upstream knows it.
    owner: the account whose row it is; "" for the settings'.
    account_id: the account that asks.
    """

    row: ModelRow
    address: Address
    name: str
    owner: str = ""
    account_id: str = ""


_DECODER = msgspec.json.Decoder(StoredRow)
_NAMED = re.compile(rf"(?=.{{1,512}}\Z){NAME_PATTERN}")


def is_model_name(text: str) -> bool:
    """Say whether a text could be a model's name: rows have such names only."""
    return _NAMED.fullmatch(text) is not None


class Named(NamedTuple):
    """A model under one of its names; `owner` as in `Route`. `changed_at`: of an account's row; the settings' rows tell no time."""

    name: str
    row: ModelRow
    address: Address
    owner: str
    changed_at: datetime | None


class _Index(NamedTuple):
    """Rows, ready to be looked up in; `patterns` longest first. `changed`: when each was changed last, by id."""

    exact: dict[str, tuple[ModelRow, Address]]
    patterns: tuple[tuple[str, ModelRow, Address], ...]
    changed: dict[str, datetime]


class ModelTable:
    """The rows of the settings and of all accounts."""

    def __init__(self, storage: Storage, clock: Clock, rows: Iterable[ModelRow] = (DEVELOPMENT_ROW,)) -> None:
        """Take the settings' rows.

        Raises:
            SettingsError: one of them cannot stand, or two have a name in common.
        """
        self._storage = storage
        self._clock = clock
        self._rows = tuple(rows)
        try:
            for at, row in enumerate(self._rows):
                check_row(row)
                _refuse_taken(row, self._rows[:at])
        except InvalidRequest as error:
            raise SettingsError(f"the setting `models`: {error.message}", remedy=error.how_to_mend) from None
        self._own = _index(self._rows)
        self._kept = KeptReads(storage.generation, self._read, most=_ACCOUNTS_KEPT)

    async def find(self, account_id: str, model: str) -> Route:
        """Return where a model's requests go.

        Raises:
            ModelNotFound: no row names it; nothing is sent anywhere.
        """
        if not _NAMED.fullmatch(model):
            raise ModelNotFound("the model's name has characters that no model's name has")
        for owner, index in ((account_id, await self._kept.get(account_id)), ("", self._own)):
            found = _look_up(index, model)
            if found is not None:
                row, address = found
                return Route(row=row, address=address, name=row.model or model, owner=owner, account_id=account_id)
        raise ModelNotFound(f"no model `{model[:100]}` in this account")

    async def named(self, account_id: str) -> tuple[Named, ...]:
        """Return every name that leads somewhere, the account's own first; names that only a pattern stands for cannot be told."""
        found: dict[str, Named] = {}
        for owner, index in ((account_id, await self._kept.get(account_id)), ("", self._own)):
            for name, (row, address) in index.exact.items():
                found.setdefault(name, Named(name, row, address, owner, index.changed.get(row.id)))
        return tuple(found.values())

    async def describe(self, account_id: str, model: str) -> Named:
        """Return what stands behind a name.

        Raises:
            ModelNotFound: nothing does.
        """
        route = await self.find(account_id, model)
        index = await self._kept.get(account_id) if route.owner else self._own
        return Named(model, route.row, route.address, route.owner, index.changed.get(route.row.id))

    async def rows(self, account_id: str) -> tuple[StoredRow, ...]:
        """Return an account's own rows, by id."""
        documents = await self._storage.list(account_id, KIND, limit=ROWS)
        return tuple(read_body(_DECODER, document) for document in documents)

    async def row(self, account_id: str, row_id: str) -> StoredRow | None:
        """Return one of an account's own rows."""
        document = await self._storage.get(account_id, KIND, row_id)
        return None if document is None else read_body(_DECODER, document)

    @property
    def settings_rows(self) -> tuple[ModelRow, ...]:
        """The rows that every account has."""
        return self._rows

    async def put(self, account_id: str, row: ModelRow, *, by: str, operator: bool = False) -> StoredRow:
        """Put a row in an account's table, in the place of the one with its id if there is one.

        Args:
            account_id: the tenant.
            row: its id and aliases are those of no other row of the account.
            by: the caller's ARN.
            operator: the caller runs this deployment; only then may a row name a variable or a private network.

        Raises:
            ModelRowRefused: the row cannot stand, holds a secret, or takes another's name. TooManyModels: the table is full.
            Conflict: a race.
        """
        check_row(row)
        refuse_secrets(row)
        if not operator and (row.allow_private or row.credential.startswith("env:")):
            raise ModelRowRefused("only the operator's rows name private networks or variables", remedy="use a public address and `file:`")
        stored = await self.rows(account_id)
        others = [each.row for each in stored if each.row.id != row.id]
        _refuse_taken(row, others)
        if len(others) >= ROWS:
            raise TooManyModels(f"an account has at most {ROWS} models of its own")
        made = StoredRow(row=row, by_operator=operator, updated_at=self._clock(), updated_by=by)
        held = await self._storage.get(account_id, KIND, row.id)
        document = Document(account_id=account_id, kind=KIND, id=row.id, body=msgspec.json.encode(made))
        await self._storage.apply(put_in_place(document, held))
        return made

    async def delete(self, account_id: str, row_id: str) -> None:
        """Delete a row of an account.

        Raises:
            ModelNotFound: the account has none with this id.
        """
        held = await self._storage.get(account_id, KIND, row_id)
        if held is None:
            raise ModelNotFound(f"no model `{row_id[:100]}` in this account")
        await self._storage.apply(Delete(account_id, KIND, row_id, held.revision))

    async def _read(self, account_id: str) -> _Index:
        rows = await self.rows(account_id)
        return _index((each.row for each in rows), {each.row.id: each.updated_at for each in rows})


def _index(rows: Iterable[ModelRow], changed: dict[str, datetime] | None = None) -> _Index:
    exact: dict[str, tuple[ModelRow, Address]] = {}
    patterns = []
    for row in rows:
        address = check_row(row)
        if row.is_pattern:
            patterns.append((row.id[:-1], row, address))
        for name in _names(row):
            exact.setdefault(name, (row, address))
    return _Index(exact, tuple(sorted(patterns, key=lambda each: -len(each[0]))), changed or {})


def _look_up(index: _Index, model: str) -> tuple[ModelRow, Address] | None:
    found = index.exact.get(model)
    if found is not None:
        return found
    return next(((row, address) for beginning, row, address in index.patterns if model.startswith(beginning)), None)


def _names(row: ModelRow) -> tuple[str, ...]:
    return row.aliases if row.is_pattern else (row.id, *row.aliases)


def _refuse_taken(row: ModelRow, others: Iterable[ModelRow]) -> None:
    names = {row.id, *row.aliases}
    for other in others:
        shared = names & {other.id, *other.aliases}
        if shared:
            raise ModelRowRefused(f"the name `{min(shared)}` is another row's", remedy="choose another name, or change that row")
