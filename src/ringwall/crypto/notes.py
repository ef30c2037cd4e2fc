"""Signed notes: a text, an empty line, and a line per signature that names its key.

Rules this file upholds: a text is given out only when a known key signed it; a signature that claims to be a known key's and is not makes
the whole note invalid; unknown keys are ignored, which is how keys rotate and witnesses join; one key's signature is counted once.

Three algorithms: Ed25519 over the text (0x01), Ed25519 over a time and the text (0x04, cosignature/v1), and ML-DSA-44 over a time and the
tree head (0x06, subtree/v1), which signs checkpoints only and leaves their extension lines unsigned.

Source: C2SP signed-note v1.0.0, tlog-cosignature; RFC 8032; FIPS 204.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ringwall.crypto.checkpoint import Checkpoint, check_origin, parse_checkpoint
from ringwall.crypto.digests import sha256
from ringwall.errors import Bug, DependencyError, IntegrityError, InvalidRequest

ED25519: Final = 0x01
COSIGNATURE_V1: Final = 0x04
ML_DSA_44: Final = 0x06
PUBLIC_BYTES: Final = {ED25519: 32, COSIGNATURE_V1: 32, ML_DSA_44: 1312}
SIGNATURE_BYTES: Final = {ED25519: 64, COSIGNATURE_V1: 8 + 64, ML_DSA_44: 8 + 2420}
SEED_BYTES: Final = 32
NOTE_BYTES: Final = 1024 * 1024
SIGNATURES: Final = 100
_KEY_ID_BYTES: Final = 4
_MAX_TIMESTAMP: Final = 2**63 - 1
_SUBTREE_LABEL: Final = b"subtree/v1\n\0"
_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


class MlDsaMissing(DependencyError, code="ml-dsa-missing"):
    """The installed cryptographic library has no ML-DSA-44."""

    remedy = "install a `cryptography` wheel of version 50 or later, or link it with OpenSSL 3.5 or later"


class NoteKey(msgspec.Struct, frozen=True):
    """A public key with its name; make one with `note_key` or `parse_vkey`, so that the id fits.

    key_id: the first 4 bytes of SHA-256(name, newline, algorithm, public key): a hint for finding the key, not a proof of anything.
    """

    name: str
    key_id: bytes
    algorithm: int
    public: bytes


class NoteSignature(msgspec.Struct, frozen=True):
    """One line of a note: whose it is, and what it says.

    timestamp: Unix seconds, inside of cosignatures; 0 elsewhere.
    """

    key: NoteKey
    signature: bytes
    timestamp: int


class Note(msgspec.Struct, frozen=True):
    """A text that at least one known key signed; `signatures` are the known keys' ones, all of them verified."""

    text: str
    signatures: tuple[NoteSignature, ...]


class Signer(Protocol):
    """Signs the text of a note; a time that the algorithm has a place for is the argument, in Unix seconds."""

    @property
    def key(self) -> NoteKey:
        """The public half."""
        ...

    def sign(self, text: str, timestamp: int) -> bytes:
        """Return what follows the key id in the signature line."""
        ...


def note_key(name: str, algorithm: int, public: bytes) -> NoteKey:
    """Return the key with its id.

    Raises:
        InvalidRequest: a name that notes cannot have, an unknown algorithm, or a public key of another length.
    """
    check_origin(name)
    if PUBLIC_BYTES.get(algorithm) != len(public):
        raise InvalidRequest("the key is not of an algorithm that notes are signed with here", algorithm=algorithm)
    return NoteKey(name, sha256(name.encode() + b"\n" + bytes([algorithm]) + public)[:_KEY_ID_BYTES], algorithm, public)


def vkey(key: NoteKey) -> str:
    """Return the text form of a public key: NAME+ID+BASE64."""
    return f"{key.name}+{key.key_id.hex()}+{base64.b64encode(bytes([key.algorithm]) + key.public).decode()}"


def parse_vkey(text: str) -> NoteKey:
    """Read the text form of a public key.

    Raises:
        InvalidRequest: not the form, or an id that does not fit the key.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        material = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("the verifier key is not NAME+ID+BASE64") from None
    key = note_key(name, material[0] if material else 0, material[1:])
    if key.key_id.hex() != key_id:
        raise InvalidRequest("the verifier key's id does not fit its name and key")
    return key


class Ed25519Signer:
    """Signs with Ed25519: as a log (0x01), or as a cosigner that says when (0x04)."""

    __slots__ = ("_private", "key")

    def __init__(self, name: str, seed: bytes, algorithm: int = ED25519) -> None:
        """Take the 32 secret bytes."""
        if algorithm not in {ED25519, COSIGNATURE_V1}:
            raise Bug("Ed25519 signs under two algorithm bytes only", algorithm=algorithm)
        self._private = Ed25519PrivateKey.from_private_bytes(_checked_seed(seed))
        self.key = note_key(name, algorithm, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.key.name})"

    def sign(self, text: str, timestamp: int) -> bytes:
        """Return the signature, behind its time if it has one."""
        message, head = _message(self.key, text, timestamp)
        return head + self._private.sign(message)


class MlDsa44Signer:
    """Signs checkpoints with ML-DSA-44 (0x06)."""

    __slots__ = ("_private", "key")

    def __init__(self, name: str, seed: bytes) -> None:
        """Take the 32 secret bytes that FIPS 204 calls the seed.

        Raises:
            MlDsaMissing: the library cannot.
        """
        try:
            self._private = MLDSA44PrivateKey.from_seed_bytes(_checked_seed(seed))
        except UnsupportedAlgorithm:
            raise MlDsaMissing("checkpoints cannot be signed with ML-DSA-44") from None
        self.key = note_key(name, ML_DSA_44, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"MlDsa44Signer({self.key.name})"

    def sign(self, text: str, timestamp: int) -> bytes:
        """Return the signature behind its time."""
        message, head = _message(self.key, text, timestamp)
        return head + self._private.sign(message)


def sign_note(text: str, signers: Sequence[Signer], *, timestamp: int = 0) -> bytes:
    """Return the note: the text and a signature line per signer, in their order.

    Raises:
        InvalidRequest: no signer, or a text that a note cannot hold.
        IntegrityError: a cosigner is asked to sign what is no checkpoint.
    """
    if not signers:
        raise InvalidRequest("a note has at least one signature")
    if not text.endswith("\n") or _CONTROLS.search(text):
        raise InvalidRequest("the text of a note ends with a newline and holds no other control character")
    lines = [signature_line(signer.key, signer.sign(text, timestamp)) for signer in signers]
    return f"{text}\n{''.join(lines)}".encode()


def signature_line(key: NoteKey, signature: bytes) -> str:
    """Return one signature's line, newline included."""
    return f"\N{EM DASH} {key.name} {base64.b64encode(key.key_id + signature).decode()}\n"


