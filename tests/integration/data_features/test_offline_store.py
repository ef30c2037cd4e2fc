"""Records offline: every one in exactly one file, through crashes, full disks and two processes at once; what is deleted is emptied."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ringwall.data.chores import CHORE, HOLDER
from ringwall.data.feature_group import GROUP
from ringwall.data.feature_record import read_record
from ringwall.data.features import FeatureStore
from ringwall.data.offline_rows import ROW, row_document
from ringwall.data.offline_store import FILE_ROWS, MANIFEST, STATE
from ringwall.errors import DependencyError, IntegrityError
from ringwall.keys import Keys, LogKeyStore
from ringwall.ledger import Ledger
from ringwall.ledger.attestations import Attestor
from ringwall.storage import Change, Document, Insert
from ringwall.storage.database import DatabaseStorage
from tests.integration.conftest import REGION
from tests.integration.data_features.requests import ACCOUNT, OFFLINE, ONLINE, new_group, put, who
from tests.integration.storage.places import StandingClock


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Every row that a reader of the partitions finds."""
    files = [path for path in folder.rglob("*.parquet") if "data" in path.parts]
    return [row for path in files for row in pq.ParquetFile(path).read().to_pylist()]


def staged_in(folder: Path) -> list[Path]:
    """Every file that is not in its place yet."""
    return list(folder.rglob("staging/*"))


@pytest.mark.anyio
async def test_every_record_is_in_a_file_historic_and_deleted_ones_too(store: FeatureStore, folder: Path, clock: StandingClock) -> None:
    await store.groups.create(ACCOUNT, new_group(**ONLINE, **OFFLINE))
    await store.records.put(ACCOUNT, put("a", 7200.5, 2))
    clock.advance(1)
    await store.records.put(ACCOUNT, put("a", 3600, 1))
    clock.advance(1)
    await store.records.delete(ACCOUNT, who("a", EventTime="10000"))
    await store.records.put(ACCOUNT, put("b", 1, 3, TargetStores=["OnlineStore"]))
    assert rows_of(folder) == []
    await store.maintain()
    rows = sorted(rows_of(folder), key=lambda row: row["api_invocation_time"])
    assert [(row["id"], row["at"], row["n"], row["is_deleted"]) for row in rows] == [
        ("a", 7200.5, 2, False),
        ("a", 3600.0, 1, False),
        ("a", 10000.0, None, True),
    ]
    assert all(row["write_time"] == clock() for row in rows)
    group = (await store.groups.find(ACCOUNT, "g")).group
    files = await store.offline.verify(ACCOUNT, group)
    assert sorted(file.path.rpartition("/")[0] for file in files) == [
        "year=1970/month=01/day=01/hour=01",
        "year=1970/month=01/day=01/hour=02",
    ]
    await store.maintain()
    assert len(rows_of(folder)) == 3


@pytest.mark.anyio
async def test_features_that_were_added_are_columns_of_later_files(store: FeatureStore, folder: Path) -> None:
    await store.groups.create(ACCOUNT, new_group(**OFFLINE))
    await store.records.put(ACCOUNT, put("a", 1, 1))
    await store.maintain()
    await store.groups.update(ACCOUNT, {"FeatureGroupName": "g", "FeatureAdditions": [{"FeatureName": "tag", "FeatureType": "String"}]})
    request = put("b", 2, 2)
    request["Record"].append({"FeatureName": "tag", "ValueAsString": "new"})
    await store.records.put(ACCOUNT, request)
    await store.maintain()
    assert sorted((row["id"], row.get("tag")) for row in rows_of(folder)) == [("a", None), ("b", "new")]


@pytest.mark.anyio
async def test_more_rows_than_one_batch_are_all_written_once(store: FeatureStore, folder: Path) -> None:
    await store.groups.create(ACCOUNT, new_group(**OFFLINE))
    count = FILE_ROWS + 100
    await asyncio.gather(*(store.records.put(ACCOUNT, put(f"r{number}", 1, number)) for number in range(count)))
    await store.maintain()
    assert sorted(row["n"] for row in rows_of(folder)) == list(range(count))


@pytest.mark.anyio
async def test_two_processes_that_write_at_once_write_each_row_once(
    storage: DatabaseStorage, keys: Keys, clock: StandingClock, folder: Path
) -> None:
    stores = [FeatureStore(storage, keys=keys, clock=clock, region=REGION, folder=folder, attestor=None) for _ in range(2)]
    await stores[0].groups.create(ACCOUNT, new_group(**OFFLINE))
    for number in range(20):
        await stores[number % 2].records.put(ACCOUNT, put("a", number, number))
    await asyncio.gather(*(store.maintain() for store in stores))
    await stores[0].maintain()
    assert sorted(row["n"] for row in rows_of(folder)) == list(range(20))
    assert staged_in(folder) == []


