"""Say where an exception came from without saying what it said: its message may quote a caller's text."""

from __future__ import annotations

import traceback


def locate(error: BaseException) -> str:
    """Return the exception's class and the lines it passed through, innermost last, causes included; never its message.

    `ValueError at session.py:41 feed < pipeline.py:88 handle`
    """
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)[-12:]
        where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        parts.append(f"{type(current).__name__} at {where}" if where else type(current).__name__)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return " <- ".join(parts)
