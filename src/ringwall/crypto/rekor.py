"""Log entries in sigstore's words: the bodies of Rekor v2, so that its verifiers read our log.

A body is canonical JSON and is itself the leaf. It holds digests, signatures and public keys: never a payload.

Source: sigstore/rekor-tiles, `api/proto/rekor/v2/{entry,dsse,hashedrekord,verifier}.proto`; entry versions 0.0.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ringwall.crypto.base64_text import decode_base64, encode_base64
from ringwall.crypto.canonical import canonical_json
from ringwall.crypto.digests import sha256
from ringwall.crypto.dsse import Envelope, pae, sign_envelope
from ringwall.crypto.verifier_keys import EnvelopeSigner, VerifierKey, load_verifier_key
from ringwall.errors import IntegrityError

VERSION: Final = "0.0.2"
BODY_BYTES: Final = 65_535  # C2SP tlog-tiles: an entry's length is 16 bits

Kind = Literal["dsse", "hashedrekord"]


class LoggedSignature(msgspec.Struct, frozen=True):
    """A signature and the key that made it."""

    signature: bytes
    key: VerifierKey


class LogEntry(msgspec.Struct, frozen=True):
    """What a body says: this digest was signed by these keys.

    digest: SHA-256 of the envelope's payload (`dsse`) or of the artifact (`hashedrekord`).
    """

    kind: Kind
    digest: bytes
    signatures: tuple[LoggedSignature, ...]


class _Hash(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    algorithm: Literal["SHA2_256"]
    digest: str


class _PublicKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    raw_bytes: str


class _Verifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    key_details: Literal["PKIX_ED25519", "PKIX_ECDSA_P256_SHA_256"]
    public_key: _PublicKey


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    content: str
    verifier: _Verifier


class _DsseV002(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    payload_hash: _Hash
    signatures: Annotated[tuple[_Signature, ...], Meta(min_length=1, max_length=16)]


class _DsseSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dsse: _DsseV002 = msgspec.field(name="dsseV002")


class _HashedRekordV002(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    data: _Hash
    signature: _Signature


class _HashedRekordSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hashed_rekord: _HashedRekordV002 = msgspec.field(name="hashedRekordV002")


class _DsseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag="dsse", tag_field="kind"):
    api_version: Literal["0.0.2"]
    spec: _DsseSpec


class _HashedRekordBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag="hashedrekord", tag_field="kind"):
    api_version: Literal["0.0.2"]
    spec: _HashedRekordSpec


def sign_and_log(payload_type: str, payload: bytes, signers: Sequence[EnvelopeSigner]) -> tuple[Envelope, bytes]:
    """Sign a payload, and make the body that logs the envelope.

    Cost: about 45 us with one key, most of it the signature.

    Raises:
        Bug: no key, or more than an envelope may carry. IntegrityError: the body would be too large.
    """
    envelope = sign_envelope(payload_type, payload, signers)
    signed = zip(signers, envelope.signatures, strict=True)
    return envelope, _bounded(_dsse(sha256(payload), [LoggedSignature(each.signature, signer.key) for signer, each in signed]))


def dsse_body(envelope: Envelope, keys: Mapping[str, VerifierKey]) -> bytes:
    """Make the body that logs an envelope which somebody else signed.

    Args:
        envelope: signed; every signature is checked here.
        keys: the key of each signature, by its `key_id`.

    Raises:
        IntegrityError: no such key, or a signature that is not the key's.
    """
    message = pae(envelope.payload_type, envelope.payload)
    signatures = []
    for each in envelope.signatures:
        key = keys.get(each.key_id)
        if key is None:
            raise IntegrityError(f"no key `{each.key_id[:64]}` to log the envelope with")
        key.verify(each.signature, message)
        signatures.append(LoggedSignature(each.signature, key))
    return _bounded(_dsse(sha256(envelope.payload), signatures))


def hashedrekord_body(digest: bytes, signature: bytes, key: VerifierKey) -> bytes:
    """Make the body that logs a signature over an artifact of which only the SHA-256 is given.

    Raises:
        IntegrityError: the signature is not the key's, or the key is an Ed25519 key, whose signatures a digest cannot check.
    """
    key.verify_digest(signature, digest)
    spec = {"data": _hash(digest), "signature": _signature(LoggedSignature(signature, key))}
    return _bounded({"apiVersion": VERSION, "kind": "hashedrekord", "spec": {"hashedRekordV002": spec}})


def parse_body(body: bytes) -> LogEntry:
    """Read a body; a `hashedrekord`'s signature is checked, a `dsse`'s needs its envelope (`check_dsse`).

    Raises:
        IntegrityError: another kind or version, unknown members, not canonical, keys or digests that are none, or a wrong signature.
    """
    if len(body) > BODY_BYTES:
        raise IntegrityError(f"the log entry has more than {BODY_BYTES} bytes")
    try:
        written = msgspec.json.decode(body, type=_DsseBody | _HashedRekordBody)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"not a Rekor v2 log entry: {error}") from None
    if canonical_json(msgspec.to_builtins(written)) != body:
        raise IntegrityError("the log entry is not canonical JSON")
    if isinstance(written, _DsseBody):
        spec = written.spec.dsse
        return LogEntry("dsse", _digest(spec.payload_hash), tuple(_logged(each) for each in spec.signatures))
    signed = written.spec.hashed_rekord
    entry = LogEntry("hashedrekord", _digest(signed.data), (_logged(signed.signature),))
    entry.signatures[0].key.verify_digest(entry.signatures[0].signature, entry.digest)
    return entry


def check_dsse(body: bytes, envelope: Envelope) -> LogEntry:
    """Check that a body logs exactly this envelope, and that its keys signed it.

    Raises:
        IntegrityError: another kind, payload or set of signatures, or a signature that is not the key's.
    """
    entry = parse_body(body)
    if entry.kind != "dsse" or entry.digest != sha256(envelope.payload):
        raise IntegrityError("the log entry is not about this envelope's payload")
    if [each.signature for each in entry.signatures] != [each.signature for each in envelope.signatures]:
        raise IntegrityError("the log entry has other signatures than the envelope")
    message = pae(envelope.payload_type, envelope.payload)
    for each in entry.signatures:
        each.key.verify(each.signature, message)
    return entry


def _dsse(digest: bytes, signatures: list[LoggedSignature]) -> dict[str, Any]:
    spec = {"payloadHash": _hash(digest), "signatures": [_signature(each) for each in signatures]}
    return {"apiVersion": VERSION, "kind": "dsse", "spec": {"dsseV002": spec}}


def _hash(digest: bytes) -> dict[str, str]:
    return {"algorithm": "SHA2_256", "digest": encode_base64(digest)}


def _signature(each: LoggedSignature) -> dict[str, Any]:
    verifier = {"keyDetails": each.key.details, "publicKey": {"rawBytes": encode_base64(each.key.spki)}}
    return {"content": encode_base64(each.signature), "verifier": verifier}


def _bounded(value: dict[str, Any]) -> bytes:
    body = canonical_json(value)
    if len(body) > BODY_BYTES:
        raise IntegrityError(f"the log entry would have more than {BODY_BYTES} bytes")
    return body


def _digest(given: _Hash) -> bytes:
    digest = decode_base64(given.digest, "digest")
    if len(digest) != 32:
        raise IntegrityError("the digest is not a SHA-256")
    return digest


def _logged(given: _Signature) -> LoggedSignature:
    key = load_verifier_key(decode_base64(given.verifier.public_key.raw_bytes, "public key"))
    if key.details != given.verifier.key_details:
        raise IntegrityError("the log entry's key is of another kind than it says")
    return LoggedSignature(decode_base64(given.content, "signature"), key)
