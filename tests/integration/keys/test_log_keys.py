"""The logs' signing keys: made once, sealed, rotated, and refused where they are not what they were."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.notes import sign_note
from ringwall.errors import Conflict, IntegrityError, InvalidRequest
from ringwall.keys import Keys, LogKeyStore, RootKeys
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.vocabulary import system_clock

pytestmark = pytest.mark.anyio

KEYS = Keys(RootKeys({1: bytes(range(32))}))


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[DatabaseStorage]:
    storage = open_storage(tmp_path, clock=system_clock)
    yield storage
    await storage.close()


def checkpoint(origin: str, size: int) -> str:
    return Checkpoint(origin=origin, size=size, root=bytes(32)).text()


async def test_a_logs_keys_are_made_once_whoever_asks(storage: DatabaseStorage) -> None:
    loaded = await asyncio.gather(*[LogKeyStore(storage, KEYS, system_clock).load("audit") for _ in range(5)])
    assert len({keys.vkeys for keys in loaded}) == 1
    assert loaded[0].origin.startswith("ringwall.internal/")


async def test_the_origin_is_the_settings_where_they_name_one(storage: DatabaseStorage) -> None:
    assert (
        await LogKeyStore(storage, KEYS, system_clock, base="logs.example.com/acme/").load("audit")
    ).origin == "logs.example.com/acme/audit"
    assert (await LogKeyStore(storage, KEYS, system_clock).load("statements")).origin == "logs.example.com/acme/statements"
    with pytest.raises(InvalidRequest):
        await LogKeyStore(storage, KEYS, system_clock, base="has spaces").load("other")


async def test_no_secret_is_stored_in_clear_or_shown(storage: DatabaseStorage) -> None:
    seeds = bytes(range(100, 164))
    store = LogKeyStore(storage, KEYS, system_clock, base="b", random_bytes=lambda count: seeds[:count])
    keys = await store.load("audit")
    document = await storage.get("ringwall", "log-key", "audit")
    assert document is not None
    for secret in (seeds[:32], seeds[32:]):
        assert secret not in document.body
        assert secret.hex() not in repr(keys) + repr(keys.signers())
    assert keys.open(sign_note(checkpoint("b/audit", 7), keys.signers())).size == 7


async def test_another_root_key_signs_nothing(storage: DatabaseStorage) -> None:
    await LogKeyStore(storage, KEYS, system_clock).load("audit")
    other = await LogKeyStore(storage, Keys(RootKeys({1: b"\x01" * 32})), system_clock).load("audit")
    with pytest.raises(IntegrityError):
        other.signers()


async def test_a_checkpoint_needs_both_signatures_of_the_version_that_signs(storage: DatabaseStorage) -> None:
    store = LogKeyStore(storage, KEYS, system_clock, base="b")
    old = await store.load("audit")
    note = checkpoint("b/audit", 9)
    for signers in (old.signers()[:1], old.signers()[1:]):
        with pytest.raises(IntegrityError, match="both signatures"):
            old.open(sign_note(note, signers))
    pending = await store.rotate("audit")
    assert len(pending.signers()) == 4
    pending.open(sign_note(note, old.signers()))
    assert pending.pending is not None
    new = await store.settle("audit", pending.pending.version, 8)
    with pytest.raises(IntegrityError):
        new.open(sign_note(note, old.signers()))
    new.open(sign_note(note, new.signers()))
    new.open(sign_note(checkpoint("b/audit", 8), old.signers()))
    with pytest.raises(IntegrityError):
        new.open(sign_note(checkpoint("b/audit", 8), new.signers()))
    with pytest.raises(Conflict):
        await store.settle("audit", pending.pending.version, 8)
