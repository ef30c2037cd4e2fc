"""The root keys: where they come from, and the one text form they have.

A ring is a list of versions, `VERSION:BASE64` each (32 random bytes), one a line in a file, separated by commas in a variable. The highest
version seals; the others still open what they sealed. Versions are added, never changed or removed.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ringwall.crypto import hkdf_sha256
from ringwall.errors import SettingsError
from ringwall.storage.private_folder import make_private

KEY_BYTES: Final = 32
FILE_NAME: Final = "root.key"
DEFAULT_REFERENCE: Final = f"file:{FILE_NAME}"
_VERSIONS: Final = 1000
_FILE_BYTES: Final = 256 * 1024
_FORM: Final = "give `VERSION:BASE64` with 32 random bytes, or restore the root key that belongs to this data directory"

RandomBytes = Callable[[int], bytes]


class RootKeys:
    """A ring of root keys. Neither `repr` nor pickling shows them."""

    __slots__ = ("_secrets", "newest")

    def __init__(self, secrets_by_version: Mapping[int, bytes]) -> None:
        """Take a ring.

        Raises:
            SettingsError: empty, or a key of the wrong size.
        """
        if not secrets_by_version or len(secrets_by_version) > _VERSIONS:
            raise SettingsError("the root key ring is empty or too long", remedy=_FORM)
        for version, secret in secrets_by_version.items():
            if not 1 <= version <= _VERSIONS or len(secret) != KEY_BYTES or secret == bytes(KEY_BYTES):
                raise SettingsError("a root key is not 32 random bytes with a version from 1 on", remedy=_FORM)
        self._secrets = dict(secrets_by_version)
        self.newest = max(self._secrets)

    def __repr__(self) -> str:
        return f"RootKeys(versions={self.versions})"

    def __reduce__(self) -> str:
        raise TypeError("root keys are not serialised")

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions in the ring, oldest first."""
        return tuple(sorted(self._secrets))

    def derive(self, version: int, info: bytes) -> bytes | None:
        """Derive the key for one purpose from one version; None if the ring does not have that version."""
        secret = self._secrets.get(version)
        return None if secret is None else hkdf_sha256(secret, info=info)

    def check_value(self, version: int) -> str:
        """Return what tells two root keys apart without saying anything about them."""
        derived = self.derive(version, b"ringwall root key check value v1")
        return "" if derived is None else derived[:16].hex()

    @classmethod
    def parse(cls, text: str) -> RootKeys:
        """Read a ring from its text form.

        Raises:
            SettingsError: not the form; the message never quotes the text.
        """
        ring: dict[int, bytes] = {}
        for part in text.replace(",", "\n").splitlines():
            if not part.strip():
                continue
            version_text, _, encoded = part.strip().partition(":")
            try:
                version, secret = int(version_text), base64.b64decode(encoded, validate=True)
            except (ValueError, binascii.Error):
                raise SettingsError("the root key cannot be read", remedy=_FORM) from None
            if version in ring:
                raise SettingsError(f"the root key ring has version {version} twice", remedy=_FORM)
            ring[version] = secret
        return cls(ring)

    def added(self, secret: bytes) -> RootKeys:
        """Return a ring with one more version."""
        return RootKeys({**self._secrets, self.newest + 1: secret})

    def unprotected_text(self) -> str:
        """Return the text form, with the secrets in it."""
        return "".join(f"{version}:{base64.b64encode(self._secrets[version]).decode()}\n" for version in self.versions)


def load_root_keys(reference: str, *, data_dir: Path, environ: Mapping[str, str]) -> RootKeys | None:
    """Read the ring that a reference names; None if it is a file that does not exist yet.

    Args:
        reference: `file:NAME` (relative to the data directory) or `env:NAME`.
        data_dir: where relative files are.
        environ: the process's variables, as bootstrap hands them over.

    Raises:
        SettingsError: an unknown scheme, a missing variable, a file that others may read, or not a key.
    """
    scheme, separator, name = reference.partition(":")
    if not separator or not name:
        raise SettingsError("the root key reference is not `SCHEME:NAME`", remedy="use `file:root.key` or `env:NAME`")
    if scheme == "env":
        if not environ.get(name):
            raise SettingsError(
                f"the variable `{name}` that should hold the root key is not set", remedy=f"set {name}, or use `file:root.key`"
            )
        return RootKeys.parse(environ[name])
    if scheme == "file":
        return _read_file(root_key_file(reference, data_dir))
    raise SettingsError(f"`{scheme}:` is not a root key reference that this release reads", remedy="use `file:root.key` or `env:NAME`")


def root_key_file(reference: str, data_dir: Path) -> Path:
    """Return the path that a `file:` reference names."""
    return data_dir / reference.partition(":")[2]


def create_root_key_file(path: Path, random_bytes: RandomBytes = secrets.token_bytes) -> RootKeys:
    """Make a ring of one key in a file only its owner can read; if another process was faster, return the other's.

    Raises:
        SettingsError: the file cannot be written.
    """
    ring = RootKeys({1: random_bytes(KEY_BYTES)})
    try:
        make_private(path.parent)
        draft = _write_draft(path, ring)
        try:
            # A link appears whole or not at all, and never over another process's file.
            path.hardlink_to(draft)
        except FileExistsError:
            existing = _read_file(path)
            if existing is None:
                raise
            return existing
        finally:
            draft.unlink()
        _flush_directory(path.parent)
    except OSError as error:
        raise SettingsError(f"`{path}` cannot be written: {error.strerror}", remedy="correct the data directory's permissions") from None
    return ring


def rotate_root_key(path: Path, random_bytes: RandomBytes = secrets.token_bytes) -> int:
    """Add a version to the ring in a file, and return it. What older versions sealed stays readable; restart ringwall to use it.

    Raises:
        SettingsError: there is no ring in the file, or it cannot be written.
    """
    ring = _read_file(path)
    if ring is None:
        raise SettingsError(f"there is no root key in `{path}`", remedy="start ringwall once, it makes one")
    grown = ring.added(random_bytes(KEY_BYTES))
    try:
        _write_draft(path, grown).replace(path)
        _flush_directory(path.parent)
    except OSError as error:
        raise SettingsError(f"`{path}` cannot be written: {error.strerror}", remedy="correct the data directory's permissions") from None
    return grown.newest


def _write_draft(path: Path, ring: RootKeys) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(ring.unprotected_text())
        file.flush()
        os.fsync(file.fileno())
    return draft


def _read_file(path: Path) -> RootKeys | None:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SettingsError(f"others can read the root key in `{path}`", remedy=f"chmod 600 {path}")
            content = file.read(_FILE_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"the root key in `{path}` cannot be read: {error.strerror}", remedy="correct its permissions") from None
    try:
        return RootKeys.parse(content.decode("ascii"))
    except UnicodeDecodeError:
        raise SettingsError(f"the root key in `{path}` cannot be read", remedy=_FORM) from None


def _flush_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
