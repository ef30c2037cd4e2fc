"""Sigstore's files: a bundle (an envelope with its place in the log) and a trusted root (which logs to believe).

Whoever has both verifies without asking us: the envelope's signature, that the log entry is about it, the path from the entry to the
root, and the log's signature over that root. A bundle's own key is only named (`hint`): a verifier brings the key it trusts.

Source: sigstore/protobuf-specs, `sigstore_bundle.proto` v0.3, `sigstore_rekor.proto`, `sigstore_trustroot.proto` v0.1; protobuf's JSON
mapping (64-bit integers are strings, bytes are base 64).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ringwall.crypto.base64_text import decode_base64, encode_base64
from ringwall.crypto.canonical import canonical_json
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.dsse import Envelope, parse_envelope, verify_envelope
from ringwall.crypto.log_policy import LogPolicy, log_id
from ringwall.crypto.merkle import leaf_hash, verify_inclusion
from ringwall.crypto.rekor import VERSION, check_dsse, parse_body
from ringwall.crypto.statements import IN_TOTO
from ringwall.crypto.verifier_keys import VerifierKey, ed25519_verifier_key
from ringwall.errors import IntegrityError

BUNDLE_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
TRUSTED_ROOT_TYPE: Final = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
BUNDLE_BYTES: Final = 4 * 1024 * 1024


Decimal = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,18})\Z")]


class _KeyId(msgspec.Struct, frozen=True, rename="camel"):
    key_id: str


class _KindVersion(msgspec.Struct, frozen=True):
    kind: str
    version: Literal["0.0.2"]


class _Checkpoint(msgspec.Struct, frozen=True):
    envelope: str


class _InclusionProof(msgspec.Struct, frozen=True, rename="camel"):
    log_index: Decimal
    root_hash: str
    tree_size: Decimal
    checkpoint: _Checkpoint
    hashes: Annotated[tuple[str, ...], Meta(max_length=64)] = ()


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    log_index: Decimal
    log_id: _KeyId
    kind_version: _KindVersion
    inclusion_proof: _InclusionProof
    canonicalized_body: str


class _Hint(msgspec.Struct, frozen=True):
    hint: Annotated[str, Meta(max_length=256)]


class _Material(msgspec.Struct, frozen=True, rename="camel"):
    public_key: _Hint
    tlog_entries: Annotated[tuple[_Entry, ...], Meta(min_length=1, max_length=1)]


class _Written(msgspec.Struct, frozen=True, rename="camel"):
    media_type: Literal["application/vnd.dev.sigstore.bundle.v0.3+json"]
    verification_material: _Material
    dsse_envelope: msgspec.Raw


class LoggedAt(msgspec.Struct, frozen=True, kw_only=True):
    """Where a body is in a log, with the proof.

    log_id: `log_id(origin, public)` of the key that signed the checkpoint.
    path: hashes from the leaf's sibling upwards.
    checkpoint: the signed note, whole.
    """

    log_id: bytes
    index: int
    size: int
    root: bytes
    path: tuple[bytes, ...]
    checkpoint: bytes
    body: bytes


class Bundle(msgspec.Struct, frozen=True):
    """A signed envelope and its place in one log."""

    envelope: Envelope
    key_hint: str
    logged: LoggedAt


class TrustedLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log to believe.

    public: its Ed25519 key, raw. base_url: must contain the origin, by which sigstore's verifiers find the log. valid_from: RFC 3339.
    """

    origin: str
    public: bytes
    base_url: str
    valid_from: str


def write_bundle(bundle: Bundle) -> bytes:
    """Write a bundle as canonical JSON."""
    logged = bundle.logged
    entry = {
        "logIndex": str(logged.index),
        "logId": {"keyId": encode_base64(logged.log_id)},
        "kindVersion": {"kind": parse_body(logged.body).kind, "version": VERSION},
        "inclusionProof": {
            "logIndex": str(logged.index),
            "rootHash": encode_base64(logged.root),
            "treeSize": str(logged.size),
            "hashes": [encode_base64(each) for each in logged.path],
            "checkpoint": {"envelope": logged.checkpoint.decode()},
        },
        "canonicalizedBody": encode_base64(logged.body),
    }
    return canonical_json(
        {
            "mediaType": BUNDLE_TYPE,
            "verificationMaterial": {
                "publicKey": {"hint": bundle.key_hint},
                "tlogEntries": [entry],
                "timestampVerificationData": {"rfc3161Timestamps": []},
            },
            "dsseEnvelope": _envelope(bundle.envelope),
        }
    )


