"""The first start, later starts, and every root key that does not belong to the database."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ringwall.errors import SettingsError
from ringwall.keys import Keys, open_keys, rotate_root_key
from ringwall.storage import Storage
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock
from tests.integration.storage.places import DATABASES, fresh_place

pytestmark = pytest.mark.anyio


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_place(request.param, tmp_path) as place:
        yield place


@pytest.fixture
async def storage(place: str) -> AsyncIterator[Storage]:
    storage = open_storage(place, clock=system_clock)
    yield storage
    await storage.close()


async def test_the_first_start_makes_a_key_and_later_ones_use_it(storage: Storage, tmp_path: Path) -> None:
    first = await open_keys(storage, data_dir=tmp_path, environ={})
    sealed = first.seal(b"secret", context="c")
    second = await open_keys(storage, data_dir=tmp_path, environ={})
    assert second.open(sealed, context="c") == b"secret"
    assert (tmp_path / "root.key").stat().st_mode & 0o777 == 0o600


async def test_processes_that_start_at_once_agree(storage: Storage, tmp_path: Path) -> None:
    keys = await asyncio.gather(*[open_keys(storage, data_dir=tmp_path, environ={}) for _ in range(10)])
    assert len({one.digest("1", b"x") for one in keys}) == 1


async def test_a_missing_key_is_not_replaced_by_a_new_one(storage: Storage, tmp_path: Path) -> None:
    await open_keys(storage, data_dir=tmp_path, environ={})
    (tmp_path / "root.key").unlink()
    with pytest.raises(SettingsError, match="missing") as refusal:
        await open_keys(storage, data_dir=tmp_path, environ={})
    assert "put the root key file back" in refusal.value.how_to_mend
    assert not (tmp_path / "root.key").exists()


async def test_another_databases_key_is_refused(storage: Storage, tmp_path: Path) -> None:
    await open_keys(storage, data_dir=tmp_path, environ={})
    other = "1:" + base64.b64encode(bytes(range(32))).decode()
    with pytest.raises(SettingsError, match="not the one"):
        await open_keys(storage, data_dir=tmp_path, environ={"OTHER": other}, reference="env:OTHER")


async def test_rotation_keeps_what_was_sealed_and_then_needs_the_new_version(storage: Storage, tmp_path: Path) -> None:
    old = await open_keys(storage, data_dir=tmp_path, environ={})
    sealed = old.seal(b"secret", context="c")
    before = (tmp_path / "root.key").read_text()
    rotate_root_key(tmp_path / "root.key")
    rotated = await open_keys(storage, data_dir=tmp_path, environ={})
    assert rotated.open(sealed, context="c") == b"secret"
    assert rotated.digest("1", b"x").startswith("hmac-sha256:2:")
    with pytest.raises(SettingsError, match="version 2"):
        await open_keys(storage, data_dir=tmp_path, environ={"OLD": before}, reference="env:OLD")


async def test_no_key_and_no_secret_is_logged_or_stored_in_clear(
    storage: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        keys: Keys = await open_keys(storage, data_dir=tmp_path, environ={})
        keys.seal(b"canary-4711", context="c")
    text = (tmp_path / "root.key").read_text().strip().partition(":")[2]
    stored = await storage.get("ringwall", "root-key", "check-values")
    assert stored is not None
    for shown in (caplog.text, repr(keys), repr(vars(keys)), repr(stored)):
        assert text not in shown
        assert base64.b64decode(text).hex() not in shown
        assert "canary-4711" not in shown
