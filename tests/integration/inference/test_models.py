"""The model table: whose rows lead where, on both databases, and what an account's own rows may not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from ringwall.errors import Conflict, SettingsError
from ringwall.inference.upstreams.errors import ModelNotFound, ModelRowRefused, TooManyModels
from ringwall.inference.upstreams.models import ROWS, ModelTable
from ringwall.inference.upstreams.row import DEVELOPMENT_ROW, ModelRow
from ringwall.storage.database import DatabaseStorage, open_storage
from tests.integration.storage.places import StandingClock

pytestmark = pytest.mark.anyio

ACCOUNT, OTHER = "111122223333", "444455556666"
BY = f"arn:aws:iam::{ACCOUNT}:user/admin"
SETTINGS = (
    ModelRow(id="gpt-*", upstream="openai+https://settings.example/v1"),
    ModelRow(id="gpt-4*", upstream="openai+https://settings-4.example/v1"),
    ModelRow(id="gpt-4o", aliases=("best",), upstream="openai+https://settings-4o.example/v1", model="gpt-4o-2026"),
    DEVELOPMENT_ROW,
)


@pytest.fixture
def table(storage: DatabaseStorage, clock: StandingClock) -> ModelTable:
    return ModelTable(storage, clock, SETTINGS)


def row(id: str, **members: object) -> ModelRow:
    return msgspec.convert({"id": id, "upstream": "openai+https://account.example/v1"} | members, ModelRow)


async def host(table: ModelTable, model: str, account: str = ACCOUNT) -> str:
    return (await table.find(account, model)).address.host


async def test_a_name_comes_before_a_pattern_and_a_longer_pattern_before_a_shorter(table: ModelTable) -> None:
    assert await host(table, "gpt-4o") == "settings-4o.example"
    assert await host(table, "best") == "settings-4o.example"
    assert await host(table, "gpt-4o-mini") == "settings-4.example"
    assert await host(table, "gpt-3") == "settings.example"
    assert (await table.find(ACCOUNT, "development")).address.kind == "development"


async def test_the_upstream_s_name_is_the_row_s_or_the_one_that_was_asked_for(table: ModelTable) -> None:
    assert (await table.find(ACCOUNT, "best")).name == "gpt-4o-2026"
    assert (await table.find(ACCOUNT, "gpt-3")).name == "gpt-3"


async def test_what_no_row_names_leads_nowhere(table: ModelTable) -> None:
    for model in ("claude", "gpt", "GPT-4o", "gpt-4o\n", "xgpt-4o", "gpt-*", ""):
        with pytest.raises(ModelNotFound):
            await table.find(ACCOUNT, model)


async def test_an_account_s_own_rows_come_first_and_are_its_own(table: ModelTable) -> None:
    await table.put(ACCOUNT, row("gpt-*"), by=BY)
    route = await table.find(ACCOUNT, "gpt-4o")
    assert (route.address.host, route.owner) == ("account.example", ACCOUNT)
    assert await host(table, "gpt-4o", OTHER) == "settings-4o.example"
    assert await table.rows(OTHER) == ()
    await table.delete(ACCOUNT, "gpt-*")
    assert await host(table, "gpt-4o") == "settings-4o.example"
    with pytest.raises(ModelNotFound):
        await table.delete(ACCOUNT, "gpt-*")


async def test_a_row_is_replaced_and_kept_with_who_put_it(table: ModelTable, clock: StandingClock) -> None:
    await table.put(ACCOUNT, row("m"), by="somebody")
    assert await host(table, "m") == "account.example"
    clock.advance(5)
    stored = await table.put(ACCOUNT, row("m", upstream="openai+https://new.example/v1", credential="file:key"), by=BY)
    assert await host(table, "m") == "new.example"
    assert await table.rows(ACCOUNT) == (stored,)
    assert (stored.updated_by, stored.updated_at, stored.by_operator) == (BY, clock.now, False)


async def test_a_row_outlives_the_process(place: str, clock: StandingClock) -> None:
    for _ in range(2):
        storage = open_storage(place, clock=clock, poll_interval_s=0)
        table = ModelTable(storage, clock)
        if not await table.rows(ACCOUNT):
            await table.put(ACCOUNT, row("m"), by=BY)
        assert await host(table, "m") == "account.example"
        await storage.close()


async def test_another_process_s_change_is_seen(place: str, table: ModelTable, clock: StandingClock) -> None:
    with pytest.raises(ModelNotFound):
        await table.find(ACCOUNT, "m")
    storage = open_storage(place, clock=clock, poll_interval_s=0)
    await ModelTable(storage, clock).put(ACCOUNT, row("m"), by=BY)
    await storage.close()
    assert await host(table, "m") == "account.example"


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"allow_private": True}, id="a private network"),
        pytest.param({"allow_private": True, "upstream": "openai+http://127.0.0.1/v1"}, id="cleartext"),
        pytest.param({"credential": "env:OPENAI_API_KEY"}, id="a variable of the process"),
    ],
)
async def test_only_the_operator_s_rows_name(members: dict[str, object], table: ModelTable) -> None:
    with pytest.raises(ModelRowRefused):
        await table.put(ACCOUNT, row("m", **members), by=BY)
    assert await table.rows(ACCOUNT) == ()
    assert (await table.put(ACCOUNT, row("m", **members), by=BY, operator=True)).by_operator


@pytest.mark.parametrize("members", [{"id": "b", "aliases": ["a"]}, {"id": "a2"}, {"id": "b", "aliases": ["a2"]}], ids=str)
async def test_a_name_belongs_to_one_row(members: dict[str, object], table: ModelTable) -> None:
    await table.put(ACCOUNT, row("a", aliases=["a2"]), by=BY)
    with pytest.raises(ModelRowRefused):
        await table.put(ACCOUNT, msgspec.convert({"upstream": "openai+https://h/v1"} | members, ModelRow), by=BY)


async def test_the_table_has_an_end(table: ModelTable) -> None:
    for number in range(ROWS):
        await table.put(ACCOUNT, row(f"m{number}"), by=BY)
    with pytest.raises(TooManyModels):
        await table.put(ACCOUNT, row("one-more"), by=BY)
    await table.put(ACCOUNT, row("m1", model="other"), by=BY)


async def test_of_two_who_make_one_row_at_once_one_is_told(table: ModelTable) -> None:
    done = await asyncio.gather(*(table.put(ACCOUNT, row("m"), by=BY) for _ in range(5)), return_exceptions=True)
    assert {type(each) for each in done} - {Conflict} != set()
    assert [each for each in done if isinstance(each, Exception) and not isinstance(each, Conflict)] == []
    assert len(await table.rows(ACCOUNT)) == 1


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param((row("a"), row("a")), id="a name twice"),
        pytest.param((row("a", aliases=["b"]), row("b")), id="an alias twice"),
        pytest.param((row("a", upstream="ftp://x"),), id="an URI that is none"),
        pytest.param((row("a", upstream="openai+http://x/v1"),), id="cleartext to anywhere"),
    ],
)
async def test_settings_rows_that_cannot_stand_refuse_the_start(rows: tuple[ModelRow, ...], tmp_path: Path, clock: StandingClock) -> None:
    storage = open_storage(tmp_path, clock=clock)
    with pytest.raises(SettingsError, match="the setting `models`"):
        ModelTable(storage, clock, rows)
    await storage.close()