class Overtaken:
    """A storage before whose call of a certain number another process does all it has to do."""

    def __init__(self, storage: DatabaseStorage, call: int, other: Callable[[], Awaitable[None]]) -> None:
        self._storage = storage
        self._call = call
        self._other = other
        self.calls = 0

    async def _made(self) -> None:
        self.calls += 1
        if self.calls == self._call:
            await self._other()

    async def get(self, account_id: str, kind: str, id: str) -> Document | None:
        await self._made()
        return await self._storage.get(account_id, kind, id)

    async def list(self, account_id: str, kind: str, **page: Any) -> list[Document]:
        await self._made()
        return await self._storage.list(account_id, kind, **page)

    async def apply(self, *changes: Change) -> None:
        await self._made()
        await self._storage.apply(*changes)


@pytest.mark.anyio
async def test_a_process_that_another_overtakes_at_any_step_writes_no_row_again(
    storage: DatabaseStorage, keys: Keys, clock: StandingClock, folder: Path
) -> None:
    other = FeatureStore(storage, keys=keys, clock=clock, region=REGION, folder=folder, attestor=None)
    await other.groups.create(ACCOUNT, new_group(**OFFLINE))
    expected: list[int] = []
    for call in range(1, 50):
        for number in range(len(expected), len(expected) + 2):
            await other.records.put(ACCOUNT, put("a", number, number))
            expected.append(number)
        overtaken = Overtaken(storage, call, other.maintain)
        await FeatureStore(overtaken, keys=keys, clock=clock, region=REGION, folder=folder, attestor=None).maintain()
        assert sorted(row["n"] for row in rows_of(folder)) == expected, call
        if overtaken.calls < call:  # it was overtaken at each of its steps
            break
    else:
        pytest.fail("there are more steps than this test takes")
    assert call > 5
    assert staged_in(folder) == []


class Failing:
    """A storage that fails at one batch, before or after it was made, as a process that dies there leaves it."""

    def __init__(self, storage: DatabaseStorage, *, after: bool) -> None:
        self._storage = storage
        self._after = after
        self.armed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    async def apply(self, *changes: Change) -> None:
        writes_files = any(
            isinstance(getattr(change, "document", None), Document) and change.document.kind == MANIFEST for change in changes
        )
        if not (self.armed and writes_files):
            await self._storage.apply(*changes)
            return
        if self._after:
            await self._storage.apply(*changes)
        raise DependencyError("the connection is gone")


@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
@pytest.mark.anyio
async def test_a_process_that_dies_while_it_writes_loses_and_doubles_nothing(
    storage: DatabaseStorage, keys: Keys, clock: StandingClock, folder: Path, after: bool
) -> None:
    failing = Failing(storage, after=after)
    dying = FeatureStore(failing, keys=keys, clock=clock, region=REGION, folder=folder, attestor=None)
    await dying.groups.create(ACCOUNT, new_group(**OFFLINE))
    for number in range(5):
        await dying.records.put(ACCOUNT, put("a", number, number))
    failing.armed = True
    await dying.maintain()
    assert rows_of(folder) == []
    assert (await dying.groups.describe(ACCOUNT, {"FeatureGroupName": "g"}))["OfflineStoreStatus"]["Status"] == "Blocked"
    staged = staged_in(folder)
    assert len(staged) == 1
    os.utime(staged[0], (0, 0))
    next_one = FeatureStore(storage, keys=keys, clock=clock, region=REGION, folder=folder, attestor=None)
    await next_one.maintain()
    assert sorted(row["n"] for row in rows_of(folder)) == list(range(5))
    assert staged_in(folder) == []
    group = (await next_one.groups.find(ACCOUNT, "g")).group
    assert sum(file.rows for file in await next_one.offline.verify(ACCOUNT, group)) == 5


def in_the_way(folder: Path) -> None:
    folder.write_text("a file where the folder should be")


def out_of_the_way(folder: Path) -> None:
    folder.unlink()


@pytest.mark.anyio
async def test_a_folder_that_cannot_be_written_blocks_the_store_and_loses_nothing(store: FeatureStore, folder: Path) -> None:
    await store.groups.create(ACCOUNT, new_group(**OFFLINE))
    await store.records.put(ACCOUNT, put("a", 1, 1))
    in_the_way(folder)
    await store.maintain()
    shown = (await store.groups.describe(ACCOUNT, {"FeatureGroupName": "g"}))["OfflineStoreStatus"]
    assert shown["Status"] == "Blocked"
    assert str(folder) not in shown["BlockedReason"]
    listed = await store.groups.listing(ACCOUNT, {"OfflineStoreStatusEquals": "Blocked"})
    assert len(listed["FeatureGroupSummaries"]) == 1
    await store.records.put(ACCOUNT, put("a", 2, 2))
    out_of_the_way(folder)
    await store.maintain()
    assert sorted(row["n"] for row in rows_of(folder)) == [1, 2]
    assert (await store.groups.describe(ACCOUNT, {"FeatureGroupName": "g"}))["OfflineStoreStatus"] == {"Status": "Active"}


