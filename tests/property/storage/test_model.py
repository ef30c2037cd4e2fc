"""Any sequence of batches leaves the storage as a dictionary would be left, and every batch is whole or absent."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.errors import Conflict
from ringwall.storage import Change, Delete, Document, Insert, Replace
from ringwall.storage.database import open_storage

ACCOUNTS = ("1", "2")
IDS = ("a", "ab", "b")
KEYS = ("", "", "k", "l")
START = datetime(2026, 1, 1, tzinfo=UTC)

accounts = st.sampled_from(ACCOUNTS)
documents = st.builds(
    lambda account, name, key, lifetime, revision, body: Document(
        account_id=account,
        kind="k",
        id=name,
        key=key,
        expires_at=lifetime and int(START.timestamp()) + lifetime,
        revision=revision,
        body=body,
    ),
    accounts,
    st.sampled_from(IDS),
    st.sampled_from(KEYS),
    st.sampled_from([0, 0, 3, 6]),
    st.integers(0, 3),
    st.binary(max_size=3),
)
changes = (
    st.builds(Insert, documents)
    | st.builds(Replace, documents)
    | st.builds(lambda account, name, revision: Delete(account, "k", name, revision), accounts, st.sampled_from(IDS), st.integers(0, 2))
)
batches = st.lists(changes, min_size=1, max_size=4)
# Steps that are a number let so many seconds pass; the others are groups of batches that are sent at once.
steps = st.lists(st.integers(1, 4) | st.lists(batches, min_size=1, max_size=4), max_size=12)


class Model:
    """What `ports.py` says, over a dictionary."""

    def __init__(self) -> None:
        self.now = int(START.timestamp())
        self.stored: dict[tuple[str, str], Document] = {}

    def alive(self) -> dict[tuple[str, str], Document]:
        return {name: document for name, document in self.stored.items() if not document.expires_at or document.expires_at > self.now}

    def apply(self, batch: list[Change]) -> bool:
        before = self.stored
        if all(self._change(change) for change in batch):
            return True
        self.stored = before
        return False

    def _change(self, change: Change) -> bool:
        self.stored = self.alive()
        if isinstance(change, Delete):
            found = self.stored.get((change.account_id, change.id))
            if found and change.revision not in (0, found.revision):
                return False
            self.stored.pop((change.account_id, change.id), None)
            return True
        document = change.document
        name = (document.account_id, document.id)
        if document.key and any(other.key == document.key for at, other in self.stored.items() if at != name):
            return False
        found = self.stored.get(name)
        if isinstance(change, Insert):
            if found:
                return False
            revision = 1
        else:
            if not found or found.revision != document.revision:
                return False
            revision = document.revision + 1
        new = Document(
            account_id=document.account_id,
            kind="k",
            id=document.id,
            body=document.body,
            revision=revision,
            key=document.key,
            expires_at=document.expires_at,
        )
        self.stored[name] = new
        return True


async def run(directory: str, steps: list[int | list[list[Change]]]) -> None:
    model = Model()
    storage = open_storage(directory, clock=lambda: START + timedelta(seconds=model.now - int(START.timestamp())))
    try:
        for step in steps:
            if isinstance(step, int):
                model.now += step
                continue
            outcomes = await asyncio.gather(*[storage.apply(*batch) for batch in step], return_exceptions=True)
            assert all(outcome is None or isinstance(outcome, Conflict) for outcome in outcomes)
            # Batches that are sent at once are applied one after the other, in the order they were sent.
            assert [outcome is None for outcome in outcomes] == [model.apply(batch) for batch in step]
            for account in ACCOUNTS:
                expected = [document for (owner, _), document in sorted(model.alive().items()) if owner == account]
                assert await storage.list(account, "k") == expected
                assert (
                    await storage.list(account, "k", prefix="a", limit=1) == [found for found in expected if found.id.startswith("a")][:1]
                )
                for id in IDS:  # noqa: A001
                    assert await storage.get(account, "k", id) == model.alive().get((account, id))
            for key in ("k", "l"):
                assert await storage.find("k", key) == next((found for found in model.alive().values() if found.key == key), None)
    finally:
        await storage.close()


@given(steps)
@settings(max_examples=40)
def test_the_storage_is_a_dictionary_with_compare_and_swap(steps: list[int | list[list[Change]]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(run(directory, steps))
