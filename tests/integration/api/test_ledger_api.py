"""The transparency logs and the public audit log over HTTP: static pieces, proofs, tenants apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringwall.crypto.base64_text import decode_base64
from ringwall.crypto.log_policy import LogPolicy, trust_logs
from ringwall.crypto.merkle import verify_consistency
from ringwall.crypto.notes import COSIGNATURE_V1, Ed25519Signer, parse_vkey, signature_line, split_note
from ringwall.crypto.rekor import parse_body
from ringwall.crypto.sigstore_bundle import Bundle, parse_bundle, verify_bundle
from ringwall.crypto.tlog_proof import parse_tlog_proof, verify_tlog_proof
from ringwall.errors import IntegrityError
from ringwall.ledger.export import Files, audit_log_files, pieces
from tests.integration.api.conftest import Home

pytestmark = pytest.mark.anyio

DIGEST = "ab" * 32
OTHER = "cd" * 32


async def policy_of(home: Home, log: str) -> LogPolicy:
    listed = (await home.native("GET", "/ledger")).json()["logs"]
    return trust_logs([parse_vkey(key) for each in listed if each["log"] == log for key in each["vkeys"]])


async def put(home: Home, digest: str = DIGEST, **metadata: object) -> dict:
    answer = await home.native("POST", "/audit-log", {"digest": digest, "metadata": metadata, "name": "model"})
    assert answer.status == 201, answer.body
    return answer.json()


async def tenant(home: Home) -> str:
    """The API key of an administrator in an account of its own."""
    identity = home.house.rooms.identity
    account = await identity.accounts.create("tenant")
    await identity.users.create(account.account_id, "eve")
    await identity.users.attach(account.account_id, "eve", "arn:aws:iam::aws:policy/AdministratorAccess")
    return (await identity.create_api_key(account.account_id, "eve")).token


async def test_an_entry_is_put_found_and_proved_offline(home: Home) -> None:
    made = await put(home, note="first")
    policy = await policy_of(home, "statements")
    shown = (await home.native("GET", f"/audit-log/{made['index']}")).json()
    assert (shown["subjects"], shown["predicate"]["metadata"], shown["erased"]) == ({"model": DIGEST}, {"note": "first"}, False)
    assert "salt" not in shown["predicate"]
    bundle = parse_bundle(shown["bundle"].encode())
    key = parse_body(bundle.logged.body).signatures[0].key
    assert verify_bundle(bundle, key, policy).size == shown["size"]
    assert key.id == shown["key"]
    assert verify_tlog_proof(parse_tlog_proof(made["tlogProof"].encode()), bundle.logged.body, policy).size == made["size"]
    await put(home, OTHER)
    found = (await home.native("GET", f"/audit-log?digest={DIGEST}")).json()
    assert ([entry["index"] for entry in found["entries"]], found["next"]) == ([made["index"]], None)
    newest = (await home.native("GET", "/audit-log?limit=1")).json()
    assert (newest["entries"][0]["subjects"]["model"], newest["next"]) == (OTHER, made["index"])
    assert not (await home.native("GET", "/audit-log?until=2020-01-01T00:00:00Z")).json()["entries"]
    assert (await home.native("GET", "/audit-log?since=2020-01-01T00:00:00Z")).json()["entries"]


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00", "0001-01-01T00:00:00"])
async def test_a_moment_without_its_zone_is_refused_as_nobody_knows_when_it_is(home: Home, moment: str) -> None:
    refused = await home.native("GET", f"/audit-log?since={moment}")
    assert refused.status == 400
    assert "timezone" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "members"),
    [
        ("POST", "/audit-log", {"digest": DIGEST + "\n"}),
        ("GET", f"/audit-log?digest={DIGEST}%0A", None),
        ("POST", "/accounts", {"name": "twin", "accountId": "111122223333\n"}),
    ],
)
async def test_a_line_end_is_no_part_of_a_digest_or_an_account(home: Home, method: str, path: str, members: dict[str, str] | None) -> None:
    assert (await home.native(method, path, members)).status == 400


async def test_putting_leaves_an_audit_record_without_the_words(home: Home) -> None:
    made = await put(home, note="nightjar")
    records = (await home.native("GET", "/records?eventName=PutAuditEntry")).json()["records"]
    assert records[0]["ringwall"] == {"statement": made["index"]}
    assert "nightjar" not in json.dumps(records)


async def test_words_are_erased_by_their_own_account_and_the_proof_stays(home: Home) -> None:
    made = await put(home, who="nightjar")
    assert (await home.native("DELETE", f"/audit-log/{made['index']}", key=await tenant(home))).status == 404
    assert (await home.native("DELETE", f"/audit-log/{made['index']}")).status == 204
    shown = (await home.native("GET", f"/audit-log/{made['index']}")).json()
    assert (shown["erased"], shown["bundle"], shown["subjects"], shown["predicate"]) == (True, None, {}, {})
    proved = (await home.native("GET", f"/ledger/statements/proofs/{made['index']}")).json()
    entry = decode_base64(proved["entry"], "entry")
    verify_tlog_proof(parse_tlog_proof(shown["tlogProof"].encode()), entry, await policy_of(home, "statements"))
    assert b"nightjar" not in entry


async def test_proofs_hold_while_the_logs_key_is_rotated_and_afterwards(home: Home) -> None:
    made = await put(home)
    before, ledger = await policy_of(home, "statements"), home.house.rooms.ledger

    async def bundle() -> Bundle:
        return parse_bundle((await home.native("GET", f"/audit-log/{made['index']}")).json()["bundle"].encode())

    old = await bundle()
    key = parse_body(old.logged.body).signatures[0].key
    await ledger.rotate_key("statements")
    for number in range(4):  # just rotated; under both keys; under the new one alone
        verify_bundle(await bundle(), key, await policy_of(home, "statements"))
        await put(home, n=number)
    after = await policy_of(home, "statements")
    assert {log.key for log in before.logs}.isdisjoint(log.key for log in after.logs)
    new = await bundle()
    assert new.logged.log_id != old.logged.log_id
    verify_bundle(old, key, before)
    for bundled, policy in ((new, before), (old, after)):
        with pytest.raises(IntegrityError):
            verify_bundle(bundled, key, policy)


REFUSED = {
    "a digest that is none": {"digest": "abc"},
    "no digest": {"metadata": {}},
    "metadata that are no object": {"digest": DIGEST, "metadata": []},
    "an unknown member": {"digest": DIGEST, "index": 5},
    "a key without a canonical form": {"digest": DIGEST, "metadata": {"é": 1}},
    "a number that no double holds": {"digest": DIGEST, "metadata": {"n": 2**60 + 1}},
}


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_put_is_the_callers_fault(home: Home, given: dict) -> None:
    assert (await home.native("POST", "/audit-log", given)).status == 400


async def test_the_log_is_served_in_the_layout_of_tlog_tiles(home: Home, tmp_path: Path) -> None:
    for number in range(3):
        await put(home, n=number)
    policy = await policy_of(home, "statements")
    checkpoint = await home.native("GET", "/ledger/statements/checkpoint")
    assert (checkpoint.headers["content-type"], checkpoint.headers["cache-control"]) == ("text/plain; charset=utf-8", "no-store")
    size = policy.open(checkpoint.body).size
    for piece in pieces(size):
        answer = await home.native("GET", f"/ledger/statements/{piece}")
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["cache-control"].startswith("private")
        (tmp_path / str(piece)).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / str(piece)).write_bytes(answer.body)
    (tmp_path / "checkpoint").write_bytes(checkpoint.body)
    assert audit_log_files(Files(tmp_path), policy).size == size == 3


@pytest.mark.parametrize(
    ("path", "status"),
    {
        "statements/tile/0/000.p/200": 404,
        "statements/tile/0/000": 404,
        "statements/tile/7/000.p/1": 404,
        "statements/tile/0/0": 400,
        "statements/tile/../checkpoint": 400,
        "statements/tile/0/x000/000": 400,
        "statements/tile/entries/000.p/0": 400,
        "statements/tile/": 404,
        "statements/proofs/99": 404,
        "statements/proofs/-1": 400,
        "statements/consistency/0/1": 400,
        "statements/consistency/1/99": 404,
        "secrets/checkpoint": 400,
    }.items(),
)
async def test_what_is_not_there_is_refused(home: Home, path: str, status: int) -> None:
    await put(home)
    assert (await home.native("GET", f"/ledger/{path}")).status == status


async def test_reading_hashes_leaves_no_entry_and_reading_entries_does(home: Home) -> None:
    await put(home)
    before = await home.house.rooms.storage.log_size("audit")
    for path in ("", "/statements/checkpoint", "/statements/tile/0/000.p/1", "/statements/checkpoints", "/statements/consistency/1/1"):
        assert (await home.native("GET", f"/ledger{path}")).status == 200
    assert await home.house.rooms.storage.log_size("audit") == before
    await home.house.rooms.ledger.sealed("audit", 0)
    for path in ("/statements/proofs/0", "/audit/tile/entries/000.p/1"):
        assert (await home.native("GET", f"/ledger{path}")).status == 200
    assert await home.house.rooms.storage.log_size("audit") == before + 2


async def test_tenants_prove_their_own_entries_and_read_nobody_elses(home: Home) -> None:
    key = await tenant(home)
    made = await put(home)
    mine = (await home.native("POST", "/audit-log", {"digest": OTHER}, key=key)).json()
    assert (await home.native("GET", f"/audit-log/{mine['index']}", key=key)).status == 200
    assert (await home.native("GET", f"/audit-log/{made['index']}", key=key)).status == 404
    assert (await home.native("GET", f"/ledger/statements/proofs/{made['index']}", key=key)).status == 404
    assert [each["index"] for each in (await home.native("GET", "/audit-log", key=key)).json()["entries"]] == [mine["index"]]
    audit = home.house.rooms.ledger.log("audit")
    await audit.sealed(await home.house.rooms.storage.log_size("audit") - 1)
    theirs = 0  # the first record is the operator's
    own = max([each["index"] for each in (await home.native("GET", "/records", key=key)).json()["records"]])
    policy = await policy_of(home, "audit")
    await audit.sealed(own)
    proof = (await home.native("GET", f"/ledger/audit/proofs/{own}", key=key)).json()
    verify_tlog_proof(parse_tlog_proof(proof["tlogProof"].encode()), decode_base64(proof["entry"], "entry"), policy)
    assert (await home.native("GET", f"/ledger/audit/proofs/{theirs}", key=key)).status == 404
    for path in ("entries/000.p/1", "%65ntries/000.p/1", "entries%2F000.p%2F1"):
        refused = await home.native("GET", f"/ledger/audit/tile/{path}", key=key)
        assert refused.status in {403, 404}, path
        assert b"eventName" not in refused.body
    assert b"eventName" in (await home.native("GET", "/ledger/audit/tile/entries/000.p/1")).body
    assert (await home.native("POST", "/ledger/statements/cosignatures", {"note": "x"}, key=key)).status == 403


async def test_an_account_erases_what_its_records_say_of_persons_and_the_operator_anybodys(home: Home) -> None:
    key = await tenant(home)
    assert (await home.native("GET", "/audit-log", key=key)).status == 200
    theirs = (await home.native("GET", "/records", key=key)).json()["records"][-1]
    whose = theirs["userIdentity"]["accountId"]
    await put(home)
    mine = (await home.native("GET", "/records")).json()["records"][0]
    before = (await home.house.rooms.ledger.verify()).shredded
    assert theirs["userIdentity"]["arn"]
    for index, caller, status in ((mine["index"], key, 404), (10**9, key, 404), (theirs["index"], None, 404), (-1, None, 400)):
        assert (await home.native("DELETE", f"/records/{index}", key=caller)).status == status
    assert (await home.native("DELETE", f"/accounts/{whose}/records/{theirs['index']}", key=key)).status == 403
    assert (await home.native("DELETE", f"/accounts/{whose}/records/{mine['index']}")).status == 404
    assert (await home.house.rooms.ledger.verify()).shredded == before
    assert (await home.native("DELETE", f"/accounts/{whose}/records/{theirs['index']}")).status == 204
    told = (await home.native("GET", "/records?eventName=EraseAccountsAuditRecord")).json()["records"][0]
    assert told["ringwall"]["erased"] == {"account": whose, "index": theirs["index"]}
    left = (await home.native("GET", f"/records?start={theirs['index']}&limit=1", key=key)).json()["records"][0]
    assert (left["eventName"], left["userIdentity"], left["sourceIpAddress"], left["resources"]) == (theirs["eventName"], {}, "", [])
    for _ in range(2):
        assert (await home.native("DELETE", f"/records/{mine['index']}")).status == 204
    assert (await home.native("GET", f"/records?start={mine['index']}&limit=1")).json()["records"][0]["userIdentity"] == {}
    audit = home.house.rooms.ledger.log("audit")
    await audit.sealed(mine["index"])
    proof = (await home.native("GET", f"/ledger/audit/proofs/{mine['index']}")).json()
    verify_tlog_proof(parse_tlog_proof(proof["tlogProof"].encode()), decode_base64(proof["entry"], "entry"), await policy_of(home, "audit"))
    assert (await home.house.rooms.ledger.verify()).shredded == before + 2


async def test_only_who_is_allowed_to_erases_a_record(home: Home) -> None:
    identity, account = home.house.rooms.identity, await home.house.rooms.identity.accounts.create("third")
    await identity.users.create(account.account_id, "kim")
    allowed = ("ringwall:ListRecords", "ringwall:EraseAuditEntry", "bedrock:CallWithBearerToken")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allowed, "Resource": "*"}]}
    await identity.users.put_policy(account.account_id, "kim", "some", json.dumps(policy))
    key = (await identity.create_api_key(account.account_id, "kim")).token
    assert (await home.native("GET", "/records", key=key)).status == 200
    index = (await home.native("GET", "/records", key=key)).json()["records"][0]["index"]
    assert (await home.native("DELETE", f"/records/{index}", key=key)).status == 403
    assert (await home.native("GET", f"/records?start={index}", key=key)).json()["records"][0]["userIdentity"]


async def test_the_log_proves_that_it_grew(home: Home) -> None:
    await put(home)
    policy = await policy_of(home, "statements")
    old = policy.open((await home.native("GET", "/ledger/statements/checkpoint")).body)
    for number in range(4):
        await put(home, n=number)
    new = policy.open((await home.native("GET", "/ledger/statements/checkpoint")).body)
    grown = (await home.native("GET", f"/ledger/statements/consistency/{old.size}/{new.size}")).json()
    verify_consistency(old.size, old.root, new.size, new.root, [decode_base64(each, "hash") for each in grown["proof"]])


async def test_cosignatures_are_served_with_their_checkpoint(home: Home) -> None:
    await put(home)
    note = (await home.native("GET", "/ledger/statements/checkpoint")).body
    witness = Ed25519Signer("witness.example", bytes([7]) * 32, COSIGNATURE_V1)
    line = signature_line(witness.key, witness.sign(split_note(note)[0], 1_700_000_000))
    answer = await home.native("POST", "/ledger/statements/cosignatures", {"note": note.decode() + line})
    assert answer.status == 204, answer.body
    assert (await home.native("GET", "/ledger/statements/checkpoint")).body == note + line.encode()
    listed = (await home.native("GET", "/ledger/statements/checkpoints")).json()["checkpoints"]
    assert line in listed[-1]["note"]
    assert (await home.native("POST", "/ledger/statements/cosignatures", {"note": "no note"})).status == 400


@pytest.mark.parametrize("number", [2**53, 2**62, 2**63 - 2, 2**63 - 1, 2**63, 10**30])
async def test_numbers_that_no_log_reaches_are_refused_or_not_there(home: Home, number: int) -> None:
    paths = (
        f"/audit-log/{number}",
        f"/audit-log?start={number}",
        f"/ledger/statements/proofs/{number}",
        f"/ledger/audit/proofs/{number}",
        f"/ledger/audit/proofs/0?size={number}",
        f"/ledger/audit/consistency/1/{number}",
        f"/ledger/audit/consistency/{number}/{number}",
        f"/ledger/audit/checkpoints?after={number}",
    )
    await put(home)
    for path in paths:
        assert (await home.native("GET", path)).status in {200, 400, 404}, path
