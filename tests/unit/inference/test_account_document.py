"""One document an account: made, changed against others that change it too, and refused when it is damaged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from ringwall.errors import Conflict, IntegrityError, NotFound
from ringwall.inference.account_document import ID, AccountDocument
from ringwall.inference.stored import put_in_place
from ringwall.storage import Document, Insert, Storage
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock

pytestmark = pytest.mark.anyio

MINE, OTHERS = "111122223333", "444455556666"
KIND = "names"
LOST = Conflict("changed all the while")
DECODER = msgspec.json.Decoder(list[str])


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = open_storage(tmp_path, clock=system_clock, poll_interval_s=0)
    yield storage
    await storage.close()


def documents(storage: Storage) -> AccountDocument[list[str]]:
    return AccountDocument(storage, KIND, DECODER)


async def test_changes_at_the_same_time_are_all_made(storage: Storage) -> None:
    one, other = documents(storage), documents(storage)
    adding = [each.change(MINE, lambda body, name=name: [*(body or ()), name], lost=LOST) for each, name in ((one, "a"), (other, "b"))]
    await asyncio.gather(*adding)
    assert sorted(await one.get(MINE) or ()) == sorted(await other.get(MINE) or ()) == ["a", "b"]
    assert await one.get(OTHERS) is None


class Busy:
    """A storage whose documents another request replaces between any look and the change made on it."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.generation = storage.generation
        self.apply = storage.apply
        self.looks = 0

    async def get(self, account_id: str, kind: str, id: str) -> Document | None:
        found = await self._storage.get(account_id, kind, id)
        self.looks += 1
        other = Document(account_id=account_id, kind=kind, id=id, body=msgspec.json.encode([f"other {self.looks}"]))
        await self._storage.apply(put_in_place(other, found))
        return found


async def test_a_change_that_is_always_overtaken_is_given_up(storage: Storage) -> None:
    busy = Busy(storage)
    with pytest.raises(Conflict, match="changed all the while"):
        await AccountDocument(busy, KIND, DECODER).change(MINE, lambda _: ["mine"], lost=LOST)  # type: ignore[arg-type]
    assert await documents(storage).get(MINE) == [f"other {busy.looks}"]
    assert busy.looks > 1


async def test_what_a_change_raises_leaves_the_document_as_it_is(storage: Storage) -> None:
    names = documents(storage)
    await names.change(MINE, lambda _: ["a"], lost=LOST)

    def refuse(body: list[str] | None) -> list[str]:
        raise NotFound(f"not among {body}")

    with pytest.raises(NotFound, match="not among"):
        await names.change(MINE, refuse, lost=LOST)
    assert await names.get(MINE) == ["a"]


async def test_a_damaged_document_is_neither_read_nor_changed(storage: Storage) -> None:
    await storage.apply(Insert(Document(account_id=MINE, kind=KIND, id=ID, body=b"{}")))
    names = documents(storage)
    with pytest.raises(IntegrityError):
        await names.get(MINE)
    with pytest.raises(IntegrityError):
        await names.change(MINE, lambda _: ["a"], lost=LOST)
