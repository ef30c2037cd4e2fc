"""What was read of storage, kept while nothing changes: the one cache of this room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from ringwall.errors import RingwallError

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class _Kept(NamedTuple, Generic[_Value]):
    generation: int
    value: _Value


class KeptReads(Generic[_Key, _Value]):
    """Reads of storage, each made once in a generation of it.

    Rules it upholds: no answer is older than storage's last committed change (storage's ports.py says how late a change by another process
    is seen); a read that failed leaves nothing behind; at most `most` values are kept, and those that nobody asked for longest go first.
    """

    def __init__(self, generation: Callable[[], Awaitable[int]], read: Callable[[_Key], Awaitable[_Value]], *, most: int) -> None:
        """Take where to read.

        Args:
            generation: as `Storage.generation`.
            read: reads and prepares one value; `at_hand` gives it the value before, to build on.
            most: values kept.
        """
        self._generation = generation
        self._read = read
        self._most = most
        self._kept: OrderedDict[_Key, _Kept[_Value]] = OrderedDict()

    async def get(self, key: _Key) -> _Value:
        """Return the value as last committed. Raises what the read raises."""
        generation = await self._generation()  # before the read: a change in between makes the next call look again
        kept = self._kept.get(key)
        if kept is not None and kept.generation == generation:
            self._kept.move_to_end(key)
            return kept.value
        try:
            value = await self._read(key)
        except RingwallError:
            self._kept.pop(key, None)
            raise
        self._kept[key] = _Kept(generation, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def at_hand(self, key: _Key) -> _Value | None:
        """Return what was read last, whether or not it is still so."""
        kept = self._kept.get(key)
        return None if kept is None else kept.value
