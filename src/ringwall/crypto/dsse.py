"""Signed envelopes: a payload, its type, and signatures over both.

The signature is over the pre-authentication encoding (PAE), never over the JSON: an envelope may be written anew without breaking it, and
a payload cannot pass for one of another type.

Source: DSSE v1.0.2, protocol.md and envelope.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ringwall.crypto.base64_text import decode_base64, encode_base64
from ringwall.crypto.canonical import canonical_json
from ringwall.crypto.verifier_keys import EnvelopeSigner, VerifierKey
from ringwall.errors import Bug, IntegrityError

ENVELOPE_BYTES: Final = 1024 * 1024
_SIGNATURES: Final = 16


class EnvelopeSignature(msgspec.Struct, frozen=True):
    """One signature. key_id: a hint which key made it; it is not authenticated and decides nothing."""

    signature: bytes
    key_id: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """A payload with the signatures over it."""

    payload_type: str
    payload: bytes
    signatures: tuple[EnvelopeSignature, ...]

    def to_json(self) -> bytes:
        """Write the envelope as canonical JSON."""
        return canonical_json(
            {
                "payload": encode_base64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [{"keyid": each.key_id, "sig": encode_base64(each.signature)} for each in self.signatures],
            }
        )


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sig: Annotated[str, Meta(max_length=8192)]
    keyid: Annotated[str, Meta(max_length=256)] = ""


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    payload: str
    payload_type: Annotated[str, Meta(min_length=1, max_length=256)]
    signatures: Annotated[tuple[_Signature, ...], Meta(min_length=1, max_length=_SIGNATURES)]


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: lengths stand before contents, so that no two pairs give the same bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload_type: str, payload: bytes, signers: Sequence[EnvelopeSigner]) -> Envelope:
    """Sign a payload with every key.

    Raises:
        Bug: no key, or more than an envelope may carry.
    """
    if not 0 < len(signers) <= _SIGNATURES:
        raise Bug(f"an envelope has 1 to {_SIGNATURES} signatures", signers=len(signers))
    message = pae(payload_type, payload)
    signatures = tuple(EnvelopeSignature(signer.sign(message), signer.key.id) for signer in signers)
    return Envelope(payload_type, payload, signatures)


def parse_envelope(text: bytes) -> Envelope:
    """Read an envelope; nothing in it is checked against a key yet.

    Raises:
        IntegrityError: not an envelope, one with unknown members or without signatures, or larger than 1 MiB.
    """
    if len(text) > ENVELOPE_BYTES:
        raise IntegrityError(f"the envelope has more than {ENVELOPE_BYTES} bytes")
    try:
        written = msgspec.json.decode(text, type=_Written)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"not a DSSE envelope: {error}") from None
    return Envelope(
        written.payload_type,
        decode_base64(written.payload, "payload"),
        tuple(EnvelopeSignature(decode_base64(each.sig, "signature"), each.keyid) for each in written.signatures),
    )


def verify_envelope(envelope: Envelope, keys: Sequence[VerifierKey], *, payload_type: str, threshold: int = 1) -> bytes:
    """Return the payload that enough of these keys signed as this type.

    Signatures of other keys are ignored; a key counts once, however many signatures it made.

    Raises:
        IntegrityError: another type, or fewer than `threshold` of the keys signed it.
        Bug: a threshold that anybody, or nobody, reaches.
    """
    if not 0 < threshold <= len({key.id for key in keys}):
        raise Bug("the threshold is between 1 and the number of keys", threshold=threshold)
    if envelope.payload_type != payload_type:
        raise IntegrityError(f"the envelope holds a `{envelope.payload_type[:256]}`, not a `{payload_type}`")
    message = pae(envelope.payload_type, envelope.payload)
    signed = {key.id for key in keys if any(_is_by(key, each.signature, message) for each in envelope.signatures)}
    if len(signed) < threshold:
        raise IntegrityError(f"{len(signed)} of the {threshold} keys that must have signed the envelope did")
    return envelope.payload


def _is_by(key: VerifierKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except IntegrityError:
        return False
    return True
