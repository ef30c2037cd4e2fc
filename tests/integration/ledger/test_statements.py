"""Signed statements and the public audit log on both databases: logged, found, proved, erased, kept apart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from ringwall.crypto import leaf_hash, sha256, verify_inclusion
from ringwall.crypto.checkpoint import parse_checkpoint
from ringwall.crypto.dsse import verify_envelope
from ringwall.crypto.log_policy import LogPolicy, TrustedKey, Witness, trust_logs
from ringwall.crypto.notes import COSIGNATURE_V1, Ed25519Signer, open_note, parse_vkey, sign_note, signature_line, split_note
from ringwall.crypto.statements import DATASET_COMMITMENT, IN_TOTO, parse_statement
from ringwall.crypto.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof
from ringwall.errors import Conflict, IntegrityError, InvalidRequest, LimitExceeded, NotFound
from ringwall.ledger import AUDIT_LOG, STATEMENT_LOG
from ringwall.ledger.attestations import Attestor
from ringwall.ledger.audit_log import METADATA_BYTES, AuditLog, Search
from ringwall.ledger.export import Files, audit_log_files, export_log
from ringwall.ledger.own_entries import own_entry
from ringwall.ledger.witness import keep_cosignatures
from ringwall.storage import Entry
from tests.integration.ledger.conftest import KEYS, Opened, OpenLedger

pytestmark = pytest.mark.anyio

ACCOUNT, OTHER = "111111111111", "222222222222"
ADA, BOB = f"arn:aws:iam::{ACCOUNT}:user/ada", f"arn:aws:iam::{ACCOUNT}:user/bob"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DIGESTS = [sha256(b"%d" % number).hex() for number in range(10)]


@dataclass
class Office:
    """An open ledger with what makes statements."""

    opened: Opened
    attestor: Attestor
    audit_log: AuditLog

    async def put(self, number: int, *, account: str = ACCOUNT, by: str = ADA) -> int:
        put = await self.audit_log.put(account, DIGESTS[number], {"note": number}, name="model", by=by, at=NOON)
        return put.index


def office_of(opened: Opened) -> Office:
    attestor = Attestor(opened.storage, KEYS, opened.ledger)
    return Office(opened, attestor, AuditLog(opened.storage, attestor))


@pytest.fixture
async def office(open_ledger: OpenLedger) -> Office:
    return office_of(await open_ledger())


async def trust(office: Office) -> LogPolicy:
    return trust_logs([parse_vkey(each) for each in await office.opened.ledger.log(STATEMENT_LOG).vkeys()])


async def test_what_is_put_is_signed_logged_and_proved_before_it_is_answered(office: Office) -> None:
    put = await office.audit_log.put(ACCOUNT, DIGESTS[0], {"purpose": "scoring", "rows": 5}, name="credit-risk", by=ADA, at=NOON)
    payload = verify_envelope(put.envelope, [await office.attestor.key(ACCOUNT)], payload_type=IN_TOTO)
    statement = parse_statement(payload)
    assert statement.subject[0].digest == {"sha256": DIGESTS[0]}
    assert statement.predicate["metadata"] == {"purpose": "scoring", "rows": 5}
    assert (statement.predicate["recordedBy"], statement.predicate["recordedAt"]) == (ADA, "2026-01-01T12:00:00.000Z")
    proof = TlogProof(put.receipt.index, put.receipt.proof, put.receipt.checkpoint)
    checkpoint = verify_tlog_proof(parse_tlog_proof(proof.to_text()), put.body, await trust(office))
    assert checkpoint.size == put.receipt.size > put.index
    found = await office.audit_log.get(ACCOUNT, put.index)
    assert (found.envelope, found.statement, found.body) == (put.envelope, statement, put.body)
    assert b"scoring" not in put.body


async def test_an_account_keeps_its_key_over_restarts_and_shares_it_with_nobody(open_ledger: OpenLedger) -> None:
    office = office_of(await open_ledger())
    twins = [Attestor(office.opened.storage, KEYS, office.opened.ledger) for _ in range(4)]
    keys = {key.id for key in await asyncio.gather(*(twin.key(ACCOUNT) for twin in twins))}
    assert len(keys) == 1
    assert (await office.attestor.key(OTHER)).id not in keys
    await office.opened.close()
    again = office_of(await open_ledger())
    assert {(await again.attestor.key(ACCOUNT)).id} == keys


async def test_entries_are_found_by_digest_principal_and_time_and_by_their_own_account_only(office: Office) -> None:
    ours = [await office.put(number % 3, by=ADA if number % 2 else BOB) for number in range(8)]
    theirs = await office.put(0, account=OTHER)
    search = office.audit_log.search
    assert [each.index for each in (await search(ACCOUNT, Search())).statements] == ours[::-1]
    assert [each.index for each in (await search(ACCOUNT, Search(digest=DIGESTS[1]))).statements] == [ours[7], ours[4], ours[1]]
    by_bob = await search(ACCOUNT, Search(principal=BOB, digest=DIGESTS[0]))
    assert [each.index for each in by_bob.statements] == [ours[6], ours[0]]
    now = datetime.now(UTC)
    recent, past = int((now - timedelta(hours=1)).timestamp() * 1000), int((now + timedelta(hours=1)).timestamp() * 1000)
    assert len((await search(ACCOUNT, Search(since=recent, until=past))).statements) == 8
    assert not (await search(ACCOUNT, Search(since=past))).statements
    assert not (await search(ACCOUNT, Search(until=recent))).statements
    assert [each.index for each in (await search(OTHER, Search())).statements] == [theirs]
    for account, index in ((ACCOUNT, theirs), (OTHER, ours[0]), (ACCOUNT, 999)):
        with pytest.raises(NotFound):
            await office.audit_log.get(account, index)
        with pytest.raises(NotFound):
            await own_entry(office.opened.storage, office.opened.ledger, account, STATEMENT_LOG, index)


async def test_a_search_is_read_in_pages(office: Office) -> None:
    ours = [await office.put(number) for number in range(5)]
    first = await office.audit_log.search(ACCOUNT, Search(), limit=2)
    assert [each.index for each in first.statements] == ours[:2:-1]
    rest = await office.audit_log.search(ACCOUNT, Search(), start=first.next, limit=3)
    assert ([each.index for each in rest.statements], rest.next) == (ours[2::-1], None)
    for start, limit in ((None, 0), (None, 1001), (-1, 5)):
        with pytest.raises(InvalidRequest):
            await office.audit_log.search(ACCOUNT, Search(), start=start, limit=limit)


async def test_what_is_nobodys_somebody_elses_or_not_sealed_yet_is_refused_in_one_way(office: Office) -> None:
    theirs = await office.put(0, account=OTHER)
    storage, ledger = office.opened.storage, office.opened.ledger
    record = await storage.append(AUDIT_LOG, OTHER, b'{"leafVersion":1,"recipientAccountId":"222222222222"}')
    await ledger.log(AUDIT_LOG).sealed(record)
    assert await own_entry(storage, ledger, OTHER, AUDIT_LOG, record)
    for log, indexes in {STATEMENT_LOG: (theirs, 77, 100_000), AUDIT_LOG: (record, record + 1, 77, 100_000)}.items():
        for index in indexes:
            with pytest.raises(NotFound) as refused:
                await own_entry(storage, ledger, ACCOUNT, log, index)
            assert refused.value.message == f"the account has no entry {index} in the log `{log}`"
            assert refused.value.remedy == NotFound("x").remedy


class Watched(Search, frozen=True, kw_only=True):
    """A search that notes, for each entry it looks at, how many turns another task has had by then."""

    turns: list[int]
    seen: list[int]

    def finds(self, entry: Entry) -> bool:
        self.seen.append(self.turns[0])
        return super().finds(entry)


@pytest.mark.slow_on_postgresql
async def test_a_search_through_large_entries_is_read_in_bounded_pieces_and_lets_others_have_turns(office: Office) -> None:
    large: dict[str, object] = {str(number): [[]] * 4 for number in range(2800)}
    for number in range(60):
        await office.audit_log.put(ACCOUNT, DIGESTS[number % 2], large, name="model", by=ADA, at=NOON)
    turns = [0]

    async def take_turns() -> None:
        while True:
            turns[0] += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(take_turns())
    nobodys = Watched(principal="nobody", turns=turns, seen=[])
    first = await office.audit_log.search(ACCOUNT, nobodys)
    shown = await office.audit_log.search(ACCOUNT, Watched(digest=DIGESTS[0], turns=turns, seen=[]))
    other.cancel()
    bytes_each = METADATA_BYTES  # an entry has a little more: the envelope is base 64
    assert not first.statements
    assert 30 < len(nobodys.seen) <= 4 * 1024 * 1024 / bytes_each
    assert first.next == 60 - len(nobodys.seen) - 1
    assert all(earlier < later for earlier, later in zip(nobodys.seen, nobodys.seen[2:], strict=False))
    assert 10 < len(shown.statements) <= 1024 * 1024 / bytes_each + 1
    assert shown.next is not None
    rest = await office.audit_log.search(ACCOUNT, Search(digest=DIGESTS[0]), start=shown.next, limit=1)
    assert rest.statements[0].index == shown.statements[-1].index - 2


async def test_a_search_names_a_stored_statement_that_is_none(office: Office) -> None:
    await office.put(0)
    entries = [each async for each in office.opened.storage.entries(STATEMENT_LOG, account_id=ACCOUNT)]
    for erasable in (b"{", b'{"payload":"e30="}', b'{"payload":"W10="}', b'{"payload":"?"}', b'{"payload":"' + b"W1tb" * 50_000 + b'"}'):
        with pytest.raises(IntegrityError):
            Search(principal=ADA).finds(msgspec.structs.replace(entries[-1], erasable=erasable))


async def test_erasing_the_words_leaves_the_entry_and_its_proof(office: Office) -> None:
    put = await office.audit_log.put(ACCOUNT, DIGESTS[0], {"who": "somebody"}, name="x", by=ADA, at=NOON)
    await office.put(1)
    with pytest.raises(NotFound):
        await office.audit_log.erase(OTHER, put.index)
    for _ in range(2):
        await office.audit_log.erase(ACCOUNT, put.index)
    found = await office.audit_log.get(ACCOUNT, put.index)
    assert (found.envelope, found.statement) == (None, None)
    assert found.entry.digest == sha256(put.envelope.payload)
    receipt = await office.opened.ledger.inclusion_proof(STATEMENT_LOG, put.index)
    root = parse_checkpoint(split_note(receipt.checkpoint)[0]).root
    verify_inclusion(leaf_hash(put.body), put.index, receipt.size, receipt.proof, root)
    assert put.index not in [each.index for each in (await office.audit_log.search(ACCOUNT, Search(digest=DIGESTS[0]))).statements]
    assert put.index in [each.index for each in (await office.audit_log.search(ACCOUNT, Search())).statements]


async def test_a_commitment_is_not_erased_as_an_entry_is(office: Office) -> None:
    made = await office.attestor.attest(ACCOUNT, DATASET_COMMITMENT, {"x": DIGESTS[0]}, {"rows": 5}, by=ADA, at=NOON)
    with pytest.raises(Conflict, match="digests only"):
        await office.audit_log.erase(ACCOUNT, made.index)
    assert (await office.audit_log.get(ACCOUNT, made.index)).statement is not None


async def test_the_same_words_twice_give_different_entries(office: Office) -> None:
    first, second = await office.put(0), await office.put(0)
    found = [await office.audit_log.get(ACCOUNT, index) for index in (first, second)]
    assert len({each.entry.digest for each in found}) == 2  # a salt: nobody confirms a guess by hashing it


async def test_an_envelope_that_was_changed_in_the_database_is_told(office: Office) -> None:
    index = await office.put(0)
    found = await office.audit_log.get(ACCOUNT, index)
    assert found.envelope is not None
    forged = msgspec.structs.replace(found.envelope, payload=found.envelope.payload.replace(b'"note":0', b'"note":1'))
    with office.opened.storage._engine.connect() as connection:
        connection.execute(text("UPDATE log_entry SET erasable = :forged"), {"forged": forged.to_json()})
    with pytest.raises(IntegrityError, match=f"statement {index}"):
        await office.audit_log.get(ACCOUNT, index)


async def test_what_cannot_be_put_is_refused_before_anything_is_logged(office: Office) -> None:
    size = await office.opened.storage.log_size(STATEMENT_LOG)
    with pytest.raises(LimitExceeded):
        await office.audit_log.put(ACCOUNT, DIGESTS[0], {"note": "x" * 70_000}, name="x", by=ADA, at=NOON)
    with pytest.raises(InvalidRequest):
        await office.audit_log.put(ACCOUNT, DIGESTS[0], {"note": float("inf")}, name="x", by=ADA, at=NOON)
    with pytest.raises(IntegrityError):
        await office.audit_log.put(ACCOUNT, "ab", {}, name="x", by=ADA, at=NOON)
    for member in ("recordedBy", "recordedAt", "salt"):
        with pytest.raises(InvalidRequest, match="ringwall's own"):
            await office.attestor.attest(ACCOUNT, DATASET_COMMITMENT, {"x": DIGESTS[0]}, {member: "x"}, by=ADA, at=NOON)
    assert await office.opened.storage.log_size(STATEMENT_LOG) == size


class Source:
    """The log as export reads it."""

    def __init__(self, office: Office) -> None:
        self._ledger = office.opened.ledger

    async def read(self, path: str) -> bytes:
        return await self._ledger.read(STATEMENT_LOG, path)


async def test_the_log_is_exported_and_audited_as_it_grows(office: Office, tmp_path: Path) -> None:
    policy = await trust(office)
    await asyncio.gather(*(office.put(number % 10) for number in range(300)))
    exported = await export_log(Source(office), tmp_path / "export", policy)
    assert exported.checkpoint.size == 300
    await office.put(0)
    assert (await export_log(Source(office), tmp_path / "export", policy)).checkpoint.size == 301
    assert audit_log_files(Files(tmp_path / "export"), policy).size == 301


async def test_cosignatures_are_kept_under_their_checkpoint_and_served_with_it(office: Office) -> None:
    await office.put(0)
    log = office.opened.ledger.log(STATEMENT_LOG)
    note, policy = await log.checkpoint(), await trust(office)
    witness = Ed25519Signer("witness.example", bytes([7]) * 32, COSIGNATURE_V1)
    line = signature_line(witness.key, witness.sign(split_note(note)[0], 1_700_000_000))
    await keep_cosignatures(log, note + line.encode())
    await keep_cosignatures(log, note + line.encode())
    cosigned = await log.checkpoint()
    assert cosigned == note + line.encode()
    asked = LogPolicy(policy.logs, (Witness("w", witness.key),), quorum="w")
    assert asked.open(cosigned) == parse_checkpoint(split_note(note)[0])
    await office.put(1)
    proof = await log.inclusion_proof(0, size=1)
    assert {each.key for each in open_note(proof.checkpoint, [witness.key]).signatures} == {witness.key}
    stranger = Ed25519Signer(await log.origin(), bytes([8]) * 32)
    forged = msgspec.structs.replace(parse_checkpoint(split_note(note)[0]), root=bytes(32))
    with pytest.raises(IntegrityError):
        await keep_cosignatures(log, sign_note(forged.text(), [stranger]))
    with pytest.raises(NotFound):
        await keep_cosignatures(log, sign_note(msgspec.structs.replace(forged, size=99).text(), [stranger]))


async def test_no_witness_can_speak_for_the_log(office: Office) -> None:
    await office.put(0)
    note = await office.opened.ledger.log(STATEMENT_LOG).checkpoint()
    origin = parse_checkpoint(split_note(note)[0]).origin
    impostor = Ed25519Signer(origin, bytes([9]) * 32)
    with pytest.raises(IntegrityError):
        (await trust(office)).open(sign_note(split_note(note)[0], [impostor]))
    assert TrustedKey(impostor.key) not in (await trust(office)).logs
