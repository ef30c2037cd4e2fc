"""Frozen shards in backups: with them a restored log is whole; what is damaged, missing, too much or misnamed restores nothing."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringwall.bootstrap.backups import back_up, put_back
from ringwall.bootstrap.settings import Settings
from ringwall.crypto import leaf_hash, root_hash
from ringwall.errors import Conflict, IntegrityError
from ringwall.keys import LogKeyStore
from ringwall.ledger import STATEMENT_LOG, Ledger
from ringwall.ledger.shards import shard_folder
from ringwall.storage.backups import backup, restore
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock
from tests.integration.ledger.conftest import KEYS, OpenLedger

pytestmark = [pytest.mark.anyio, pytest.mark.slow_on_postgresql]

SHARD = 65_536
ENTRIES = [b"%d" % number for number in range(SHARD + 300)]
ROOT = root_hash([leaf_hash(entry) for entry in ENTRIES])


async def fill(ledger: Ledger, storage: Any) -> None:
    for start in range(0, len(ENTRIES), 8192):
        await storage.append_all(STATEMENT_LOG, "1", ENTRIES[start : start + 8192])
    await ledger.sealed(STATEMENT_LOG, len(ENTRIES) - 1)
    assert await ledger.freeze(STATEMENT_LOG, keep=0) == SHARD


async def check_restored(place: str | Path, ledger_directory: Path) -> None:
    storage = open_storage(place, clock=system_clock)
    ledger = Ledger(storage, KEYS)
    await ledger.open(clock=system_clock, key_store=LogKeyStore(storage, KEYS, system_clock), directory=ledger_directory)
    verification = await ledger.verify(STATEMENT_LOG)
    assert (verification.frozen, verification.root) == (SHARD, ROOT.hex())
    assert await ledger.log(STATEMENT_LOG).entry(777) == b"777"
    await ledger.close()
    await storage.close()


async def test_a_restored_log_is_whole(open_ledger: OpenLedger, place: str, tmp_path: Path) -> None:
    opened = await open_ledger()
    await fill(opened.ledger, opened.storage)
    folder = shard_folder(tmp_path / "ledger", STATEMENT_LOG)
    steps: list[tuple[int, int]] = []
    written = backup(place, tmp_path / "b", clock=system_clock, frozen={STATEMENT_LOG: folder})
    assert written.rows["frozen files"] == 512
    new = tmp_path / "new"
    restored = restore(tmp_path / "b", new, frozen={STATEMENT_LOG: new / "s"}, progress=lambda done, rows: steps.append((done, rows)))
    assert restored == written
    assert steps[-1] == (sum(written.rows.values()),) * 2
    assert {path.relative_to(new / "s"): path.read_bytes() for path in (new / "s").rglob("*") if path.is_file()} == {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    (new / "ledger" / STATEMENT_LOG).mkdir(parents=True)
    (new / "s").rename(shard_folder(new / "ledger", STATEMENT_LOG))
    await check_restored(new, new / "ledger")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Make a data directory whose log of statements has a frozen shard."""
    settings = Settings(data_dir=str(tmp_path_factory.mktemp("source")))

    async def make() -> None:
        storage = open_storage(settings.directory, clock=system_clock)
        ledger = Ledger(storage, KEYS)
        await ledger.open(clock=system_clock, key_store=LogKeyStore(storage, KEYS, system_clock), directory=settings.directory / "ledger")
        await fill(ledger, storage)
        await ledger.close()
        await storage.close()

    asyncio.run(make())
    return settings


@pytest.fixture(scope="module")
def lines(source: Settings) -> list[bytes]:
    file = source.directory / "made"
    back_up(source, file)
    return gzip.decompress(file.read_bytes()).splitlines(keepends=True)


async def test_the_data_directory_is_backed_up_and_put_back_with_its_shards(source: Settings, tmp_path: Path) -> None:
    assert back_up(source, tmp_path / "b").rows["frozen files"] == 512
    target = Settings(data_dir=str(tmp_path / "target"))
    put_back(tmp_path / "b", target)
    await check_restored(target.directory, target.directory / "ledger")


