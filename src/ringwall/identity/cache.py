"""A bounded memory whose contents end with the storage generation they were read at."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class GenerationCache(Generic[Key, Value]):
    """Keep at most `size` values, the least recently used go first; a new generation empties it."""

    __slots__ = ("_generation", "_size", "_values")

    def __init__(self, size: int) -> None:
        self._size = size
        self._generation = -1
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, generation: int, key: Key) -> Value | None:
        """Return what was kept in this generation."""
        if generation != self._generation:
            self._values.clear()
            self._generation = generation
            return None
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, generation: int, key: Key, value: Value) -> None:
        """Keep a value that was read after `generation` was asked for; dropped if the generation is over."""
        if generation != self._generation:
            return
        self._values[key] = value
        if len(self._values) > self._size:
            self._values.popitem(last=False)
