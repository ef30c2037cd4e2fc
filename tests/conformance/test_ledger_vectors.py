"""The files that prove an entry: ours reads its own vectors, still writes them the same, and a reader that shares no code with it agrees."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ringwall.crypto.log_policy import parse_policy
from ringwall.crypto.sigstore_bundle import parse_bundle, verify_bundle
from ringwall.crypto.tlog_proof import parse_tlog_proof, verify_tlog_proof
from ringwall.crypto.verifier_keys import load_verifier_key
from ringwall.errors import IntegrityError
from tests.conformance.vectors.make_ledger_proofs import make

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "ledger_proofs.json").read_text("utf-8"))
ENTRY = base64.b64decode(VECTORS["entries"][VECTORS["index"]])
KEY = base64.b64decode(VECTORS["key"])


def test_the_vectors_are_still_written_byte_for_byte() -> None:
    assert make() == VECTORS


def test_the_vectors_verify() -> None:
    policy = parse_policy(VECTORS["policy"])
    by_proof = verify_tlog_proof(parse_tlog_proof(VECTORS["tlogProof"].encode()), ENTRY, policy)
    by_bundle = verify_bundle(parse_bundle(VECTORS["bundle"].encode()), load_verifier_key(KEY), policy)
    assert by_proof == by_bundle
    assert by_proof.size == len(VECTORS["entries"])


def test_without_one_of_the_witnesses_the_quorum_is_not_reached() -> None:
    lines = VECTORS["tlogProof"].split("\n")
    without = "\n".join(line for line in lines if "w2.example" not in line)
    with pytest.raises(IntegrityError, match="quorum"):
        verify_tlog_proof(parse_tlog_proof(without.encode()), ENTRY, parse_policy(VECTORS["policy"]))


# -- a reader of its own: hashlib, base64 and Ed25519, written from the specifications --


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962 s.2.1, as it is defined."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + tree(leaves[:split]) + tree(leaves[split:])).digest()


def open_with(note: str, vkey: str) -> list[str]:
    """Return the lines of a note's text, having checked one Ed25519 signature (C2SP signed-note)."""
    text, _, signatures = note.partition("\n\n")
    name, key_id, encoded = vkey.split("+", 2)
    material = base64.b64decode(encoded)
    assert hashlib.sha256(name.encode() + b"\n" + material).digest()[:4].hex() == key_id
    for line in signatures.splitlines():
        dash, signer, value = line.split(" ")
        signed = base64.b64decode(value)
        if (dash, signer, signed[:4].hex()) == ("—", name, key_id):
            if material[0] == 1:
                Ed25519PublicKey.from_public_bytes(material[1:]).verify(signed[4:], f"{text}\n".encode())
            else:
                time = int.from_bytes(signed[4:12], "big")
                message = f"cosignature/v1\ntime {time}\n{text}\n".encode()
                Ed25519PublicKey.from_public_bytes(material[1:]).verify(signed[12:], message)
            return text.split("\n")
    raise AssertionError(f"{name} did not sign")


def test_another_reader_computes_the_signed_root_from_the_entries() -> None:
    note = VECTORS["tlogProof"].split("\n\n", 1)[1]
    root = tree([leaf(base64.b64decode(entry)) for entry in VECTORS["entries"]])
    wanted = ["vectors.example/statements", str(len(VECTORS["entries"])), base64.b64encode(root).decode()]
    assert open_with(note, VECTORS["vkey"]) == wanted
    for line in VECTORS["policy"].splitlines():
        if line.startswith("witness "):
            assert open_with(note, line.split(" ")[2]) == wanted
    with pytest.raises(InvalidSignature):
        open_with(note.replace("\n13\n", "\n14\n"), VECTORS["vkey"])


def test_another_reader_finds_the_entry_signed_and_about_the_statement() -> None:
    body, envelope, statement = (json.loads(VECTORS[name]) for name in ("body", "envelope", "statement"))
    payload = base64.b64decode(envelope["payload"])
    assert payload.decode() == VECTORS["statement"]
    assert ENTRY.decode() == VECTORS["body"]
    kind = envelope["payloadType"].encode()
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    key = load_der_public_key(KEY)
    assert isinstance(key, Ed25519PublicKey)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    key.verify(signature, message)
    logged = body["spec"]["dsseV002"]
    assert base64.b64decode(logged["payloadHash"]["digest"]) == hashlib.sha256(payload).digest()
    assert [base64.b64decode(each["content"]) for each in logged["signatures"]] == [signature]
    assert base64.b64decode(logged["signatures"][0]["verifier"]["publicKey"]["rawBytes"]) == KEY
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert json.loads(VECTORS["bundle"])["dsseEnvelope"] == envelope