async def test_shards_may_be_left_out_and_copied(source: Settings, tmp_path: Path) -> None:
    assert "frozen files" not in back_up(source, tmp_path / "b", shards=False).rows
    target = Settings(data_dir=str(tmp_path / "target"))
    put_back(tmp_path / "b", target)
    with pytest.raises(IntegrityError, match="bundle 0 is missing"):
        await check_restored(target.directory, target.directory / "ledger")


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(file.read_bytes()[:-1] + b"x"), lambda file: file.unlink()])
@pytest.mark.parametrize("piece", ["tile/entries/017", "tile/0/200"])
def test_a_damaged_shard_is_not_backed_up(source: Settings, tmp_path: Path, piece: str, damage: Callable[[Path], object]) -> None:
    file = shard_folder(source.directory / "ledger", STATEMENT_LOG) / piece
    whole = file.read_bytes()
    try:
        damage(file)
        with pytest.raises(IntegrityError, match=r"is not what was sealed|is missing"):
            back_up(source, tmp_path / "b")
    finally:
        file.write_bytes(whole)
    assert list(tmp_path.iterdir()) == []


def sealed(lines: list[bytes]) -> list[bytes]:
    """Seal altered lines anew, as someone who knows the format would."""
    body = lines[:-1]
    return [*body, json.dumps({"sha256": hashlib.sha256(b"".join(body)).hexdigest(), "rows": len(body) - 1}).encode() + b"\n"]


def with_file(lines: list[bytes], change: Callable[[list[Any]], list[Any]]) -> list[bytes]:
    """Change the last file of a backup, and seal it anew."""
    changed = change(json.loads(lines[-2]))
    return sealed([*lines[:-2], json.dumps(changed).encode() + b"\n", lines[-1]])


def with_header(lines: list[bytes], change: Callable[[dict[str, Any]], object]) -> list[bytes]:
    header = json.loads(lines[0])
    change(header)
    return [json.dumps(header).encode() + b"\n", *lines[1:]]


def other_entry(row: list[Any]) -> list[Any]:
    """Change an entry, with a digest that fits the change."""
    data = bytearray(base64.b64decode(row[4]))
    data[-1] ^= 1
    return [*row[:3], hashlib.sha256(data).hexdigest(), base64.b64encode(data).decode()]


ALTERATIONS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a changed file": lambda lines: with_file(lines, lambda row: [*row[:4], base64.b64encode(b"x").decode()]),
    "a changed entry with its digest": lambda lines: with_file(lines, other_entry),
    "a path that leads elsewhere": lambda lines: with_file(lines, lambda row: [*row[:2], "../../evil", *row[3:]]),
    "a path that is absolute": lambda lines: with_file(lines, lambda row: [*row[:2], "/evil", *row[3:]]),
    "a tile of another level": lambda lines: with_file(lines, lambda row: [*row[:2], "tile/1/000", *row[3:]]),
    "another file in its place": lambda lines: with_file(lines, lambda row: [*row[:2], "tile/entries/900", *row[3:]]),
    "no name": lambda lines: with_file(lines, lambda row: [*row[:2], None, *row[3:]]),
    "a file less": lambda lines: with_header(sealed([*lines[:-2], lines[-1]]), lambda header: header["tables"][-1].update(rows=511)),
    "a file less, counted and sealed anew": lambda lines: sealed(
        with_header([*lines[:-2], lines[-1]], lambda header: header["tables"][-1].update(rows=511))
    ),
    "a version that knows no files": lambda lines: sealed(with_header(lines, lambda header: header.update(formatVersion=1))),
    "other columns": lambda lines: sealed(
        with_header(lines, lambda header: header["tables"][-1].update(columns=["path", "log", "sha256", "data"]))
    ),
}


@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS.keys())
def test_an_altered_backup_restores_nothing(lines: list[bytes], tmp_path: Path, alter: Callable[[list[bytes]], list[bytes]]) -> None:
    (tmp_path / "b").write_bytes(gzip.compress(b"".join(alter(lines)), 1))
    with pytest.raises(IntegrityError):
        put_back(tmp_path / "b", Settings(data_dir=str(tmp_path / "target")))
    assert not [path for path in (tmp_path / "target").rglob("*") if path.is_file()]
    assert {path.name for path in tmp_path.iterdir()} <= {"b", "target"}


def test_nothing_is_overwritten(source: Settings, tmp_path: Path) -> None:
    back_up(source, tmp_path / "b")
    with pytest.raises(Conflict, match="no folder"):
        restore(tmp_path / "b", tmp_path / "without")
    assert not (tmp_path / "without" / "ringwall.db").exists()
    folder = shard_folder(tmp_path / "target" / "ledger", STATEMENT_LOG)
    folder.mkdir(parents=True)
    (folder / "precious").write_bytes(b"precious")
    with pytest.raises(Conflict, match="not empty"):
        put_back(tmp_path / "b", Settings(data_dir=str(tmp_path / "target")))
    assert (folder / "precious").read_bytes() == b"precious"
    (folder / "precious").unlink()
    put_back(tmp_path / "b", Settings(data_dir=str(tmp_path / "target")))
