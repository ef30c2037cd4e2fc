"""Limits on use from settings: what is read, and what refuses the start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ringwall.bootstrap.budgets import open_limits
from ringwall.bootstrap.settings import load_settings
from ringwall.errors import RingwallError, SettingsError
from ringwall.inference.limits import LimitReached, Limits, MemoryStore, SharedStore, Subject, UnpricedModel, Usage
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock

pytestmark = pytest.mark.anyio

ADA = Subject(account_id="111122223333", model_id="mine")
PRICES = '{"version":"own","note":"","models":{"mine":{"in":"1","out":"1"}}}'
LIMITS = '{"limits":[{"id":"day","kind":"cost","usd":"1","periodS":86400},{"id":"calls","kind":"concurrency","amount":1}]}'


@asynccontextmanager
async def opened(directory: Path, **flags: Any) -> AsyncIterator[Limits]:
    settings = load_settings({}, directory=directory, flags={"data_dir": str(directory), **flags}).settings
    storage = open_storage(directory, clock=system_clock)
    try:
        yield open_limits(settings, storage, system_clock)
    finally:
        await storage.close()


def file(directory: Path, text: str, name: str = "file.json", mode: int = 0o600) -> str:
    path = directory / name
    path.write_text(text)
    path.chmod(mode)
    return str(path)


async def test_without_settings_nothing_is_limited_and_each_process_counts_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path) as limits:
        assert isinstance(limits._store, MemoryStore)
        assert (await limits.admit(ADA, Usage())).record == {"limits": []}


async def test_files_name_the_limits_for_every_account_and_the_prices(tmp_path: Path) -> None:
    async with opened(tmp_path, budgets_file=file(tmp_path, LIMITS), price_table=file(tmp_path, PRICES, "prices.json")) as limits:
        grant = await limits.admit(ADA, Usage(tokens_in=1))
        assert grant.record == {"limits": ["day", "calls"], "priceTable": "own"}
        with pytest.raises(LimitReached):
            await limits.admit(ADA, Usage())
        with pytest.raises(UnpricedModel):
            await limits.admit(Subject(account_id="444455556666", model_id="gpt-4o"), Usage())


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", "valkey://127.0.0.1", "rediss://cache.example.com:6380/1"])
async def test_a_shared_store_is_used_where_one_is_set(tmp_path: Path, url: str) -> None:
    pytest.importorskip("redis", reason="redis: the extra `shared-limits` is not installed")
    file(tmp_path, "nightjar\n", "secret")
    async with opened(tmp_path, budget_store=url, budget_store_password="file:secret") as limits:
        assert isinstance(limits._store, SharedStore)
        await limits.close()


REFUSED: dict[str, dict[str, Any]] = {
    "a password in the address": {"budget_store": "redis://:nightjar@127.0.0.1/0"},
    "another protocol": {"budget_store": "http://127.0.0.1/"},
    "no host": {"budget_store": "redis:///0"},
    "options in the address": {"budget_store": "redis://127.0.0.1/0?password=nightjar"},
    "a password that is no reference": {"budget_store": "redis://127.0.0.1", "budget_store_password": "nightjar"},
    "a password outside the folder": {"budget_store": "redis://127.0.0.1", "budget_store_password": "file:../secret"},
    "a password that is not there": {"budget_store": "redis://127.0.0.1", "budget_store_password": "file:none"},
    "a variable that is not there": {"budget_store": "redis://127.0.0.1", "budget_store_password": "env:RINGWALL_TEST_NONE"},
    "a file that others can read": {"budget_store": "redis://127.0.0.1", "budget_store_password": "file:open"},
    "limits that are not there": {"budgets_file": "none.json"},
    "limits that are malformed": {"budgets_file": "malformed.json"},
    "prices that are malformed": {"price_table": "malformed.json"},
    "prices that are a folder": {"price_table": "."},
    "an unknown way to fail": {"budget_store_unreachable": "ajar"},
}


@pytest.mark.parametrize("flags", REFUSED.values(), ids=REFUSED.keys())
async def test_the_start_is_refused(tmp_path: Path, flags: dict[str, Any]) -> None:
    file(tmp_path, '{"limits":5}', "malformed.json")
    file(tmp_path, "nightjar", "open", 0o644)
    named = {key: str(tmp_path / value) if key in {"budgets_file", "price_table"} else value for key, value in flags.items()}
    with pytest.raises(SettingsError) as error:
        async with opened(tmp_path, **named):
            pass
    assert "nightjar" not in str(error.value)
    assert isinstance(error.value, RingwallError)
