"""Sealing of secrets at rest, and keyed digests of texts.

Rules this file upholds: a sealed value opens only under the context it was sealed for; nothing is opened that was altered; a root key that
does not belong to the database refuses to start, before anything is sealed with it; no key and no plaintext is in a message or a `repr`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ringwall.crypto import HmacKey
from ringwall.errors import Bug, Conflict, IntegrityError, LimitExceeded, SettingsError
from ringwall.keys.root import DEFAULT_REFERENCE, RandomBytes, RootKeys, create_root_key_file, load_root_keys, root_key_file
from ringwall.storage import Document, Insert, Replace, Storage

SEALED_VERSION: Final = 1
_HEADER_BYTES: Final = 3  # SEALED_VERSION, root key version (big-endian, 2 bytes)
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_PLAINTEXT_BYTES: Final = 1024 * 1024
_CONTEXT_CHARS: Final = 1024
_CACHED_KEYS: Final = 4096

_OWNER: Final = "ringwall"  # the account of what belongs to the house and to no tenant
_KIND: Final = "root-key"
_ID: Final = "check-values"
_CLAIM_ATTEMPTS: Final = 5


class Keys:
    """Everything that is derived from the root keys."""

    def __init__(self, root: RootKeys, *, random_bytes: RandomBytes = secrets.token_bytes) -> None:
        self._root = root
        self._random_bytes = random_bytes
        # Derived keys are kept per instance: what one data directory's root key derives is of no use to another's.
        self._cipher = lru_cache(_CACHED_KEYS)(self._derive_cipher)
        self._digest_key = lru_cache(_CACHED_KEYS)(self._derive_digest_key)

    def __repr__(self) -> str:
        return f"Keys({self._root!r})"

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        """Encrypt and authenticate a secret for one context (say `access-key/AKIA...`).

        Returns:
            version byte, root key version (2 bytes), nonce (12 bytes), AES-256-GCM ciphertext and tag. Header and context are
            authenticated; the key is derived per context and root key version.

        Raises:
            LimitExceeded: more than 1 MiB, or a context longer than 1,024 characters.

        Source: NIST SP 800-38D; random nonces are safe for 2**32 seals per context.
        """
        if len(plaintext) > _PLAINTEXT_BYTES or len(context) > _CONTEXT_CHARS:
            raise LimitExceeded("a secret of at most 1 MiB is sealed, under a context of at most 1,024 characters")
        header = bytes([SEALED_VERSION]) + self._root.newest.to_bytes(2, "big")
        nonce = self._random_bytes(_NONCE_BYTES)
        return (
            header
            + nonce
            + self._cipher(self._root.newest, context).encrypt(nonce, plaintext, header + context.encode("utf-8", "surrogatepass"))
        )

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Return the secret that was sealed for this context.

        Raises:
            IntegrityError: altered, sealed for another context, or with a root key that the ring does not have.
        """
        if len(sealed) < _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES or sealed[0] != SEALED_VERSION:
            raise IntegrityError("the sealed value is not one that this release wrote")
        header, nonce, ciphertext = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:][:_NONCE_BYTES], sealed[_HEADER_BYTES + _NONCE_BYTES :]
        version = int.from_bytes(header[1:], "big")
        if version not in self._root.versions:
            raise IntegrityError(
                f"the value was sealed with version {version} of the root key, which the ring does not have",
                remedy="restore the root key ring that belongs to this data directory",
            )
        try:
            return self._cipher(version, context).decrypt(nonce, ciphertext, header + context.encode("utf-8", "surrogatepass"))
        except InvalidTag:
            raise IntegrityError("the sealed value was altered or belongs elsewhere", remedy="restore a backup") from None

    def digest(self, account_id: str, data: bytes, *, version: int = 0) -> str:
        """Return a keyed digest that only this installation can compute, and that differs from account to account.

        Args:
            account_id: the tenant.
            data: the text's bytes.
            version: of the root key, to compare with an older digest; 0 is the newest.

        Returns:
            `hmac-sha256:VERSION:HEX`.

        Raises:
            IntegrityError: the ring does not have that version.
        """
        chosen = version or self._root.newest
        return f"hmac-sha256:{chosen}:{self._digest_key(chosen, account_id).digest(data).hex()}"

    def _derive_cipher(self, version: int, context: str) -> AESGCM:
        return AESGCM(self._derive(version, b"ringwall seal v1\0" + context.encode("utf-8", "surrogatepass")))

    def _derive_digest_key(self, version: int, account_id: str) -> HmacKey:
        return HmacKey(self._derive(version, b"ringwall digest v1\0" + account_id.encode("utf-8", "surrogatepass")))

    def _derive(self, version: int, info: bytes) -> bytes:
        derived = self._root.derive(version, info)
        if derived is None:
            raise IntegrityError(f"the root key ring does not have version {version}", remedy="restore the ring that has it")
        return derived


async def open_keys(
    storage: Storage,
    *,
    data_dir: Path,
    environ: Mapping[str, str],
    reference: str = DEFAULT_REFERENCE,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> Keys:
    """Load the root keys, make the file on the first start, and check that they belong to this database.

    Args:
        storage: holds the check values of the root keys that were used with it.
        data_dir: where `file:` references are.
        environ: the process's variables, for `env:` references; bootstrap passes them.
        reference: `file:NAME` or `env:NAME`.
        random_bytes: the source of new keys and nonces.

    Raises:
        SettingsError: no root key, another database's, or one that others can read.
    """
    ring = load_root_keys(reference, data_dir=data_dir, environ=environ)
    claimed = await storage.get(_OWNER, _KIND, _ID)
    if ring is None and claimed is not None:  # another process may have made the file, and claimed, since we looked for it
        ring = load_root_keys(reference, data_dir=data_dir, environ=environ)
    if ring is None:
        path = root_key_file(reference, data_dir)
        if claimed is not None:
            raise SettingsError(
                f"the root key `{path}` is missing, and this database has secrets that were sealed with it",
                remedy="put the root key file back; it is not part of a backup",
            )
        ring = create_root_key_file(path, random_bytes)
    await _claim(storage, ring)
    return Keys(ring, random_bytes=random_bytes)


async def _claim(storage: Storage, ring: RootKeys) -> None:
    """Compare the ring with the check values in the database, and add those of new versions."""
    ours = {str(version): ring.check_value(version) for version in ring.versions}
    for _ in range(_CLAIM_ATTEMPTS):
        stored = await storage.get(_OWNER, _KIND, _ID)
        theirs = {} if stored is None else _read_check_values(stored.body)
        for version, check_value in theirs.items():
            if ours.get(version) != check_value:
                raise SettingsError(
                    f"version {version} of the root key is not the one that this database was used with",
                    remedy="restore the root key ring that belongs to this database, or start with an empty one",
                )
        if theirs == ours:
            return
        body = msgspec.json.encode(ours, order="deterministic")
        document = Document(account_id=_OWNER, kind=_KIND, id=_ID, body=body, revision=stored.revision if stored else 0)
        try:
            await storage.apply(Replace(document) if stored else Insert(document))
        except Conflict:
            continue  # another process starts at the same moment: look at what it wrote
        return
    raise Bug("the root key's check values could not be stored")


def _read_check_values(body: bytes) -> dict[str, str]:
    try:
        return msgspec.json.decode(body, type=dict[str, str])
    except msgspec.DecodeError:
        raise IntegrityError("the stored check values of the root key cannot be read", remedy="restore a backup") from None
