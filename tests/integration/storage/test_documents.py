"""What `ports.py` promises about documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ringwall.errors import Conflict, DependencyError, InvalidRequest, LimitExceeded
from ringwall.storage import Delete, Document, Insert, Replace
from ringwall.storage.database import DatabaseStorage
from tests.integration.storage.places import StandingClock

pytestmark = pytest.mark.anyio


def document(id: str = "a", *, account: str = "111111111111", body: bytes = b"{}", **more: object) -> Document:
    return Document(account_id=account, kind="guardrail", id=id, body=body, **more)


async def test_what_was_inserted_is_read_back_whole(storage: DatabaseStorage) -> None:
    body = bytes(range(256)) * 100
    await storage.apply(Insert(document(body=body, key="k", expires_at=2**40)))
    assert await storage.get("111111111111", "guardrail", "a") == document(body=body, key="k", expires_at=2**40, revision=1)


async def test_what_is_not_there_is_none(storage: DatabaseStorage) -> None:
    assert await storage.get("111111111111", "guardrail", "a") is None
    assert await storage.find("guardrail", "a") is None
    assert await storage.list("111111111111", "guardrail") == []


async def test_another_account_sees_nothing_of_it(storage: DatabaseStorage) -> None:
    await storage.apply(Insert(document()))
    assert await storage.get("222222222222", "guardrail", "a") is None
    assert await storage.list("222222222222", "guardrail") == []


async def test_a_key_finds_its_document_before_the_account_is_known(storage: DatabaseStorage) -> None:
    await storage.apply(Insert(document(key="AKIAEXAMPLE")))
    found = await storage.find("guardrail", "AKIAEXAMPLE")
    assert found is not None
    assert found.account_id == "111111111111"
    assert await storage.find("role", "AKIAEXAMPLE") is None


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(Insert(document("a")), id="the same identifiers"),
        pytest.param(Insert(document("b", account="222222222222", key="k")), id="the same key in another account"),
        pytest.param(Replace(document("c", revision=1, key="k")), id="a replacement that takes another document's key"),
        pytest.param(Replace(document("a", revision=2)), id="a replacement of a revision that is not there yet"),
        pytest.param(Replace(document("a", revision=0)), id="a replacement without a revision"),
        pytest.param(Replace(document("z", revision=1)), id="a replacement of what is not there"),
        pytest.param(Delete("111111111111", "guardrail", "a", revision=7), id="a removal of another revision"),
    ],
)
async def test_a_conflict_changes_nothing(storage: DatabaseStorage, second: Insert | Replace | Delete) -> None:
    await storage.apply(Insert(document("a", key="k")), Insert(document("c")))
    with pytest.raises(Conflict):
        await storage.apply(Insert(document("before")), second, Insert(document("after")))
    assert [found.id for found in await storage.list("111111111111", "guardrail")] == ["a", "c"]
    assert await storage.get("111111111111", "guardrail", "a") == document("a", key="k", revision=1)
    assert await storage.list("222222222222", "guardrail") == []


async def test_a_replacement_counts_the_revision_up(storage: DatabaseStorage) -> None:
    await storage.apply(Insert(document(key="old")))
    await storage.apply(Replace(document(body=b"2", revision=1, key="new")))
    await storage.apply(Replace(document(body=b"3", revision=2, key="new")))
    assert await storage.get("111111111111", "guardrail", "a") == document(body=b"3", revision=3, key="new")
    assert await storage.find("guardrail", "old") is None


async def test_removal(storage: DatabaseStorage) -> None:
    await storage.apply(Insert(document("a")), Insert(document("b")))
    await storage.apply(Delete("111111111111", "guardrail", "a", revision=1), Delete("111111111111", "guardrail", "b"))
    assert await storage.list("111111111111", "guardrail") == []
    await storage.apply(Delete("111111111111", "guardrail", "a"), Delete("111111111111", "guardrail", "b", revision=3))


async def test_a_batch_sees_its_own_changes(storage: DatabaseStorage) -> None:
    await storage.apply(
        Insert(document("a", key="k")),
        Replace(document("a", body=b"2", revision=1)),
        Delete("111111111111", "guardrail", "a"),
        Insert(document("b", key="k")),
    )
    assert [found.id for found in await storage.list("111111111111", "guardrail")] == ["b"]


async def test_of_many_who_replace_one_revision_one_wins(open_here: Callable[[], DatabaseStorage]) -> None:
    one, two = open_here(), open_here()
    await one.apply(Insert(document()))
    outcomes = await asyncio.gather(
        *[(one if turn % 2 else two).apply(Replace(document(body=b"%d" % turn, revision=1))) for turn in range(20)], return_exceptions=True
    )
    assert outcomes.count(None) == 1
    assert all(isinstance(outcome, Conflict) for outcome in outcomes if outcome is not None)
    stored = await one.get("111111111111", "guardrail", "a")
    assert stored is not None
    assert (stored.revision, stored.body) == (2, b"%d" % outcomes.index(None))


async def test_a_conflict_in_a_shared_commit_fails_only_its_own_batch(storage: DatabaseStorage) -> None:
    await storage.apply(Insert(document("taken")))
    batches = [
        storage.apply(Insert(document(f"new-{turn}")), Insert(document("taken" if turn % 3 == 0 else f"free-{turn}"))) for turn in range(12)
    ]
    outcomes = await asyncio.gather(*batches, storage.append("audit", "111111111111", b"leaf"), return_exceptions=True)
    assert [isinstance(outcome, Conflict) for outcome in outcomes] == [turn % 3 == 0 for turn in range(12)] + [False]
    ids = {found.id for found in await storage.list("111111111111", "guardrail")}
    assert ids == {"taken"} | {f"{half}-{turn}" for turn in range(12) if turn % 3 for half in ("new", "free")}


async def test_lists_are_in_code_point_order_and_in_pages(storage: DatabaseStorage) -> None:
    ids = ["A", "B", "a", "a-b", "a/b", "aB", "ab", "aé", "a\uffff", "a\U0001f600", "b", "z", "é"]
    await storage.apply(*[Insert(document(name)) for name in reversed(ids)])
    paged, after = [], ""
    while page := await storage.list("111111111111", "guardrail", after=after, limit=4):
        paged += [found.id for found in page]
        after = paged[-1]
    assert paged == sorted(ids)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", ["a", "a%", "a_", "ab", "a\U0010ffff", "a\U0010ffffb", "b"]),
        ("a", ["a", "a%", "a_", "ab", "a\U0010ffff", "a\U0010ffffb"]),
        ("a%", ["a%"]),
        ("a_", ["a_"]),
        ("a\U0010ffff", ["a\U0010ffff", "a\U0010ffffb"]),
        ("A", []),
        ("ab", ["ab"]),
        ("c", []),
    ],
)
async def test_a_prefix_is_taken_literally(storage: DatabaseStorage, prefix: str, expected: list[str]) -> None:
    await storage.apply(*[Insert(document(name)) for name in ["a", "a%", "a_", "ab", "a\U0010ffff", "a\U0010ffffb", "b"]])
    assert [found.id for found in await storage.list("111111111111", "guardrail", prefix=prefix)] == expected


async def test_an_expired_document_is_gone_for_every_operation(storage: DatabaseStorage, clock: StandingClock) -> None:
    await storage.apply(Insert(document("a", key="k", expires_at=clock.unix + 10)))
    clock.advance(9)
    assert await storage.get("111111111111", "guardrail", "a") is not None
    clock.advance(1)
    assert await storage.get("111111111111", "guardrail", "a") is None
    assert await storage.find("guardrail", "k") is None
    assert await storage.list("111111111111", "guardrail") == []
    with pytest.raises(Conflict):
        await storage.apply(Replace(document("a", revision=1)))
    await storage.apply(Delete("111111111111", "guardrail", "a", revision=5))


async def test_an_expired_document_does_not_stand_in_the_way(storage: DatabaseStorage, clock: StandingClock) -> None:
    await storage.apply(
        Insert(document("a", expires_at=clock.unix + 10)), Insert(document("b", key="k", expires_at=clock.unix + 10)), Insert(document("d"))
    )
    clock.advance(11)
    await storage.apply(Insert(document("a", body=b"new")), Insert(document("c", key="k")))
    assert await storage.get("111111111111", "guardrail", "a") == document("a", body=b"new", revision=1)
    await storage.apply(Delete("111111111111", "guardrail", "c"), Insert(document("e", key="k", expires_at=clock.unix + 10)))
    clock.advance(11)
    await storage.apply(Replace(document("d", key="k", revision=1)))
    found = await storage.find("guardrail", "k")
    assert found is not None
    assert found.id == "d"


async def test_expired_documents_are_swept_by_later_writes(storage: DatabaseStorage, clock: StandingClock) -> None:
    await storage.apply(*[Insert(document(f"{turn}", expires_at=clock.unix + 10)) for turn in range(50)])
    clock.advance(120)
    await storage.apply(Insert(document("other")))
    with storage._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM document").scalar() == 1


async def test_generation_differs_after_every_document_change_and_only_then(open_here: Callable[[], DatabaseStorage]) -> None:
    one, two = open_here(), open_here()
    seen = [await one.generation()]
    for change in (Insert(document()), Replace(document(revision=1)), Delete("111111111111", "guardrail", "a")):
        await one.apply(change)
        seen.append(await one.generation())
        assert await two.generation() == seen[-1], "another process sees it"
    await two.apply(Insert(document()))
    seen.append(await one.generation())
    assert len(set(seen)) == len(seen)
    await one.append("audit", "111111111111", b"leaf")
    assert await one.generation() == await two.generation() == seen[-1]


async def test_own_changes_count_before_the_next_poll(place: str, clock: StandingClock) -> None:
    from ringwall.storage.database import open_storage

    storage = open_storage(place, clock=clock, poll_interval_s=3600)
    try:
        before = await storage.generation()
        await storage.apply(Insert(document()))
        assert await storage.generation() != before
    finally:
        await storage.close()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        pytest.param(document(""), InvalidRequest, id="an empty id"),
        pytest.param(document("a\0b"), InvalidRequest, id="a NUL"),
        pytest.param(document("\ud800"), InvalidRequest, id="a lone surrogate"),
        pytest.param(document("é" * 513), LimitExceeded, id="an id that is too long in UTF-8"),
        pytest.param(document(account="1" * 129), LimitExceeded, id="an account id that is too long"),
        pytest.param(document(key="k" * 1025), LimitExceeded, id="a key that is too long"),
        pytest.param(document(body=bytes(16 * 1024 * 1024 + 1)), LimitExceeded, id="a body that is too large"),
        pytest.param(document(expires_at=-1), InvalidRequest, id="a negative expiry"),
        pytest.param(document(expires_at=2**63), InvalidRequest, id="an expiry that no database holds"),
    ],
)
async def test_what_does_not_fit_is_refused_before_anything_is_written(
    storage: DatabaseStorage, wrong: Document, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await storage.apply(Insert(document("fine")), Insert(wrong))
    assert await storage.list("111111111111", "guardrail") == []


async def test_the_longest_names_fit(storage: DatabaseStorage) -> None:
    longest = Document(account_id="\U0001f600" * 32, kind="\U0001f600" * 32, id="\U0001f600" * 256, key="\U0001f600" * 256, body=b"")
    await storage.apply(Insert(longest))
    assert await storage.find(longest.kind, longest.key) is not None


async def test_more_than_a_thousand_changes_are_refused(storage: DatabaseStorage) -> None:
    with pytest.raises(LimitExceeded):
        await storage.apply(*[Insert(document(f"{turn}")) for turn in range(1001)])
    await storage.apply(*[Insert(document(f"{turn}")) for turn in range(1000)])
    await storage.apply()


async def test_a_closed_storage_refuses(open_here: Callable[[], DatabaseStorage]) -> None:
    storage = open_here()
    pending = asyncio.gather(*[storage.append("audit", "1", b"leaf") for _ in range(20)])
    await asyncio.sleep(0)
    await storage.close()
    assert sorted(await pending) == list(range(20)), "what was accepted is answered"
    for call in (storage.get("1", "k", "a"), storage.apply(Insert(document())), storage.append("audit", "1", b""), storage.generation()):
        with pytest.raises(DependencyError, match="closed"):
            await call
    await storage.close()
