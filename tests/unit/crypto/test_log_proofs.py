"""Policies, proofs and bundles: what opens, and everything that must not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ringwall.crypto import inclusion_path, leaf_hash, root_hash, sha256
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.dsse import sign_envelope
from ringwall.crypto.log_policy import LogPolicy, log_id, parse_policy, trust_logs
from ringwall.crypto.notes import COSIGNATURE_V1, Ed25519Signer, MlDsa44Signer, sign_note, vkey
from ringwall.crypto.rekor import dsse_body
from ringwall.crypto.sigstore_bundle import (
    BUNDLE_BYTES,
    Bundle,
    LoggedAt,
    TrustedLog,
    parse_bundle,
    verify_bundle,
    write_bundle,
    write_trusted_root,
)
from ringwall.crypto.statements import AUDIT_ENTRY, IN_TOTO, make_statement
from ringwall.crypto.tlog_proof import PROOF_BYTES, TlogProof, parse_tlog_proof, verify_tlog_proof
from ringwall.crypto.verifier_keys import EnvelopeSigner
from ringwall.errors import IntegrityError, InvalidRequest

ORIGIN = "ringwall.example/statements"
LOG = Ed25519Signer(ORIGIN, bytes(32))
LOG_PQ = MlDsa44Signer(ORIGIN, bytes([1]) * 32)
STRANGER = Ed25519Signer("elsewhere.example/log", bytes([2]) * 32)
WITNESSES = [Ed25519Signer(f"w{number}.example", bytes([10 + number]) * 32, COSIGNATURE_V1) for number in range(3)]
ADA = EnvelopeSigner(bytes([3]) * 32)

ENVELOPE = sign_envelope(IN_TOTO, make_statement(AUDIT_ENTRY, {"x": sha256(b"x").hex()}, {"rows": 1}).to_json(), [ADA])
BODY = dsse_body(ENVELOPE, {ADA.key.id: ADA.key})
ENTRIES = [b"%d" % number for number in range(11)] + [BODY, b"last"]
INDEX = 11
HASHES = [leaf_hash(entry) for entry in ENTRIES]
CHECKPOINT = Checkpoint(origin=ORIGIN, size=len(ENTRIES), root=root_hash(HASHES))
PATH = tuple(inclusion_path(HASHES, INDEX))


def note(*signers: Any, checkpoint: Checkpoint = CHECKPOINT) -> bytes:
    return sign_note(checkpoint.text(), [*signers], timestamp=1_700_000_000)


NOTE = note(LOG, LOG_PQ)
TRUST = trust_logs([LOG.key])
PROOF = TlogProof(INDEX, PATH, NOTE)
BUNDLE = Bundle(
    ENVELOPE,
    ADA.key.id,
    LoggedAt(
        log_id=log_id(ORIGIN, LOG.key.public),
        index=INDEX,
        size=CHECKPOINT.size,
        root=CHECKPOINT.root,
        path=PATH,
        checkpoint=NOTE,
        body=BODY,
    ),
)


def policy_text(quorum: str, *, witnesses: int = 3) -> str:
    lines = [f"log {vkey(LOG.key)} https://{ORIGIN}", "", "  # witnesses"]
    lines += [f"witness\tW{number} {vkey(WITNESSES[number].key)}" for number in range(witnesses)]
    return "\n".join([*lines, quorum, ""])


TWO_OF_THREE = "group G 2 W0 W1 W2\nquorum G"


def test_a_proof_leads_from_the_entry_to_a_checkpoint_of_a_trusted_log() -> None:
    read = parse_tlog_proof(PROOF.to_text())
    assert read == PROOF
    assert verify_tlog_proof(read, BODY, TRUST) == CHECKPOINT
    with_extra = msgspec.structs.replace(PROOF, extra=b"context")
    assert parse_tlog_proof(with_extra.to_text()) == with_extra


def test_the_only_entry_of_a_log_needs_no_hashes() -> None:
    alone = Checkpoint(origin=ORIGIN, size=1, root=leaf_hash(b"alone"))
    proof = parse_tlog_proof(TlogProof(0, (), note(LOG, checkpoint=alone)).to_text())
    assert verify_tlog_proof(proof, b"alone", TRUST) == alone


WRONG_PROOFS: dict[str, TlogProof] = {
    "another index": msgspec.structs.replace(PROOF, index=INDEX - 1),
    "an index outside of the tree": msgspec.structs.replace(PROOF, index=len(ENTRIES)),
    "a hash changed": msgspec.structs.replace(PROOF, path=(sha256(b""), *PATH[1:])),
    "a hash missing": msgspec.structs.replace(PROOF, path=PATH[:-1]),
    "another tree": msgspec.structs.replace(PROOF, checkpoint=note(LOG, checkpoint=msgspec.structs.replace(CHECKPOINT, root=sha256(b"")))),
    "an unknown log": msgspec.structs.replace(PROOF, checkpoint=note(STRANGER)),
    "a checkpoint changed after signing": msgspec.structs.replace(PROOF, checkpoint=NOTE.replace(b"\n13\n", b"\n14\n")),
    "a log that signs another's name": msgspec.structs.replace(
        PROOF, checkpoint=note(LOG, checkpoint=msgspec.structs.replace(CHECKPOINT, origin="other.example/log"))
    ),
}


@pytest.mark.parametrize("proof", WRONG_PROOFS.values(), ids=WRONG_PROOFS)
def test_a_proof_that_shows_something_else_is_refused(proof: TlogProof) -> None:
    with pytest.raises(IntegrityError):
        verify_tlog_proof(parse_tlog_proof(proof.to_text()), BODY, TRUST)


def test_a_proof_of_another_entry_is_refused() -> None:
    with pytest.raises(IntegrityError, match="does not lead to the root"):
        verify_tlog_proof(PROOF, b"last", TRUST)


TEXT = PROOF.to_text()
FORMLESS_PROOFS = {
    "nothing": b"",
    "another version": TEXT.replace(b"@v1", b"@v2"),
    "no checkpoint": TEXT.partition(b"\n\n")[0],
    "no index": TEXT.replace(b"index 11\n", b""),
    "a leading zero": TEXT.replace(b"index 11", b"index 011"),
    "a sign": TEXT.replace(b"index 11", b"index +11"),
    "an index in other digits": TEXT.replace(b"index 11", "index ١١".encode()),
    "extra after the index": TEXT.replace(b"index 11\n", b"index 11\nextra AAAA\n"),
    "a carriage return": TEXT.replace(b"index 11\n", b"index 11\r\n"),
    "a hash of 31 bytes": TEXT.replace(b"index 11\n", b"index 11\n" + b"A" * 42 + b"==\n"),
    "more hashes than a log has levels": TEXT.replace(b"index 11\n", b"index 11\n" + (b"A" * 43 + b"=\n") * 64),
    "too large": b"A" * (PROOF_BYTES + 1),
}


@pytest.mark.parametrize("text", FORMLESS_PROOFS.values(), ids=FORMLESS_PROOFS)
def test_what_is_no_proof_is_refused(text: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_tlog_proof(text)


def test_a_quorum_is_asked_for_and_counted() -> None:
    policy = parse_policy(policy_text(TWO_OF_THREE))
    for cosigners in ([], WITNESSES[:1], [WITNESSES[1]] * 2):
        with pytest.raises(IntegrityError, match="quorum"):
            policy.open(note(LOG, *cosigners))
    assert policy.open(note(LOG, WITNESSES[2], WITNESSES[0])) == CHECKPOINT
    with pytest.raises(IntegrityError, match="no trusted key of the log"):
        policy.open(note(*WITNESSES))


@pytest.mark.parametrize(
    ("quorum", "cosigners", "opens"),
    [
        ("quorum none", (), True),
        ("quorum W1", (0, 2), False),
        ("quorum W1", (1,), True),
        ("group G any W0 W1\nquorum G", (1,), True),
        ("group G all W0 W1\nquorum G", (1,), False),
        ("group G any W0 W1\ngroup H all G W2\nquorum H", (1, 2), True),
        ("group G any W0 W1\ngroup H all G W2\nquorum H", (0, 1), False),
    ],
)
def test_groups_hold_when_enough_of_their_members_do(quorum: str, cosigners: tuple[int, ...], opens: bool) -> None:
    policy = parse_policy(policy_text(quorum))
    signed = note(LOG, *(WITNESSES[number] for number in cosigners))
    if opens:
        assert policy.open(signed) == CHECKPOINT
    else:
        with pytest.raises(IntegrityError):
            policy.open(signed)


def test_a_witness_whose_cosignature_is_false_spoils_the_note() -> None:
    policy = parse_policy(policy_text("quorum none"))
    false = note(LOG, WITNESSES[0]).replace(b"\n13\n", b"\n13\n")
    lines = false.split(b"\n")
    lines[-2] = lines[-2][:-6] + (b"AAAAA=" if not lines[-2].endswith(b"AAAAA=") else b"BBBBB=")
    with pytest.raises(IntegrityError):
        policy.open(b"\n".join(lines))


def test_a_policy_of_the_post_quantum_key_alone_insists_on_its_signature() -> None:
    policy = parse_policy(f"log {vkey(LOG_PQ.key)}\nquorum none\n")
    assert policy.open(NOTE) == CHECKPOINT
    with pytest.raises(IntegrityError):
        policy.open(note(LOG))
    assert parse_policy(policy.to_text()) == policy


def test_a_policy_is_written_as_it_is_read() -> None:
    policy = parse_policy(policy_text(TWO_OF_THREE))
    assert parse_policy(policy.to_text()) == policy
    assert policy.logs[0].url == f"https://{ORIGIN}"
    assert policy.log_ids(ORIGIN) == (log_id(ORIGIN, LOG.key.public),)
    assert policy.log_ids("other.example") == ()


WRONG_POLICIES = {
    "no quorum": policy_text(""),
    "two quorums": policy_text("quorum none\nquorum none"),
    "an unknown line": policy_text("quorum none\npeer X"),
    "a quorum that nobody has the name of": policy_text("quorum W9"),
    "a quorum before its group": "quorum G\n" + policy_text("group G 2 W0 W1 W2"),
    "a threshold above the members": policy_text("group G 4 W0 W1 W2\nquorum G"),
    "a threshold of nothing": policy_text("group G 0 W0 W1 W2\nquorum G"),
    "a member counted twice": policy_text("group G 2 W0 W0\nquorum G"),
    "a member of two groups": policy_text("group G any W0\ngroup H 2 G W0\nquorum H"),
    "a group of itself": policy_text("group G any G\nquorum G"),
    "an unknown member": policy_text("group G any W9\nquorum G"),
    "a name taken": policy_text("group W0 any W1\nquorum W0"),
    "a name that means something": policy_text("group none any W1\nquorum none"),
    "a key twice": policy_text(f"witness X {vkey(WITNESSES[0].key)}\nquorum none"),
    "a key twice under another name": policy_text(
        f"witness X {vkey(Ed25519Signer('x', bytes([10]) * 32, COSIGNATURE_V1).key)}\nquorum none"
    ),
    "a log key as a witness": policy_text(f"witness X {vkey(STRANGER.key)}\nquorum none"),
    "a witness key as a log": policy_text(f"log {vkey(Ed25519Signer('x', bytes([9]) * 32, COSIGNATURE_V1).key)}\nquorum none"),
    "no log": "quorum none\n",
    "a control character": policy_text("quorum none\r"),
    "a key that is none": policy_text("witness X x+00000000+AAAA\nquorum none"),
    "too large": "#" * 300_000,
}


@pytest.mark.parametrize("text", WRONG_POLICIES.values(), ids=WRONG_POLICIES)
def test_a_policy_that_says_too_little_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_policy(text)


def test_a_bundle_verifies_from_its_own_text() -> None:
    read = parse_bundle(write_bundle(BUNDLE))
    assert read == BUNDLE
    assert verify_bundle(read, ADA.key, TRUST) == CHECKPOINT


def _at(**changes: Any) -> Bundle:
    return msgspec.structs.replace(BUNDLE, logged=msgspec.structs.replace(BUNDLE.logged, **changes))


BOB = EnvelopeSigner(bytes([4]) * 32)
BOBS = sign_envelope(IN_TOTO, ENVELOPE.payload, [BOB])
WRONG_BUNDLES: dict[str, Bundle] = {
    "another index": _at(index=INDEX + 1),
    "another size": _at(size=CHECKPOINT.size + 1),
    "another root": _at(root=sha256(b"")),
    "another log's id": _at(log_id=sha256(b"")),
    "a hash missing": _at(path=PATH[1:]),
    "an unsigned checkpoint": _at(checkpoint=note(STRANGER)),
    "somebody else's envelope": msgspec.structs.replace(BUNDLE, envelope=BOBS),
    "somebody else's log entry": _at(body=dsse_body(BOBS, {BOB.key.id: BOB.key})),
}


@pytest.mark.parametrize("bundle", WRONG_BUNDLES.values(), ids=WRONG_BUNDLES)
def test_a_bundle_that_shows_something_else_is_refused(bundle: Bundle) -> None:
    with pytest.raises(IntegrityError):
        verify_bundle(parse_bundle(write_bundle(bundle)), ADA.key, TRUST)


def test_a_bundle_is_checked_with_the_verifiers_key_and_not_its_own() -> None:
    with pytest.raises(IntegrityError, match="0 of the 1 keys"):
        verify_bundle(BUNDLE, BOB.key, TRUST)
    with pytest.raises(IntegrityError, match="no known key"):
        verify_bundle(BUNDLE, ADA.key, trust_logs([STRANGER.key]))


def changed(change: Callable[[dict], object]) -> bytes:
    value = json.loads(write_bundle(BUNDLE))
    change(value)
    return json.dumps(value).encode()


def _entry(bundle: dict) -> dict:
    return bundle["verificationMaterial"]["tlogEntries"][0]


FORMLESS_BUNDLES = {
    "not JSON": b"bundle",
    "another version": changed(lambda b: b.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.1")),
    "no log entry": changed(lambda b: b["verificationMaterial"].update(tlogEntries=[])),
    "two log entries": changed(lambda b: b["verificationMaterial"].update(tlogEntries=[_entry(b)] * 2)),
    "two indexes": changed(lambda b: _entry(b).update(logIndex="3")),
    "a line break after an index": changed(lambda b: _entry(b).update(logIndex=_entry(b)["logIndex"] + "\n")),
    "a line break after a size": changed(
        lambda b: _entry(b)["inclusionProof"].update(treeSize=_entry(b)["inclusionProof"]["treeSize"] + "\n")
    ),
    "an index that is a number": changed(lambda b: _entry(b).update(logIndex=11)),
    "another kind": changed(lambda b: _entry(b)["kindVersion"].update(kind="hashedrekord")),
    "another version of the entry": changed(lambda b: _entry(b)["kindVersion"].update(version="0.0.1")),
    "no envelope": changed(lambda b: b.pop("dsseEnvelope")),
    "a body that is none": changed(lambda b: _entry(b).update(canonicalizedBody="AAAA")),
    "too large": b" " * (BUNDLE_BYTES + 1),
}


@pytest.mark.parametrize("text", FORMLESS_BUNDLES.values(), ids=FORMLESS_BUNDLES)
def test_what_is_no_bundle_is_refused(text: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_bundle(text)


def test_a_trusted_root_names_its_logs_so_that_verifiers_find_them() -> None:
    log = TrustedLog(origin=ORIGIN, public=LOG.key.public, base_url=f"https://{ORIGIN}", valid_from="2026-01-01T00:00:00Z")
    (written,) = json.loads(write_trusted_root([log]))["tlogs"]
    assert written["baseUrl"] == f"https://{ORIGIN}"
    with pytest.raises(IntegrityError, match="must contain its origin"):
        write_trusted_root([msgspec.structs.replace(log, base_url="https://elsewhere.example")])


def test_trust_in_no_log_is_no_policy() -> None:
    with pytest.raises(InvalidRequest):
        trust_logs([])
    with pytest.raises(InvalidRequest):
        trust_logs([WITNESSES[0].key])
    assert isinstance(TRUST, LogPolicy)
