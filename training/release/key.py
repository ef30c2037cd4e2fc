"""The log's private key: 32 secret bytes in a file of the operator's, from which the signing keys are made. It is never committed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ringwall.crypto import hkdf_sha256
from ringwall.crypto.base64_text import decode_base64, encode_base64
from ringwall.crypto.log_policy import TrustedKey
from ringwall.crypto.notes import Ed25519Signer, MlDsa44Signer, Signer
from ringwall.crypto.verifier_keys import EnvelopeSigner
from training.release.models import ReleaseError

SECRET_BYTES = 32


@dataclass(frozen=True)
class ReleaseKey:
    """What signs: checkpoints with both algorithms, statements with the same Ed25519 key as the checkpoints."""

    checkpoints: tuple[Signer, ...]
    statements: EnvelopeSigner

    @property
    def trusted(self) -> tuple[TrustedKey, ...]:
        """The public halves, as a policy lists them."""
        return tuple(TrustedKey(signer.key) for signer in self.checkpoints)


def make_key(path: Path) -> None:
    """Make a new key in a file that only its owner can read.

    Raises:
        ReleaseError: git would take the file up.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _refuse_committable(path)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(encode_base64(os.urandom(SECRET_BYTES)) + "\n")


def read_key(path: Path, origin: str) -> ReleaseKey:
    """Return the signers of a log.

    Raises:
        ReleaseError: the file is no key, or git would take it up.
    """
    _refuse_committable(path)
    secret = decode_base64(path.read_text("ascii").strip(), "release key")
    if len(secret) != SECRET_BYTES:
        raise ReleaseError(f"`{path}` does not hold {SECRET_BYTES} bytes in base 64")
    seed = hkdf_sha256(secret, info=f"ringwall release log ed25519 {origin}".encode())
    other = hkdf_sha256(secret, info=f"ringwall release log ml-dsa-44 {origin}".encode())
    return ReleaseKey((Ed25519Signer(origin, seed), MlDsa44Signer(origin, other)), EnvelopeSigner(seed))


def _refuse_committable(path: Path) -> None:
    """Refuse a place in a checkout that git does not ignore."""
    where = path.resolve()
    inside = subprocess.run(["git", "rev-parse", "--is-inside-work-tree"], cwd=where.parent, capture_output=True, text=True, check=False)
    if inside.stdout.strip() != "true":
        return
    if subprocess.run(["git", "check-ignore", "-q", where], cwd=where.parent, check=False).returncode:
        raise ReleaseError(f"`{path}` would be committed: keep the key outside of the checkout, or in a folder that git ignores")
