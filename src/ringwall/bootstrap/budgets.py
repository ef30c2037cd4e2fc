"""Limits on use, from settings: where they are counted, the limits for every account, and the price table."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from ringwall.bootstrap.settings import Settings, read_variable
from ringwall.errors import RingwallError, SettingsError
from ringwall.inference.limits import (
    Limits,
    MemoryStore,
    PriceTable,
    Rule,
    SharedStore,
    StoredLimits,
    parse_rules,
    read_prices,
    shipped_prices,
)
from ringwall.inference.limits.charge import Store
from ringwall.inference.limits.errors import InvalidLimit, UnreadableLimits, UnreadablePrices
from ringwall.inference.limits.server import SharedServer
from ringwall.inference.waf_rates import SharedRates
from ringwall.storage import Storage
from ringwall.vocabulary import Clock

FILE_BYTES = 4 * 1024 * 1024
_SCHEMES = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}
_Read = TypeVar("_Read")


class BudgetStoreRefused(SettingsError, code="budget-store-refused"):
    """The shared store of limits cannot be used as it is set."""

    remedy = "write redis://HOST:PORT/DATABASE (rediss:// for TLS), and the password as a reference in `budget_store_password`"


def open_limits(settings: Settings, storage: Storage, clock: Clock) -> Limits:
    """Return the service of limits. It reads files: call it in a thread.

    Raises:
        SettingsError: a file, the store's address or its password cannot be used.
    """
    return Limits(
        StoredLimits(storage),
        _store(settings),
        prices=_prices(settings.price_table),
        clock=clock,
        house=_house(settings.budgets_file),
        when_unreachable=settings.budget_store_unreachable,
    )


def open_rates(settings: Settings) -> SharedRates | None:
    """Return what web ACLs' rate-based rules are counted in by all workers; None: each process counts its own. It may read a file.

    Raises:
        SettingsError: as `open_limits`.
    """
    if not settings.budget_store:
        return None
    url, password = _address(settings)
    return SharedRates(SharedServer(url, password=password), when_unreachable=settings.budget_store_unreachable)


def _store(settings: Settings) -> Store:
    if not settings.budget_store:
        return MemoryStore()
    url, password = _address(settings)
    return SharedStore(url, password=password)


def _address(settings: Settings) -> tuple[str, str | None]:
    address = urlsplit(settings.budget_store)
    if address.scheme not in _SCHEMES or not address.hostname or address.password is not None or address.query:
        raise BudgetStoreRefused("`budget_store` is no address of a server, or holds a password")
    password = _secret(settings) if settings.budget_store_password else None
    return address._replace(scheme=_SCHEMES[address.scheme]).geturl(), password


def _secret(settings: Settings) -> str:
    scheme, _, name = settings.budget_store_password.partition(":")
    if scheme == "env":
        value = read_variable(name)
    elif scheme == "file" and Path(name).name == name:
        value = _own_file(settings.directory / name)
    else:
        raise BudgetStoreRefused("`budget_store_password` must be `env:NAME`, or `file:NAME` of a file in data_dir")
    if not value or not value.strip():
        raise BudgetStoreRefused("the password that `budget_store_password` names is not there")
    return value.strip()


def _own_file(path: Path) -> str:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BudgetStoreRefused("the file of `budget_store_password` must be for its owner alone", remedy="chmod 600 it")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BudgetStoreRefused("the file of `budget_store_password` cannot be read") from error


def _prices(path: str) -> PriceTable:
    return _read(path, read_prices, UnreadablePrices) if path else shipped_prices()


def _house(path: str) -> tuple[Rule, ...]:
    return _read(path, parse_rules, UnreadableLimits) if path else ()


def _read(path: str, parse: Callable[[bytes], _Read], refusal: type[RingwallError]) -> _Read:
    try:
        with Path(path).expanduser().open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise refusal(f"`{path}` cannot be read") from error
    if len(raw) > FILE_BYTES:
        raise refusal(f"`{path}` is larger than {FILE_BYTES} bytes")
    try:
        return parse(raw)
    except InvalidLimit as error:
        raise refusal(f"`{path}`: {error.message}") from error
