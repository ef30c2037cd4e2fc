"""Public keys that signatures are checked with: Ed25519, and ECDSA on P-256 for signatures that others made.

A key is known by its DER SubjectPublicKeyInfo, which is what sigstore's formats carry, and by the hash of that.

Source: RFC 8410 (Ed25519 in X.509), RFC 5480 (ECDSA), sigstore's algorithm registry for the names of key details.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from ringwall.crypto.digests import sha256
from ringwall.errors import IntegrityError

KeyDetails = Literal["PKIX_ED25519", "PKIX_ECDSA_P256_SHA_256"]

_SPKI_BYTES: Final = 1024
_DIGEST_BYTES: Final = 32


class VerifierKey(msgspec.Struct, frozen=True):
    """One public key.

    details: sigstore's name of key type, curve and hash.
    spki: DER SubjectPublicKeyInfo, as `cryptography` writes it.
    """

    details: KeyDetails
    spki: bytes

    @property
    def id(self) -> str:
        """SHA-256 of the SubjectPublicKeyInfo, hexadecimal: DSSE's `keyid`, the bundle's `hint`."""
        return sha256(self.spki).hex()

    def verify(self, signature: bytes, data: bytes) -> None:
        """Check a signature over data.

        Raises:
            IntegrityError: this key did not sign these bytes.
        """
        key = load_der_public_key(self.spki)
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, data)
            else:
                assert isinstance(key, ec.EllipticCurvePublicKey)
                key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise IntegrityError("the signature is not this key's over these bytes") from None

    def verify_digest(self, signature: bytes, digest: bytes) -> None:
        """Check a signature over data of which only the SHA-256 is known.

        Raises:
            IntegrityError: this key did not sign such data, or it is an Ed25519 key, whose signatures need the data itself.
        """
        key = load_der_public_key(self.spki)
        if not isinstance(key, ec.EllipticCurvePublicKey) or len(digest) != _DIGEST_BYTES:
            raise IntegrityError("a signature over a digest alone is checked with a P-256 key and a SHA-256 digest only")
        try:
            key.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        except InvalidSignature:
            raise IntegrityError("the signature is not this key's over data with this digest") from None


def load_verifier_key(spki: bytes) -> VerifierKey:
    """Read a DER SubjectPublicKeyInfo.

    Raises:
        IntegrityError: not one, not in its one encoding, or another kind of key than Ed25519 and P-256.
    """
    if len(spki) > _SPKI_BYTES:
        raise IntegrityError("the public key is larger than a public key is")
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise IntegrityError("the public key is not a DER SubjectPublicKeyInfo") from None
    details: KeyDetails
    if isinstance(key, ed25519.Ed25519PublicKey):
        details = "PKIX_ED25519"
    elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        details = "PKIX_ECDSA_P256_SHA_256"
    else:
        raise IntegrityError("the public key is neither Ed25519 nor ECDSA on P-256")
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != spki:
        raise IntegrityError("the public key is not in its one DER encoding")
    return VerifierKey(details, spki)


def ed25519_verifier_key(public: bytes) -> VerifierKey:
    """Wrap a raw Ed25519 public key (32 bytes).

    Raises:
        IntegrityError: not 32 bytes.
    """
    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        raise IntegrityError("an Ed25519 public key has 32 bytes") from None
    return VerifierKey("PKIX_ED25519", key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


class EnvelopeSigner:
    """A private key that signs; nothing of it is in its `repr`."""

    __slots__ = ("_private", "key")

    def __init__(self, seed: bytes) -> None:
        """Take 32 uniformly random bytes (RFC 8032 s.5.1.5).

        Raises:
            IntegrityError: not 32 bytes.
        """
        try:
            self._private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        except ValueError:
            raise IntegrityError("an Ed25519 seed has 32 bytes") from None
        self.key = ed25519_verifier_key(self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"EnvelopeSigner(key={self.key.id[:16]})"

    def sign(self, data: bytes) -> bytes:
        """Sign; 64 bytes, the same for the same data."""
        return self._private.sign(data)
