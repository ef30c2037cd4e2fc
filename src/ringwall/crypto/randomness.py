"""Random bytes in small pieces, for identifiers and salts of every request.

Each read of the operating system's source is a system call during which the interpreter goes to another thread and has to be fetched back,
which costs more than the bytes. A page of them at a time does for hundreds of pieces. Keys are not made here: they are read one by one.
"""

from __future__ import annotations

import os
from typing import Final

_PIECE_BYTES: Final = 16
_PAGE_BYTES: Final = 4096

_pieces: Final[list[bytes]] = []  # each is popped once: popping is one step of the interpreter, in whichever thread
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pieces.clear)  # the parent's pieces stay the parent's


def random_piece(count: int) -> bytes:
    """Return `count` bytes of the operating system's cryptographic random source, for an identifier or a salt."""
    if count == _PIECE_BYTES:
        return _piece()
    return b"".join([_piece() for _ in range(-(-count // _PIECE_BYTES))])[:count]


def _piece() -> bytes:
    while True:
        try:
            return _pieces.pop()
        except IndexError:
            page = os.urandom(_PAGE_BYTES)
            _pieces.extend([page[start : start + _PIECE_BYTES] for start in range(0, _PAGE_BYTES, _PIECE_BYTES)])
