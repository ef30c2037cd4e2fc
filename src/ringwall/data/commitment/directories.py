"""A folder of files as a table of names, sizes and digests, and as an OMS manifest (OpenSSF Model Signing, predicate v1.0).

The table is committed to as any other, so a file can be proved to have been in the folder, and a folder to have grown. The manifest is what
model-signing makes of the same folder: its digest covers contents in the order of names, and not the names, so it does not stand in for the
commitment.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec

from ringwall.errors import InvalidRequest, LimitExceeded, NotFound

MAX_FILES: Final = 1_000_000
OMS_PREDICATE: Final = "https://model_signing/signature/v1.0"


class FileEntry(msgspec.Struct, frozen=True):
    """One file: its path below the folder with slashes, its size in bytes, and SHA-256 of its content."""

    name: str
    size: int
    digest: bytes


def list_files(folder: Path) -> tuple[FileEntry, ...]:
    """Hash every file below a folder, in the order of their paths, part by part.

    Raises:
        NotFound: there is no such folder. LimitExceeded: more than a million files.
        InvalidRequest: a symbolic link, a device or a socket, a name that is not UTF-8, or no file at all.
    Cost: one reading of every file.
    """
    if not folder.is_dir():
        raise NotFound(f"there is no folder `{str(folder)[:200]}`")
    paths = sorted(_paths(folder))
    if not paths:
        raise InvalidRequest("the folder holds no file")
    return tuple(_entry(folder, path) for path in paths)


def _paths(folder: Path) -> Iterator[PurePosixPath]:
    count = 0
    for root, folders, files in os.walk(folder, onerror=_refuse):
        for name in (*folders, *files):
            path = Path(root) / name
            mode = path.lstat().st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise InvalidRequest(
                    f"`{_shown(path.relative_to(folder))}` is no plain file", remedy="symbolic links, devices and sockets are not followed"
                )
            if stat.S_ISREG(mode):
                count += 1
                yield PurePosixPath(path.relative_to(folder).as_posix())
        if count > MAX_FILES:
            raise LimitExceeded(f"the folder has more than {MAX_FILES} files")


def _refuse(error: OSError) -> None:
    raise InvalidRequest(f"a folder cannot be read: {error.strerror}") from error


def _shown(path: Path | PurePosixPath) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode()[:200]


def _entry(folder: Path, path: PurePosixPath) -> FileEntry:
    try:
        str(path).encode()
        with (folder / path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
            return FileEntry(str(path), os.fstat(file.fileno()).st_size, digest)
    except UnicodeEncodeError as error:
        raise InvalidRequest(f"the name `{_shown(path)}` is not UTF-8") from error
    except OSError as error:
        raise InvalidRequest(f"`{_shown(path)}` cannot be read: {error.strerror}") from error


def oms_digest(entries: tuple[FileEntry, ...]) -> str:
    """Return the root digest of an OMS manifest: SHA-256 over the files' digests in order."""
    return hashlib.sha256(b"".join(entry.digest for entry in entries)).hexdigest()


def oms_statement(name: str, entries: tuple[FileEntry, ...]) -> dict[str, Any]:
    """Return the in-toto statement that model-signing makes and signs of a folder.

    Args:
        name: of the folder; for people.
        entries: from `list_files`.

    Source: OpenSSF Model Signing v1.0, as sigstore/model-transparency 1.1 writes it.
    """
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": oms_digest(entries)}}],
        "predicateType": OMS_PREDICATE,
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": []},
            "resources": [{"name": entry.name, "algorithm": "sha256", "digest": entry.digest.hex()} for entry in entries],
        },
    }
