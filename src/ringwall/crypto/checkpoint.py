"""Checkpoints: what a log says about itself, three lines that are signed as a note.

    origin      which log: a URL without its scheme, for people and for keeping logs apart
    size        how many leaves its tree has, in decimal
    root        RFC 6962 root hash, base64

Source: C2SP tlog-checkpoint v1.0.0.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

import msgspec

from ringwall.crypto.merkle import HASH_BYTES
from ringwall.errors import IntegrityError, InvalidRequest

ORIGIN_BYTES: Final = 255  # an ML-DSA-44 cosignature writes its length in one byte
_MAX_SIZE: Final = 2**63 - 1
_TEXT_CHARS: Final = 64 * 1024
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A tree head.

    root: 32 bytes.
    extensions: further lines that another log may have; ours has none, and ML-DSA-44 cosignatures do not cover them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text that is signed.

        Raises:
            InvalidRequest: a value that a checkpoint cannot say.
        """
        check_origin(self.origin)
        if not 0 <= self.size <= _MAX_SIZE or len(self.root) != HASH_BYTES:
            raise InvalidRequest("a checkpoint has a size from 0 on and a root of 32 bytes", size=self.size)
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        if any(not line or "\n" in line for line in lines):
            raise InvalidRequest("a line of a checkpoint is not empty and holds no newline")
        return "".join(f"{line}\n" for line in lines)


def check_origin(origin: str) -> None:
    """Refuse an origin that cannot be a key's name, too: ours is both.

    Raises:
        InvalidRequest: empty, longer than 255 bytes, or with spaces, a plus sign or control characters.
    """
    try:
        size = len(origin.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= ORIGIN_BYTES or "+" in origin or any(char.isspace() or not char.isprintable() for char in origin):
        raise InvalidRequest("an origin or key name has 1 to 255 bytes without spaces, plus signs and control characters")


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint; trust it only after its note was opened (`ringwall.crypto.notes`).

    Raises:
        IntegrityError: not the form.
    """
    lines = text[:_TEXT_CHARS].split("\n")
    if len(text) > _TEXT_CHARS or len(lines) < 4 or lines.pop() or not all(lines):
        raise IntegrityError("the checkpoint is not three lines or more")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > _MAX_SIZE:
        raise IntegrityError("the checkpoint's size is not a decimal number")
    return Checkpoint(origin=origin, size=int(size), root=_hash(root), extensions=tuple(extensions))


def _hash(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise IntegrityError("the checkpoint's root is not base64") from None
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != text:
        raise IntegrityError("the checkpoint's root is not 32 bytes in base64")
    return root