def write_trusted_root(logs: Sequence[TrustedLog]) -> bytes:
    """Write which logs to believe as canonical JSON.

    Raises:
        IntegrityError: a key that is none, or a URL without its log's origin, which verifiers would never match.
    """
    return canonical_json(
        {
            "mediaType": TRUSTED_ROOT_TYPE,
            "tlogs": [_trusted(log) for log in logs],
            "certificateAuthorities": [],
            "ctlogs": [],
            "timestampAuthorities": [],
        }
    )


def parse_bundle(text: bytes) -> Bundle:
    """Read a bundle that holds one envelope and one log entry; nothing in it is checked against a key yet.

    Raises:
        IntegrityError: another kind of bundle, or parts that contradict each other.
    """
    if len(text) > BUNDLE_BYTES:
        raise IntegrityError(f"the bundle has more than {BUNDLE_BYTES} bytes")
    try:
        written = msgspec.json.decode(text, type=_Written)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"not a sigstore bundle with one envelope and one log entry: {error}") from None
    entry = written.verification_material.tlog_entries[0]
    proof = entry.inclusion_proof
    if proof.log_index != entry.log_index:
        raise IntegrityError("the bundle gives two indexes for one log entry")
    body = decode_base64(entry.canonicalized_body, "log entry")
    if parse_body(body).kind != entry.kind_version.kind:
        raise IntegrityError("the bundle's log entry is of another kind than it says")
    logged = LoggedAt(
        log_id=decode_base64(entry.log_id.key_id, "log id"),
        index=int(proof.log_index),
        size=int(proof.tree_size),
        root=decode_base64(proof.root_hash, "root hash"),
        path=tuple(decode_base64(each, "inclusion proof") for each in proof.hashes),
        checkpoint=proof.checkpoint.envelope.encode(),
        body=body,
    )
    return Bundle(parse_envelope(bytes(written.dsse_envelope)), written.verification_material.public_key.hint, logged)


def verify_bundle(bundle: Bundle, key: VerifierKey, policy: LogPolicy) -> Checkpoint:
    """Check everything that a bundle says, and return the checkpoint.

    1. The key signed the envelope, as an in-toto statement.
    2. The log entry is about this envelope, and the key's signature is the one that it logs.
    3. The checkpoint opens under the policy, and is the tree that the bundle says.
    4. The path leads from the log entry to the checkpoint's root.

    Raises:
        IntegrityError: one of them does not hold.
    """
    verify_envelope(bundle.envelope, [key], payload_type=IN_TOTO)
    if key not in [each.key for each in check_dsse(bundle.logged.body, bundle.envelope).signatures]:
        raise IntegrityError("the log entry was not made with this key")
    checkpoint = policy.open(bundle.logged.checkpoint)
    if (checkpoint.size, checkpoint.root) != (bundle.logged.size, bundle.logged.root):
        raise IntegrityError("the bundle's checkpoint is of another tree than its proof")
    if bundle.logged.log_id not in policy.log_ids(checkpoint.origin):
        raise IntegrityError("the bundle's log id is not the log's")
    verify_inclusion(leaf_hash(bundle.logged.body), bundle.logged.index, checkpoint.size, bundle.logged.path, checkpoint.root)
    return checkpoint


def _trusted(log: TrustedLog) -> dict[str, Any]:
    if log.origin not in log.base_url:
        raise IntegrityError(f"the log's URL `{log.base_url[:200]}` must contain its origin `{log.origin[:200]}`")
    key = ed25519_verifier_key(log.public)
    return {
        "baseUrl": log.base_url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": encode_base64(key.spki), "keyDetails": key.details, "validFor": {"start": log.valid_from}},
        "logId": {"keyId": encode_base64(log_id(log.origin, log.public))},
    }


def _envelope(envelope: Envelope) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(envelope.to_json())
    return decoded
