"""Reads of storage that are kept: never older than the last change, bounded, and nothing of a read that failed."""

from __future__ import annotations

import pytest

from ringwall.errors import IntegrityError
from ringwall.inference.kept import KeptReads

pytestmark = pytest.mark.anyio


class _Table:
    """Texts by key, with a count of changes, as storage has one; `asked` is every read made of it."""

    def __init__(self) -> None:
        self.texts = {"a": "first", "b": "first", "c": "first"}
        self.changes = 1
        self.asked: list[str] = []

    async def generation(self) -> int:
        return self.changes

    async def read(self, key: str) -> str:
        self.asked.append(key)
        text = self.texts[key]
        if text == "damaged":
            raise IntegrityError("cannot be read")
        return text

    def change(self, key: str, text: str) -> None:
        self.texts[key] = text
        self.changes += 1


async def test_a_value_is_read_once_until_something_changes() -> None:
    table = _Table()
    kept = KeptReads(table.generation, table.read, most=8)
    assert [await kept.get("a") for _ in range(3)] == ["first"] * 3
    assert table.asked == ["a"]
    table.change("a", "second")
    assert await kept.get("a") == "second"
    assert kept.at_hand("a") == "second"


async def test_a_change_while_a_value_is_read_makes_the_next_call_look_again() -> None:
    table = _Table()

    async def read(key: str) -> str:
        found = await table.read(key)
        if len(table.asked) == 1:
            table.change(key, "second")
        return found

    kept = KeptReads(table.generation, read, most=8)
    assert await kept.get("a") == "first"
    assert await kept.get("a") == "second"


async def test_a_read_that_fails_leaves_nothing_behind() -> None:
    table = _Table()
    kept = KeptReads(table.generation, table.read, most=8)
    assert await kept.get("a") == "first"
    table.change("a", "damaged")
    for _ in range(2):
        with pytest.raises(IntegrityError):
            await kept.get("a")
    assert kept.at_hand("a") is None


async def test_those_that_nobody_asked_for_longest_go_first() -> None:
    table = _Table()
    kept = KeptReads(table.generation, table.read, most=2)
    for key in ("a", "b", "a", "c"):
        await kept.get(key)
    assert (kept.at_hand("a"), kept.at_hand("b"), kept.at_hand("c")) == ("first", None, "first")
    assert table.asked == ["a", "b", "c"]