def open_note(note: bytes, verifiers: Sequence[NoteKey]) -> Note:
    """Return the text if a known key signed it.

    Raises:
        IntegrityError: not a note, no signature of a known key, or one that does not verify.
        MlDsaMissing: a known ML-DSA-44 key signed, and the library cannot check it.
    """
    text, lines = split_note(note)
    known = {(key.name, key.key_id): key for key in verifiers}
    verified: dict[tuple[str, bytes], NoteSignature] = {}
    for line in lines:
        name, key_id, signature = _read_line(line)
        key = known.get((name, key_id))
        if key is not None and (name, key_id) not in verified:
            verified[name, key_id] = NoteSignature(key, signature, verify_signature(key, text, signature))
    if not verified:
        raise IntegrityError("no known key signed the note")
    return Note(text, tuple(verified.values()))


def open_checkpoint(note: bytes, origin: str, verifiers: Sequence[NoteKey]) -> Checkpoint:
    """Return a log's checkpoint if a known key signed it.

    Raises:
        IntegrityError: as `open_note`, or it is another log's.
    """
    checkpoint = parse_checkpoint(open_note(note, verifiers).text)
    if checkpoint.origin != origin:
        raise IntegrityError("the checkpoint is another log's", origin=checkpoint.origin)
    return checkpoint


def split_note(note: bytes) -> tuple[str, list[str]]:
    """Return the text of a note and its signature lines, unverified.

    Raises:
        IntegrityError: not a note.
    """
    if len(note) > NOTE_BYTES:
        raise IntegrityError("the note is larger than 1 MiB")
    try:
        decoded = note.decode("utf-8")
    except UnicodeDecodeError:
        raise IntegrityError("the note is not UTF-8") from None
    head, separator, tail = decoded.rpartition("\n\n")
    lines = tail.split("\n")
    if not separator or not head or _CONTROLS.search(decoded) or lines.pop() or not 0 < len(lines) <= SIGNATURES:
        raise IntegrityError("the note is not a text, an empty line and 1 to 100 signature lines")
    return head + "\n", lines


def verify_signature(key: NoteKey, text: str, signature: bytes) -> int:
    """Check one key's signature of a text, and return the time it names (0: its algorithm has none).

    Raises:
        IntegrityError: it does not verify.
        MlDsaMissing: the library cannot check it.
    """
    if len(signature) != SIGNATURE_BYTES[key.algorithm]:
        raise IntegrityError(f"a signature of `{key.name}` has the wrong length")
    timestamp = 0 if key.algorithm == ED25519 else int.from_bytes(signature[:8], "big")
    message, head = _message(key, text, timestamp)
    try:
        if key.algorithm == ML_DSA_44:
            MLDSA44PublicKey.from_public_bytes(key.public).verify(signature[len(head) :], message)
        else:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature[len(head) :], message)
    except (InvalidSignature, ValueError):
        raise IntegrityError(f"the signature of `{key.name}` does not verify") from None
    except UnsupportedAlgorithm:
        raise MlDsaMissing("an ML-DSA-44 signature cannot be checked") from None
    return timestamp


def _message(key: NoteKey, text: str, timestamp: int) -> tuple[bytes, bytes]:
    """Return the bytes that a key signs, and the bytes that stand before the signature."""
    if key.algorithm == ED25519:
        return text.encode(), b""
    if not 0 <= timestamp <= _MAX_TIMESTAMP:
        raise IntegrityError("a cosignature's time is outside of what it can say")
    head = timestamp.to_bytes(8, "big")
    if key.algorithm == COSIGNATURE_V1:
        parse_checkpoint(text)
        return f"cosignature/v1\ntime {timestamp}\n{text}".encode(), head
    checkpoint = parse_checkpoint(text)
    origin = checkpoint.origin.encode()
    if len(origin) > 255:
        raise IntegrityError("the checkpoint's origin is longer than 255 bytes")
    name = key.name.encode()
    parts = (_SUBTREE_LABEL, bytes([len(name)]), name, head, bytes([len(origin)]), origin, bytes(8), checkpoint.size.to_bytes(8, "big"))
    return b"".join(parts) + checkpoint.root, head


def _read_line(line: str) -> tuple[str, bytes, bytes]:
    """Return the key name, the key id and the signature of a line."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if dash != "\N{EM DASH}" or not name or "+" in name or len(content) <= _KEY_ID_BYTES:
        raise IntegrityError("a signature line of the note is not one")
    return name, content[:_KEY_ID_BYTES], content[_KEY_ID_BYTES:]


def _checked_seed(seed: bytes) -> bytes:
    if len(seed) != SEED_BYTES:
        raise Bug("a signing key is made from 32 secret bytes")
    return seed
