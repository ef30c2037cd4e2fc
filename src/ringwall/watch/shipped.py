"""The data files that ship with the watch room, each read only with its pinned digest."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec

from ringwall.crypto import equal, sha256
from ringwall.watch.weights_file import WeightsRefused

PINS = "sha256sums.txt"
MAX_BYTES = 32 * 1024 * 1024

Decoded = TypeVar("Decoded")


def folder() -> Traversable:
    """Return where the shipped files are."""
    return resources.files("ringwall.watch") / "weights"


def checked(name: str, *, where: Traversable | None = None) -> tuple[bytes, str]:
    """Return a shipped file and its digest.

    Args:
        name: of the file.
        where: the folder it is in, with its list of pinned digests; by default the one that ships with ringwall.

    Raises:
        WeightsRefused: it is missing, too long, not pinned, or not the one whose digest is pinned.
    """
    data = read(name, where=where)
    digest = sha256(data).hex()
    pinned = pins(where=where).get(name)
    if pinned is None:
        raise WeightsRefused(f"no digest is pinned for `{name}`")
    if not equal(digest.encode(), pinned.encode()):
        raise WeightsRefused(f"`{name}` does not have its pinned digest", digest=digest)
    return data, digest


def decoded(name: str, kind: type[Decoded], *, where: Traversable | None = None) -> tuple[Decoded, str]:
    """Return what a shipped JSON file says, and its digest.

    Raises:
        WeightsRefused: as `checked`; or it is not JSON of this form.
    """
    data, digest = checked(name, where=where)
    try:
        return msgspec.json.decode(data, type=kind), digest
    except msgspec.DecodeError as error:
        raise WeightsRefused(f"`{name}` cannot be read: {error}") from error


def pins(*, where: Traversable | None = None) -> Mapping[str, str]:
    """Return the pinned digest of every file that is read at run time, from a list in the format of `sha256sum`.

    Raises:
        WeightsRefused: the list is missing, or names a file twice.
    """
    listed: dict[str, str] = {}
    for line in read(PINS, where=where).decode("ascii", "replace").splitlines():
        digest, _, name = line.partition("  ")
        if listed.setdefault(name, digest) != digest:
            raise WeightsRefused(f"two digests are pinned for `{name}`")
    return listed


def read(name: str, *, where: Traversable | None = None) -> bytes:
    """Return a shipped file's bytes, against which nothing was checked yet.

    Raises:
        WeightsRefused: it is missing, or too long.
    """
    try:
        with ((where or folder()) / name).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise WeightsRefused(f"`{name}`, which ships with ringwall, is missing") from error
    if len(data) > MAX_BYTES:
        raise WeightsRefused(f"`{name}` is longer than {MAX_BYTES} bytes")
    return data
