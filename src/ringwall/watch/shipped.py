"""The data files that ship with the watch room, each read only with its pinned digest."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable

from ringwall.crypto import equal, sha256
from ringwall.watch.weights_file import WeightsRefused

PINS = "sha256sums.txt"
MAX_BYTES = 32 * 1024 * 1024


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
    where = where or folder()
    data = _read(where, name)
    digest = sha256(data).hex()
    pinned = _pinned(_read(where, PINS).decode("ascii", "replace"), name)
    if not equal(digest.encode(), pinned.encode()):
        raise WeightsRefused(f"`{name}` does not have its pinned digest", digest=digest)
    return data, digest


def _pinned(listed: str, name: str) -> str:
    """Return the digest of one file from a list in the format of `sha256sum`."""
    for line in listed.splitlines():
        digest, _, file = line.partition("  ")
        if file == name:
            return digest
    raise WeightsRefused(f"no digest is pinned for `{name}`")


def _read(where: Traversable, name: str) -> bytes:
    try:
        with (where / name).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise WeightsRefused(f"`{name}`, which ships with ringwall, is missing") from error
    if len(data) > MAX_BYTES:
        raise WeightsRefused(f"`{name}` is longer than {MAX_BYTES} bytes")
    return data