def last_file(folder: Path) -> Path:
    return max(folder.rglob("*.parquet"))


@pytest.mark.anyio
async def test_one_group_that_cannot_be_looked_after_does_not_keep_the_others_from_it(
    store: FeatureStore, storage: DatabaseStorage, folder: Path
) -> None:
    await storage.apply(Insert(Document(account_id=HOLDER, kind=CHORE, id="000000000000:broken", body=b"no chore")))
    await store.groups.create(ACCOUNT, new_group(**OFFLINE))
    await store.records.put(ACCOUNT, put("a", 1, 1))
    await store.maintain()
    assert [row["n"] for row in rows_of(folder)] == [1]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("harm", [pytest.param(flip, id="a flipped bit"), pytest.param(Path.unlink, id="a file that is gone")])
@pytest.mark.anyio
async def test_a_file_that_is_not_what_was_written_is_named(store: FeatureStore, folder: Path, harm: Callable[[Path], None]) -> None:
    await store.groups.create(ACCOUNT, new_group(**OFFLINE))
    for moment in (1, 4000):
        await store.records.put(ACCOUNT, put("a", moment, 1))
    await store.maintain()
    group = (await store.groups.find(ACCOUNT, "g")).group
    assert len(await store.offline.verify(ACCOUNT, group)) == 2
    broken = last_file(folder)
    harm(broken)
    with pytest.raises(IntegrityError) as error:
        await store.offline.verify(ACCOUNT, group)
    assert broken.name in error.value.message


@pytest.mark.anyio
async def test_a_deleted_group_is_written_out_then_emptied_and_its_files_stay(
    store: FeatureStore, storage: DatabaseStorage, folder: Path, clock: StandingClock
) -> None:
    await store.groups.create(ACCOUNT, new_group(**ONLINE, **OFFLINE))
    await store.groups.update_metadata(ACCOUNT, {"FeatureGroupName": "g", "FeatureName": "n", "Description": "x"})
    for number in range(3):
        await store.records.put(ACCOUNT, put(f"r{number}", 1, number))
    await store.groups.delete(ACCOUNT, {"FeatureGroupName": "g"})
    await store.maintain()
    assert sorted(row["n"] for row in rows_of(folder)) == [0, 1, 2]
    for kind in (GROUP, ROW, "feature-record", "feature-metadata"):
        assert await storage.list(ACCOUNT, kind) == [], kind
    assert len(await storage.list(HOLDER, CHORE)) == 1
    clock.advance(601)
    await store.maintain()
    assert await storage.list(HOLDER, CHORE) == []
    assert await storage.list(ACCOUNT, STATE) == []


@pytest.mark.anyio
async def test_a_row_that_comes_after_the_deletion_was_looked_after_is_in_a_file_too(
    store: FeatureStore, storage: DatabaseStorage, folder: Path, clock: StandingClock
) -> None:
    await store.groups.create(ACCOUNT, new_group(**OFFLINE))
    group = (await store.groups.find(ACCOUNT, "g")).group
    await store.records.put(ACCOUNT, put("early", 1, 1))
    await store.groups.delete(ACCOUNT, {"FeatureGroupName": "g"})
    await store.maintain()
    late = read_record(group, put("late", 2, 2)["Record"])  # of a request that had read the group before
    await storage.apply(Insert(row_document(ACCOUNT, group, late, clock())))
    await store.maintain()
    assert sorted(row["n"] for row in rows_of(folder)) == [1, 2]
    clock.advance(601)
    await store.maintain()
    assert await storage.list(HOLDER, CHORE) == []


@pytest.mark.anyio
async def test_a_deleted_group_with_more_rows_than_one_round_writes_is_written_out_whole(
    store: FeatureStore, storage: DatabaseStorage, folder: Path, clock: StandingClock
) -> None:
    await store.groups.create(ACCOUNT, new_group(**OFFLINE))
    group = (await store.groups.find(ACCOUNT, "g")).group
    records = [read_record(group, put(f"r{number}", 1, number)["Record"]) for number in range(FILE_ROWS + 1)]
    await storage.apply(*(Insert(row_document(ACCOUNT, group, record, clock())) for record in records))
    await store.groups.delete(ACCOUNT, {"FeatureGroupName": "g"})
    for _ in range(2):
        await store.offline.maintain(batches=1)
    assert sorted(row["n"] for row in rows_of(folder)) == list(range(FILE_ROWS + 1))
    assert await storage.list(ACCOUNT, ROW) == []


