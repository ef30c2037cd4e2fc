"""Whether who asks can wait: on an event loop nothing may take long, and what would is begun again elsewhere.

Whoever calls work on a loop does it in a hurry; whatever takes long calls `take_time` before it begins, and is never begun in a hurry.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

_Result = TypeVar("_Result")
_hurried: ContextVar[bool] = ContextVar("ringwall_hurried", default=False)


class TakesLong(BaseException):
    """Work would take long and its caller cannot wait; it is to be done again where it may take its time.

    Not an `Exception`: no handler that turns a failure into a verdict may take it for one.
    """


def in_a_hurry(work: Callable[[], _Result]) -> _Result:
    """Run work that must not take long; it must bear being begun again.

    Raises:
        TakesLong: it would.
    """
    token = _hurried.set(True)
    try:
        return work()
    finally:
        _hurried.reset(token)


def take_time() -> None:
    """Say that what comes takes long.

    Raises:
        TakesLong: the caller cannot wait.
    """
    if _hurried.get():
        raise TakesLong
