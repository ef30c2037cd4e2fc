"""Frozen shards on both databases: the same tree, the same proofs, fewer rows; and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringwall.crypto import leaf_hash, root_hash, verify_consistency, verify_inclusion
from ringwall.crypto.tiles import read_bundle
from ringwall.errors import Conflict, IntegrityError, InvalidRequest
from ringwall.ledger.ledger import STATEMENT_LOG
from ringwall.storage.backups import backup, restore
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock
from tests.integration.ledger.conftest import Opened, OpenLedger

pytestmark = [pytest.mark.anyio, pytest.mark.slow_on_postgresql]

SHARD = 65_536
ENTRIES = [b"%d" % number for number in range(SHARD + 700)]


async def filled(open_ledger: OpenLedger) -> Opened:
    opened = await open_ledger()
    for start in range(0, len(ENTRIES), 8192):
        await opened.storage.append_all(STATEMENT_LOG, "1", ENTRIES[start : start + 8192])
    await opened.ledger.sealed(STATEMENT_LOG, len(ENTRIES) - 1)
    return opened


async def test_a_frozen_log_is_the_same_log(open_ledger: OpenLedger, place: str, tmp_path: Path) -> None:
    opened = await filled(open_ledger)
    log = opened.ledger.log(STATEMENT_LOG)
    before = [await log.read(path) for path in ("checkpoint", "tile/0/007", "tile/entries/255", "tile/entries/003.p/9")]
    assert await opened.ledger.freeze(STATEMENT_LOG, keep=701) == 0
    assert await opened.ledger.freeze(STATEMENT_LOG, keep=700) == SHARD
    assert [entry.index async for entry in opened.storage.entries(STATEMENT_LOG)] == list(range(SHARD, len(ENTRIES)))
    assert [await log.read(path) for path in ("checkpoint", "tile/0/007", "tile/entries/255", "tile/entries/003.p/9")] == before
    assert (
        read_bundle((tmp_path / "ledger" / STATEMENT_LOG / "shards" / "tile" / "entries" / "255").read_bytes())
        == ENTRIES[255 * 256 : 256 * 256]
    )
    hashes = [leaf_hash(entry) for entry in ENTRIES]
    for index in (0, 300, SHARD - 1, SHARD, len(ENTRIES) - 1):
        receipt = await log.inclusion_proof(index)
        verify_inclusion(hashes[index], index, len(ENTRIES), receipt.proof, root_hash(hashes))
        assert await log.entry(index) == ENTRIES[index]
    growth = await log.consistency_proof(12_345, len(ENTRIES))
    verify_consistency(12_345, root_hash(hashes[:12_345]), len(ENTRIES), root_hash(hashes), growth.proof)
    verification = await opened.ledger.verify(STATEMENT_LOG)
    assert (verification.frozen, verification.root) == (SHARD, root_hash(hashes).hex())
    await opened.close()
    again = await open_ledger()
    await again.ledger.put_statement("1", b"next")
    assert (await again.ledger.verify(STATEMENT_LOG)).entries == len(ENTRIES) + 1
    backup(place, tmp_path / "b", clock=system_clock)
    restore(tmp_path / "b", tmp_path / "restored")
    restored = open_storage(tmp_path / "restored", clock=system_clock)
    assert (await restored.trees.head(STATEMENT_LOG)).first == SHARD
    await restored.close()


async def test_what_is_wrong_with_a_shard_is_named(open_ledger: OpenLedger, tmp_path: Path) -> None:
    opened = await filled(open_ledger)
    await opened.ledger.freeze(STATEMENT_LOG, keep=0)
    bundle = tmp_path / "ledger" / STATEMENT_LOG / "shards" / "tile" / "entries" / "007"
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[:-1] + b"x")
    with pytest.raises(IntegrityError, match=f"record {7 * 256 + 255} is not the one"):
        await opened.ledger.verify(STATEMENT_LOG)
    bundle.unlink()
    with pytest.raises(IntegrityError, match="bundle 7 is missing"):
        await opened.ledger.verify(STATEMENT_LOG)


async def test_only_who_has_the_lease_freezes_and_only_what_is_sealed(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    await opened.ledger.put_statement("1", b"one")
    head = await opened.storage.trees.head(STATEMENT_LOG)
    for holder, fence in (("other", head.fence), (head.holder, head.fence + 1), (head.holder, head.fence)):
        with pytest.raises(Conflict):
            await opened.storage.trees.freeze(STATEMENT_LOG, holder, fence, 256)
    with pytest.raises(InvalidRequest):
        await opened.storage.trees.freeze(STATEMENT_LOG, head.holder, head.fence, 1)
    with pytest.raises(InvalidRequest):
        await opened.ledger.freeze(STATEMENT_LOG, keep=-1)
    assert [entry.leaf async for entry in opened.storage.entries(STATEMENT_LOG)] == [b"one"]