WITHOUT_PYARROW = """
import asyncio, pathlib, sys
sys.modules["pyarrow"] = None  # what an installation without the extra finds
from ringwall.data.feature_errors import OfflineStoreUnavailable
from ringwall.data.features import FeatureStore
from ringwall.keys import open_keys
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock
from tests.integration.data_features.requests import ACCOUNT, OFFLINE, ONLINE, new_group

async def main(place):
    storage = open_storage(place, clock=system_clock)
    keys = await open_keys(storage, data_dir=place, environ={})
    store = FeatureStore(storage, keys=keys, clock=system_clock, region="us-east-1", folder=place / "feature-store", attestor=None)
    try:
        await store.groups.create(ACCOUNT, new_group(**ONLINE, **OFFLINE))
    except OfflineStoreUnavailable as refusal:
        print(refusal.how_to_mend)
    print(await store.groups.create(ACCOUNT, new_group(**ONLINE)))
    await storage.close()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


def test_without_pyarrow_no_group_with_an_offline_store_is_made(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_PYARROW, tmp_path]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    remedy, made = done.stdout.splitlines()
    assert "ringwall[data]" in remedy
    assert ":feature-group/g" in made


async def ledger_of(storage: DatabaseStorage, keys: Keys, clock: StandingClock, directory: Path) -> Ledger:
    ledger = Ledger(storage, keys)
    await ledger.open(clock=clock, key_store=LogKeyStore(storage, keys, clock), directory=directory)
    return ledger


@pytest.mark.anyio
async def test_the_files_of_every_batch_are_named_in_a_signed_statement_of_the_ledger(
    storage: DatabaseStorage, keys: Keys, clock: StandingClock, folder: Path, tmp_path: Path
) -> None:
    silent = FeatureStore(storage, keys=keys, clock=clock, region=REGION, folder=folder, attestor=None)
    await silent.groups.create(ACCOUNT, new_group(**OFFLINE))
    await silent.records.put(ACCOUNT, put("a", 1, 1))
    await silent.maintain()
    group = (await silent.groups.find(ACCOUNT, "g")).group
    assert await silent.offline.statements(ACCOUNT, group) == []
    ledger = await ledger_of(storage, keys, clock, tmp_path / "ledger")
    attestor = Attestor(storage, keys, ledger)
    store = FeatureStore(storage, keys=keys, clock=clock, region=REGION, folder=folder, attestor=attestor)
    for moment in (2, 4000):
        await store.records.put(ACCOUNT, put("a", moment, 1))
    await store.maintain()
    await store.maintain()
    indexes = await store.offline.statements(ACCOUNT, group)
    assert indexes == [0, 1]
    stated: dict[str, str] = {}
    for number, index in enumerate(indexes, 1):
        logged = await attestor.get(ACCOUNT, index)
        assert logged.statement is not None
        assert logged.statement.predicate["batch"] == number
        stated |= {subject.name: subject.digest["sha256"] for subject in logged.statement.subject}
    assert stated == {file.path: file.digest for file in await store.offline.verify(ACCOUNT, group)}
    await ledger.close()


@pytest.mark.anyio
async def test_a_ledger_that_takes_nothing_shows_and_what_is_missing_is_stated_later(
    storage: DatabaseStorage, keys: Keys, clock: StandingClock, folder: Path, tmp_path: Path
) -> None:
    closed = Attestor(storage, keys, Ledger(storage, keys))
    store = FeatureStore(storage, keys=keys, clock=clock, region=REGION, folder=folder, attestor=closed)
    await store.groups.create(ACCOUNT, new_group(**OFFLINE))
    await store.records.put(ACCOUNT, put("a", 1, 1))
    await store.maintain()
    assert len(rows_of(folder)) == 1
    assert (await store.groups.describe(ACCOUNT, {"FeatureGroupName": "g"}))["OfflineStoreStatus"]["Status"] == "Blocked"
    group = (await store.groups.find(ACCOUNT, "g")).group
    await store.groups.delete(ACCOUNT, {"FeatureGroupName": "g"})
    await store.maintain()
    ledger = await ledger_of(storage, keys, clock, tmp_path / "ledger")
    heard = FeatureStore(storage, keys=keys, clock=clock, region=REGION, folder=folder, attestor=Attestor(storage, keys, ledger))
    await heard.maintain()
    assert len(await heard.offline.statements(ACCOUNT, group)) == 1
    await ledger.close()
