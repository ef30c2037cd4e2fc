"""Trees on both databases: leases with fencing numbers, steps that happen whole or not at all, and what stays of checkpoints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ringwall.errors import Conflict, InvalidRequest, LimitExceeded
from ringwall.storage import Sealing, Tile, TreeHead
from ringwall.storage.backups import backup, restore
from ringwall.storage.database import DatabaseStorage
from tests.integration.storage.places import StandingClock

pytestmark = pytest.mark.anyio


def step(fence: int, old_size: int, size: int, /, **other: object) -> Sealing:
    tiles = (Tile(0, 0, bytes(32 * size)),)
    sealing = Sealing(log="audit", holder="a", fence=fence, old_size=old_size, size=size, tiles=tiles, note=b"note %d" % size, ttl_ms=1000)
    return msgspec.structs.replace(sealing, **other)


async def filled(storage: DatabaseStorage, entries: int = 10) -> DatabaseStorage:
    await storage.append_all("audit", "1", [b"%d" % turn for turn in range(entries)])
    return storage


async def test_a_batch_is_appended_in_order_beside_single_entries(storage: DatabaseStorage) -> None:
    outcomes = await asyncio.gather(
        storage.append("audit", "1", b"single"),
        storage.append_all("audit", "2", [b"%d" % turn for turn in range(200)]),
        storage.append_all("other", "3", [b"only"]),
        storage.append_all("audit", "4", [b"x", b"y"]),
    )
    assert outcomes == [0, 1, 0, 201]
    assert list(await storage.trees.leaves("audit", 0, 10_000)) == [b"single", *[b"%d" % turn for turn in range(200)], b"x", b"y"]
    assert [entry.account_id async for entry in storage.entries("audit", start=200)] == ["2", "4", "4"]
    assert list(await storage.trees.leaves("audit", 199, 202)) == [b"198", b"199", b"x"]


@pytest.mark.parametrize("leaves", [[], [b"x"] * 10_001, [b"fine", bytes(65_536)]])
async def test_a_batch_that_does_not_fit_is_refused_whole(storage: DatabaseStorage, leaves: list[bytes]) -> None:
    with pytest.raises(LimitExceeded):
        await storage.append_all("audit", "1", leaves)
    assert await storage.log_size("audit") == 0


async def test_the_lease_is_one_holders_until_its_time_is_over(storage: DatabaseStorage, clock: StandingClock) -> None:
    assert await storage.trees.take_lease("audit", "a", ttl_ms=1000) == 1
    with pytest.raises(Conflict, match="another process seals"):
        await storage.trees.take_lease("audit", "b", ttl_ms=1000)
    assert await storage.trees.take_lease("other", "b", ttl_ms=1000) == 1, "each log has a lease of its own"
    assert await storage.trees.take_lease("audit", "a", ttl_ms=1000) == 2, "whoever has it may take it again, under a new number"
    clock.advance(1.1)
    assert await storage.trees.take_lease("audit", "b", ttl_ms=1000) == 3


async def test_a_lease_given_back_is_free_at_once(storage: DatabaseStorage) -> None:
    fence = await storage.trees.take_lease("audit", "a", ttl_ms=1000)
    await storage.trees.give_lease_back("audit", "b", fence)
    await storage.trees.give_lease_back("audit", "a", fence + 1)
    with pytest.raises(Conflict):
        await storage.trees.take_lease("audit", "b", ttl_ms=1000)
    await storage.trees.give_lease_back("audit", "a", fence)
    assert await storage.trees.take_lease("audit", "b", ttl_ms=1000) == 2


async def test_many_who_ask_at_once_get_one_lease(open_here: Callable[[], DatabaseStorage]) -> None:
    opened = [open_here() for _ in range(4)]
    await filled(opened[0])
    outcomes = await asyncio.gather(
        *[storage.trees.take_lease("audit", f"{turn}", ttl_ms=60_000) for turn, storage in enumerate(opened)], return_exceptions=True
    )
    assert min(map(str, outcomes)) == "1"
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3


async def test_a_tree_grows_step_by_step(storage: DatabaseStorage, clock: StandingClock) -> None:
    assert await storage.trees.head("audit") == TreeHead()
    await filled(storage)
    assert await storage.trees.head("audit") == TreeHead(entries=10)
    fence = await storage.trees.take_lease("audit", "a", ttl_ms=1000)
    await storage.trees.seal(step(fence, 0, 4))
    await storage.trees.seal(step(fence, 4, 10))
    until = int(clock.now.timestamp() * 1000) + 1000
    assert await storage.trees.head("audit") == TreeHead(entries=10, size=10, fence=1, holder="a", expires_at=until, note=b"note 10")
    assert await storage.trees.tile("audit", 0, 0) == bytes(320)
    assert await storage.trees.tile("audit", 1, 0) is None
    assert list(await storage.trees.tiles("audit", 0, end=9)) == [Tile(0, 0, bytes(320))]


async def test_whoever_comes_after_the_lease_is_over_fences_the_former_off(storage: DatabaseStorage, clock: StandingClock) -> None:
    await filled(storage)
    old = await storage.trees.take_lease("audit", "a", ttl_ms=1000)
    clock.advance(5)
    await storage.trees.seal(step(old, 0, 2))  # over, but nobody took it: the number still holds
    clock.advance(5)
    new = await storage.trees.take_lease("audit", "b", ttl_ms=1000)
    with pytest.raises(Conflict, match="by another process by now"):
        await storage.trees.seal(step(old, 2, 4))
    await storage.trees.seal(step(new, 2, 4, holder="b"))
    clock.advance(5)
    with pytest.raises(Conflict):
        await storage.trees.seal(step(old, 4, 5))


REFUSED = {
    "another fencing number": step(2, 2, 4),
    "another holder": step(1, 2, 4, holder="b"),
    "from another size": step(1, 3, 4),
    "beyond the entries": step(1, 2, 11),
    "a tile that shrinks": step(1, 2, 4, tiles=(Tile(0, 0, bytes(32)),)),
    "a tile that is there": step(1, 2, 4, tiles=(Tile(0, 0, bytes(64)),)),
    "another log": step(1, 2, 4, log="other"),
}


@pytest.mark.parametrize("sealing", REFUSED.values(), ids=REFUSED)
async def test_a_step_that_may_not_be_changes_nothing_and_disturbs_nobody(storage: DatabaseStorage, sealing: Sealing) -> None:
    await filled(storage)
    fence = await storage.trees.take_lease("audit", "a", ttl_ms=1000)
    await storage.trees.seal(step(fence, 0, 2))
    before = await storage.trees.head("audit")
    outcomes = await asyncio.gather(
        storage.append("audit", "1", b"beside"),
        storage.trees.seal(sealing),
        storage.append("audit", "1", b"beside"),
        return_exceptions=True,
    )
    assert (outcomes[0], outcomes[2]) == (10, 11)
    assert isinstance(outcomes[1], Conflict)
    assert await storage.trees.head("audit") == msgspec.structs.replace(before, entries=12)
    assert await storage.trees.tile("audit", 0, 0) == bytes(64)
    assert [kept.size for kept in await storage.trees.checkpoints("audit")] == [2]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"size": 2}, InvalidRequest),
        ({"old_size": -1}, InvalidRequest),
        ({"note": b""}, LimitExceeded),
        ({"tiles": (Tile(0, 0, bytes(8193)),)}, LimitExceeded),
        ({"log": ""}, InvalidRequest),
    ],
)
async def test_a_step_that_is_none_is_refused(storage: DatabaseStorage, changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        await storage.trees.seal(step(1, 2, 4, **changes))


async def test_checkpoints_are_thinned_to_the_newest_one_an_hour_and_those_asked_for(
    storage: DatabaseStorage, clock: StandingClock
) -> None:
    await filled(storage, 20)
    fence = await storage.trees.take_lease("audit", "a", ttl_ms=1000)
    for size in range(1, 11):
        await storage.trees.seal(step(fence, size - 1, size, keep=size == 3))
        clock.advance(1000)
    kept = await storage.trees.checkpoints("audit")
    assert [found.size for found in kept] == [3, 4, 8, 10]
    assert [found.note for found in await storage.trees.checkpoints("audit", after=3, limit=1)] == [b"note 4"]


async def test_a_cosigned_checkpoint_takes_the_place_of_the_one_it_was_made_from(storage: DatabaseStorage, clock: StandingClock) -> None:
    await filled(storage)
    fence = await storage.trees.take_lease("audit", "a", ttl_ms=1000)
    await storage.trees.seal(step(fence, 0, 2))
    await storage.trees.keep_checkpoint("audit", 2, b"note 2", b"note 2 cosigned")
    with pytest.raises(Conflict):
        await storage.trees.keep_checkpoint("audit", 2, b"note 2", b"note 2 cosigned by another")
    await storage.trees.seal(step(fence, 2, 4))
    assert [found.note for found in await storage.trees.checkpoints("audit")] == [b"note 2 cosigned", b"note 4"]


async def test_a_tree_goes_through_a_backup_into_either_database(
    storage: DatabaseStorage, place: str, other_place: str, tmp_path: Path, clock: StandingClock
) -> None:
    await filled(storage)
    fence = await storage.trees.take_lease("audit", "a", ttl_ms=1000)
    await storage.trees.seal(step(fence, 0, 7))
    before = await storage.trees.head("audit")
    backup(place, tmp_path / "b", clock=clock)
    restore(tmp_path / "b", other_place)
    from ringwall.storage.database import open_storage

    restored = open_storage(other_place, clock=clock)
    assert await restored.trees.head("audit") == before
    assert await restored.trees.tile("audit", 0, 0) == bytes(7 * 32)
    await restored.close()
