"""How much memory the C library keeps for later."""

from __future__ import annotations

import ctypes
import functools

_ARENAS = -8  # M_ARENA_MAX of glibc's mallopt


def share_one_arena() -> None:
    """Let all threads allocate from one place, where the C library can (glibc): by itself it keeps freed pages apart for each of them."""
    if mallopt := getattr(_library(), "mallopt", None):
        mallopt(_ARENAS, 1)


def give_back() -> None:
    """Return freed pages to the system where the C library can (glibc): after work that allocates much once, as loading does."""
    trim_with(_library())


def trim_with(library: object) -> bool:
    """Ask a C library to return freed pages; False where it cannot (musl, macOS, Windows)."""
    trim = getattr(library, "malloc_trim", None)
    if trim is None:
        return False
    trim(0)
    return True


@functools.cache
def _library() -> object:
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows has no library without a name
        return None
