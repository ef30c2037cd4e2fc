"""Sealing on both databases: proofs, receipts, who may seal, reopening, and every way a stored tree can be wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from ringwall.crypto import leaf_hash, root_hash, verify_consistency, verify_inclusion
from ringwall.crypto.notes import (
    COSIGNATURE_V1,
    Ed25519Signer,
    open_checkpoint,
    open_note,
    parse_vkey,
    sign_note,
    signature_line,
    split_note,
)
from ringwall.crypto.tiles import inclusion, read_bundle, tree_root
from ringwall.errors import Conflict, DependencyError, IntegrityError, InvalidRequest, NotFound
from ringwall.ledger.ledger import STATEMENT_LOG, Ledger
from ringwall.ledger.sequencer import STEP_ENTRIES
from ringwall.storage import Sealing
from tests.integration.ledger.conftest import KEYS, Opened, OpenLedger

pytestmark = pytest.mark.anyio


def statements(count: int, start: int = 0) -> list[bytes]:
    return [b'{"statement":%d}' % number for number in range(start, start + count)]


async def fill(opened: Opened, count: int, start: int = 0) -> None:
    await opened.storage.append_all(STATEMENT_LOG, "1", statements(count, start))
    await opened.ledger.sealed(STATEMENT_LOG, start + count - 1)


async def test_a_statement_is_answered_with_a_proof_that_anyone_can_check(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    receipts = await asyncio.gather(*[opened.ledger.put_statement("111111111111", body) for body in statements(40)])
    vkeys = await opened.ledger.log(STATEMENT_LOG).vkeys()
    origin = await opened.ledger.log(STATEMENT_LOG).origin()
    assert sorted(receipt.index for receipt in receipts) == list(range(40))
    for body, receipt in zip(statements(40), receipts, strict=True):
        for vkey in vkeys:  # either key alone will do
            checkpoint = open_checkpoint(receipt.checkpoint, origin, [parse_vkey(vkey)])
        assert checkpoint.size == receipt.size
        verify_inclusion(leaf_hash(body), receipt.index, receipt.size, receipt.proof, checkpoint.root)
    assert [parse_vkey(vkey).algorithm for vkey in vkeys] == [0x01, 0x06]


async def test_everything_can_be_computed_from_static_resources(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    await fill(opened, 700)
    await fill(opened, 3, 700)
    log = opened.ledger.log(STATEMENT_LOG)
    resources: dict[str, bytes] = {}
    for path in ["checkpoint", "tile/0/000", "tile/0/001", "tile/0/002.p/191", "tile/1/000.p/2", "tile/0/002.p/188"]:
        resources[path] = await opened.ledger.read(STATEMENT_LOG, path)
    entries = [read_bundle(await log.read(path)) for path in ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/191"]]
    assert [entry for bundle in entries for entry in bundle] == statements(703)

    class Reader:
        def read(self, path: str) -> bytes:
            return resources[path]

    checkpoint = open_checkpoint(resources["checkpoint"], await log.origin(), [parse_vkey((await log.vkeys())[0])])
    assert (checkpoint.size, checkpoint.root) == (703, tree_root(Reader(), 703))
    proof = inclusion(Reader(), 300, 703)
    assert tuple(proof) == (await opened.ledger.inclusion_proof(STATEMENT_LOG, 300)).proof
    verify_inclusion(leaf_hash(statements(703)[300]), 300, 703, proof, checkpoint.root)
    assert await log.entry(300) == statements(703)[300]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("tile/0/003.p/1", NotFound),
        ("tile/0/002", NotFound),
        ("tile/entries/002.p/192", NotFound),
        ("tile/2/000.p/1", NotFound),
        ("tile/entries/002", NotFound),
        ("../checkpoint", InvalidRequest),
        ("tile/0/000.p/256", InvalidRequest),
    ],
)
async def test_what_is_not_there_is_not_given_out(open_ledger: OpenLedger, path: str, error: type[Exception]) -> None:
    opened = await open_ledger()
    await fill(opened, 703)
    await opened.ledger.read(STATEMENT_LOG, "tile/0/002.p/191")
    with pytest.raises(error):
        await opened.ledger.read(STATEMENT_LOG, path)


async def test_a_log_proves_that_it_only_grew(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    hashes = [leaf_hash(body) for body in statements(1500)]
    for start in range(0, 1500, 300):
        await fill(opened, 300, start)
    for old, new in [(1, 1), (1, 1500), (256, 512), (299, 1500), (1499, 1500), (1500, 1500)]:
        proof = await opened.ledger.consistency_proof(STATEMENT_LOG, old, new)
        verify_consistency(old, root_hash(hashes[:old]), new, root_hash(hashes[:new]), proof.proof)
    with pytest.raises(InvalidRequest):
        await opened.ledger.consistency_proof(STATEMENT_LOG, 0, 5)
    with pytest.raises(NotFound):
        await opened.ledger.consistency_proof(STATEMENT_LOG, 5, 1501)
    with pytest.raises(NotFound):
        await opened.ledger.inclusion_proof(STATEMENT_LOG, 1500)


async def test_more_than_a_step_at_once_is_sealed_in_steps(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    await fill(opened, 2 * STEP_ENTRIES + 7)
    assert (await opened.ledger.verify(STATEMENT_LOG)).sealed == 2 * STEP_ENTRIES + 7


async def test_entries_from_before_the_tree_are_sealed_when_it_is_opened(open_ledger: OpenLedger) -> None:
    first = await open_ledger()
    await first.ledger.close()
    await first.storage.append_all(STATEMENT_LOG, "1", statements(300))
    assert (await first.storage.trees.head(STATEMENT_LOG)).size == 0
    second = await open_ledger()
    await second.ledger.sealed(STATEMENT_LOG, 299)
    assert (await second.ledger.verify(STATEMENT_LOG)).root == root_hash([leaf_hash(body) for body in statements(300)]).hex()


async def test_a_reopened_log_goes_on_where_it_was(open_ledger: OpenLedger) -> None:
    for turn in range(4):
        opened = await open_ledger()
        await fill(opened, 300, 300 * turn)
        await opened.close()
    opened = await open_ledger()
    verification = await opened.ledger.verify(STATEMENT_LOG)
    assert (verification.entries, verification.sealed) == (1200, 1200)
    assert verification.root == root_hash([leaf_hash(body) for body in statements(1200)]).hex()


async def test_two_processes_share_a_log_and_whoever_stays_seals(open_ledger: OpenLedger) -> None:
    first, second = await open_ledger(), await open_ledger()
    receipts = await asyncio.gather(*[side.ledger.put_statement("1", b"%d" % turn) for turn, side in enumerate([first, second] * 20)])
    assert sorted(receipt.index for receipt in receipts) == list(range(40))
    await first.close()
    assert (await second.ledger.put_statement("1", b"later")).index == 40
    assert (await second.ledger.verify(STATEMENT_LOG)).sealed == 41


async def test_a_second_sequencer_is_refused_while_the_lease_is_anothers(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    await fill(opened, 1)
    await opened.ledger.close()
    fence = await opened.storage.trees.take_lease(STATEMENT_LOG, "other", ttl_ms=600_000)
    second = await open_ledger()
    index = await second.storage.append(STATEMENT_LOG, "1", b"two")
    with pytest.raises(Conflict, match="another process seals"):
        await second.ledger._sequencers[STATEMENT_LOG].seal()
    assert (await second.storage.trees.head(STATEMENT_LOG)).size == 1
    await second.storage.trees.give_lease_back(STATEMENT_LOG, "other", fence)
    await second.ledger.sealed(STATEMENT_LOG, index)


async def test_who_lost_the_lease_in_the_middle_of_a_step_signs_no_more(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    await fill(opened, 10)
    sequencer = opened.ledger._sequencers[STATEMENT_LOG]
    trees = opened.storage.trees
    real = trees.seal

    async def seal_too_late(sealing: Sealing) -> None:
        with opened.storage._engine.connect() as connection:  # the other one takes the lease while this one signs
            connection.execute(text("UPDATE log_seal SET holder = 'other', fence = fence + 1"))
        try:
            await real(sealing)
        except Conflict as refusal:
            refusals.append(refusal.message)
            raise

    refusals: list[str] = []
    trees.seal = seal_too_late  # type: ignore[method-assign]
    await opened.storage.append(STATEMENT_LOG, "1", b"next")
    with pytest.raises(Conflict):
        await sequencer.seal()
    assert refusals
    assert all("by another process by now" in refusal for refusal in refusals)
    trees.seal = real  # type: ignore[method-assign]
    head = await trees.head(STATEMENT_LOG)
    assert (head.size, head.holder) == (10, "other")
    with pytest.raises(Conflict):
        await sequencer.seal()


async def test_rotation_is_seen_coming_by_who_trusts_the_old_key(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    log = opened.ledger.log(STATEMENT_LOG)
    await fill(opened, 5)
    old = [parse_vkey(vkey) for vkey in await log.vkeys()]
    await opened.ledger.rotate_key(STATEMENT_LOG)
    with pytest.raises(Conflict, match="already"):
        await opened.ledger.rotate_key(STATEMENT_LOG)
    await fill(opened, 5, 5)
    bridge = await log.checkpoint()
    await fill(opened, 5, 10)
    new = [parse_vkey(vkey) for vkey in await log.vkeys()]
    assert not {key.key_id for key in old} & {key.key_id for key in new}
    assert {found.key.key_id for found in open_note(bridge, old + new).signatures} == {key.key_id for key in old + new}
    assert open_note(await log.checkpoint(), new).text.splitlines()[1] == "15"
    with pytest.raises(IntegrityError):
        open_note(await log.checkpoint(), old)
    assert bridge in [kept.note for kept in await log.checkpoints()]
    assert (await opened.ledger.verify(STATEMENT_LOG)).checkpoints >= 2
    await opened.close()
    await fill(await open_ledger(), 5, 15)


async def test_a_retired_key_signs_no_checkpoint_that_is_believed(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    await fill(opened, 5)
    retired = (await opened.key_store.load(STATEMENT_LOG)).signers()
    await opened.ledger.rotate_key(STATEMENT_LOG)
    await fill(opened, 5, 5)
    keys = await opened.key_store.load(STATEMENT_LOG)
    forged = sign_note(split_note(await opened.ledger.checkpoint(STATEMENT_LOG))[0], retired)
    with pytest.raises(IntegrityError):
        keys.open(forged)


async def test_a_cosigned_checkpoint_is_kept(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    log = opened.ledger.log(STATEMENT_LOG)
    await fill(opened, 5)
    note = await log.checkpoint()
    witness = Ed25519Signer("witness.example.com", bytes(32), COSIGNATURE_V1)
    cosigned = note + signature_line(witness.key, witness.sign(split_note(note)[0], 7)).encode()
    await log.add_signatures(5, note, cosigned)
    assert await log.checkpoint() == cosigned
    await fill(opened, 5, 5)
    assert cosigned in [kept.note for kept in await log.checkpoints()]
    with pytest.raises(IntegrityError):
        await log.add_signatures(10, await log.checkpoint(), cosigned)


# -- what somebody changed in the database --

CAUGHT_AT_OPENING = {
    "the checkpoint's root": "UPDATE log_checkpoint SET note = replace(CAST(note AS TEXT), ' ', '  ')",
    "the checkpoint removed": "DELETE FROM log_checkpoint WHERE size = 703",
    "the sealed size": "UPDATE log_seal SET size = 702",
    "the sealed size set back": "UPDATE log_seal SET size = 300",
    "an edge tile removed": "DELETE FROM log_tile WHERE level = 1",
    "an edge tile shortened": "UPDATE log_tile SET data = substr(data, 1, 32) WHERE level = 1",
    "an edge tile replaced": "UPDATE log_tile SET data = (SELECT data FROM log_tile WHERE level = 0 AND position = 0) WHERE level = 1",
    "a late entry changed": "UPDATE log_entry SET leaf = erasable WHERE position = 702",
    "a late entry removed": "DELETE FROM log_entry WHERE position = 700",
    "the log shortened": "UPDATE log SET size = 700",
    "the log's keys changed": "UPDATE document SET body = replace(CAST(body AS TEXT), 'internal', 'external') WHERE kind = 'log-key'",
}


def tamper(opened: Opened, statement: str) -> None:
    with opened.storage._engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            statement = statement.replace("CAST(note AS TEXT)", "encode(note, 'escape')").replace(
                "CAST(body AS TEXT)", "encode(body, 'escape')"
            )
            statement = statement.replace("replace(encode", "convert_to(replace(encode").replace("'  ')", "'  '), 'UTF8')")
            statement = statement.replace("'external')", "'external'), 'UTF8')")
        elif "CAST(" in statement:
            statement = (
                statement.replace("replace(CAST", "CAST(replace(CAST")
                .replace("'  ')", "'  ') AS BLOB)")
                .replace("'external')", "'external') AS BLOB)")
            )
        assert connection.execute(text(statement + (" AND " if "WHERE" in statement else " WHERE ") + scope(statement))).rowcount


def scope(statement: str) -> str:
    if " document " in statement:
        return "id = 'statements'"
    return ("id" if " log " in statement else "log_id") + " = (SELECT id FROM log WHERE name = 'statements')"


@pytest.mark.parametrize("statement", CAUGHT_AT_OPENING.values(), ids=CAUGHT_AT_OPENING)
async def test_a_log_that_is_not_what_was_signed_is_not_opened(open_ledger: OpenLedger, statement: str) -> None:
    opened = await open_ledger()
    await fill(opened, 703)
    await opened.ledger.close()
    tamper(opened, statement)
    with pytest.raises(IntegrityError) as refusal:
        await open_ledger()
    assert refusal.value.how_to_mend


NAMED_BY_THE_WALK = {
    "an early entry": ("UPDATE log_entry SET leaf = erasable WHERE position = 17", "record 17 is not the one"),
    "a late entry": ("UPDATE log_entry SET leaf = erasable WHERE position = 702", "record 702 is not the one"),
    "an early tile": (
        "UPDATE log_tile SET data = (SELECT data FROM log_tile WHERE level = 1) WHERE level = 0 AND position = 1",
        "tile/0/001",
    ),
    "the last tile": (
        "UPDATE log_tile SET data = (SELECT data FROM log_tile WHERE level = 0 AND position = 0) WHERE position = 2",
        "tile/0/002",
    ),
    "an upper tile": (
        "UPDATE log_tile SET data = (SELECT data FROM log_tile WHERE level = 0 AND position = 0) WHERE level = 1",
        "tile/1/000",
    ),
    "a kept checkpoint": ("UPDATE log_checkpoint SET note = substr(note, 1, 200) WHERE size = 300", "checkpoint of 300"),
    "an old checkpoint put under another size": (
        "UPDATE log_checkpoint SET note = (SELECT note FROM log_checkpoint WHERE size = 703) WHERE size = 300",
        "checkpoint of 300",
    ),
}


@pytest.mark.parametrize(("statement", "named"), NAMED_BY_THE_WALK.values(), ids=NAMED_BY_THE_WALK)
async def test_the_walk_names_what_is_wrong(open_ledger: OpenLedger, statement: str, named: str) -> None:
    opened = await open_ledger()
    await fill(opened, 300)
    note = await opened.ledger.checkpoint(STATEMENT_LOG)
    await opened.storage.trees.keep_checkpoint(STATEMENT_LOG, 300, note, note)
    await fill(opened, 403, 300)
    await opened.ledger.verify(STATEMENT_LOG)
    tamper(opened, statement)
    with pytest.raises(IntegrityError, match=named):
        await opened.ledger.verify(STATEMENT_LOG)


async def test_a_log_that_was_rolled_back_is_not_continued(open_ledger: OpenLedger, tmp_path: Path) -> None:
    opened = await open_ledger()
    await fill(opened, 300)
    head = await opened.storage.trees.head(STATEMENT_LOG)
    old = head.note
    await opened.storage.trees.keep_checkpoint(STATEMENT_LOG, 300, old, old)
    await fill(opened, 10, 300)
    await opened.ledger.close()
    # As an old backup would have it: everything fits, only older.
    for statement in (
        "DELETE FROM log_entry WHERE position >= 300",
        "UPDATE log_tile SET data = substr(data, 1, 44 * 32) WHERE level = 0 AND position = 1",
        "DELETE FROM log_checkpoint WHERE size = 310",
        "UPDATE log SET size = 300 WHERE name = 'statements'",
        "UPDATE log_seal SET size = 300 WHERE size = 310",
    ):
        tamper(opened, statement)
    with pytest.raises(IntegrityError, match="rolled back: 310 entries were signed") as refusal:
        await open_ledger()
    remembered = tmp_path / "ledger" / STATEMENT_LOG / "checkpoint"
    assert str(remembered) in refusal.value.how_to_mend
    remembered.write_bytes(old)
    await fill(await open_ledger(), 5, 300)


async def test_a_log_that_was_rewritten_does_not_fit_what_is_remembered(open_ledger: OpenLedger, tmp_path: Path) -> None:
    opened = await open_ledger()
    await fill(opened, 300)
    await opened.ledger.close()
    remembered = tmp_path / "ledger" / STATEMENT_LOG / "checkpoint"
    kept = remembered.read_bytes()
    for table in ("log_tile", "log_checkpoint"):
        tamper(opened, f"DELETE FROM {table}")
    tamper(opened, "UPDATE log_seal SET size = 0")
    tamper(opened, "UPDATE log_entry SET leaf = erasable WHERE position = 3")
    remembered.unlink()
    rewritten = await open_ledger()  # whoever can do all this, and has the root key, can sign another history,
    await fill(rewritten, 300, 300)
    await rewritten.close()
    remembered.write_bytes(kept)
    with pytest.raises(IntegrityError, match="at 300 entries it had another root"):
        await open_ledger()  # but not one that fits what was signed before


async def test_a_wrong_log_is_never_sealed_again_and_says_so(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    await fill(opened, 300)
    await opened.ledger.close()
    await opened.storage.append(STATEMENT_LOG, "1", b"next")
    index = await opened.storage.append(STATEMENT_LOG, "1", b"next")
    tamper(opened, f"DELETE FROM log_entry WHERE position = {index}")
    again = await open_ledger()  # nothing that was signed is wrong
    with pytest.raises(IntegrityError, match="lacks entries"):
        await again.ledger.sealed(STATEMENT_LOG, index)
    with pytest.raises(IntegrityError, match="lacks entries"):
        await again.ledger.put_statement("1", b"more")
    assert (await again.storage.trees.head(STATEMENT_LOG)).size == 300


async def test_a_ledger_that_was_not_opened_records_and_proves_nothing(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    bare = Ledger(opened.storage, KEYS)
    with pytest.raises(DependencyError):
        await bare.verify()
    with pytest.raises(DependencyError):
        await bare.put_statement("1", b"x")
    with pytest.raises(NotFound):
        opened.ledger.log("other")
    await opened.ledger.close()
    with pytest.raises(DependencyError):
        await opened.ledger.put_statement("1", b"x")


async def test_the_logs_have_origins_of_one_family_and_keys_of_their_own(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    origins = [await opened.ledger.log(name).origin() for name in ("audit", "statements")]
    assert [origin.rpartition("/")[2] for origin in origins] == ["audit", "statements"]
    assert len({origin.rpartition("/")[0] for origin in origins}) == 1
    vkeys = [vkey for name in ("audit", "statements") for vkey in await opened.ledger.log(name).vkeys()]
    assert len({parse_vkey(vkey).public for vkey in vkeys}) == 4


async def test_a_full_disk_stops_sealing_until_there_is_room(open_ledger: OpenLedger) -> None:
    opened = await open_ledger()
    await fill(opened, 10)
    if opened.storage._engine.dialect.name != "sqlite":
        pytest.skip("a full disk is made with a pragma of SQLite")
    await opened.storage.append_all(STATEMENT_LOG, "1", statements(2000, 10))
    real = opened.storage.trees.seal
    refusals: list[str] = []

    async def seal_on_a_full_disk(sealing: Sealing) -> None:
        held = opened.storage._transactions._held
        if not refusals and held is not None:  # the connection is dropped with the failure: the next one has the file's own limit again
            cursor = held.cursor()
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            await real(sealing)
        except DependencyError as error:
            refusals.append(error.message)
            raise

    opened.storage.trees.seal = seal_on_a_full_disk  # type: ignore[method-assign]
    await opened.storage.append_all(STATEMENT_LOG, "1", statements(2000, 2010))
    assert await opened.ledger.sealed(STATEMENT_LOG, 4009) == 4010
    assert refusals == ["the disk is full"]
    assert (await opened.ledger.verify(STATEMENT_LOG)).sealed == 4010
