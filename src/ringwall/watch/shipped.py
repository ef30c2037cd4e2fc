"""The data files that ship with the watch room, each read only with its pinned digest."""

from __future__ import annotations

import functools
import hashlib
import hmac
from importlib import resources

from ringwall.watch.weights_file import WeightsRefused

PINS = "sha256sums.txt"
_MAX_BYTES = 8 * 1024 * 1024


@functools.cache
def pins() -> str:
    """Return the pinned digests, in the format of `sha256sum`.

    Raises:
        WeightsRefused: the file is missing.
    """
    return _read(PINS).decode("ascii", "replace")


def pinned_digest(name: str, listed: str) -> str:
    """Return the digest that a list of pins holds for one file.

    Raises:
        WeightsRefused: no digest is pinned for it.
    """
    for line in listed.splitlines():
        digest, _, file = line.partition("  ")
        if file == name:
            return digest
    raise WeightsRefused(f"no digest is pinned for `{name}`")


def checked(name: str) -> tuple[bytes, str]:
    """Return a shipped file and its digest.

    Raises:
        WeightsRefused: it is missing, too long, or not the one whose digest is pinned.
    """
    data = _read(name)
    digest = hashlib.sha256(data).hexdigest()
    if not hmac.compare_digest(digest, pinned_digest(name, pins())):
        raise WeightsRefused(f"`{name}` does not have its pinned digest", digest=digest)
    return data, digest


def _read(name: str) -> bytes:
    try:
        with (resources.files("ringwall.watch") / "weights" / name).open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise WeightsRefused(f"`{name}`, which ships with ringwall, is missing") from error
    if len(data) > _MAX_BYTES:
        raise WeightsRefused(f"`{name}` is longer than {_MAX_BYTES} bytes")
    return data
