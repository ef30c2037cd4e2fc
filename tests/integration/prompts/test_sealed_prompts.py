"""Sealed prompts on each database: what is kept, what an attacker with the database can do, and what destruction and time leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from ringwall.errors import IntegrityError
from ringwall.inference.prompts.errors import InvalidShredding, PromptNotFound, PromptNotKept, PromptsPolicyNotFound
from ringwall.inference.prompts.keeping import BEHIND_BYTES, Asking
from ringwall.inference.prompts.policy import OWNER, Policy
from ringwall.inference.prompts.prompts import Check, SealedPrompts, Who
from ringwall.inference.prompts.record import PIECE_BYTES, RECORD, TEXT
from ringwall.inference.prompts.store import Wanted
from ringwall.keys import Keys, open_keys
from ringwall.keys.customer_keys import CustomerKeyNotAllowed, CustomerKeys
from ringwall.keys.data_keys import DataKeyDestroyed
from ringwall.keys.local_keyring import LocalKeyring
from ringwall.storage import Delete, Document, Insert, Replace
from ringwall.storage.backups import backup, restore
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.wire.dialects.model import BlockDelta, BlockStart, BlockStop, MessageStop
from tests.integration.storage.places import StandingClock

pytestmark = [pytest.mark.anyio, pytest.mark.slow_on_postgresql]
ONE, TWO = "111111111111", "222222222222"
CANARY = "the canary sings at midnight"
ALICE = f"arn:aws:iam::{ONE}:user/alice"
DAY = 86_400


def service(storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> SealedPrompts:
    return SealedPrompts(storage, CustomerKeys({"local": LocalKeyring(storage, keys)}, ["local:*"]), clock)


@pytest.fixture
async def prompts(storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> AsyncIterator[SealedPrompts]:
    made = service(storage, keys, clock)
    for account in (ONE, TWO):
        await made.put_policy(account, Policy(retention_days=30, guardrail_checks=True))
    yield made
    await made.close()


async def keep(prompts: SealedPrompts, clock: StandingClock, id: str, *, account: str = ONE, text: str = CANARY, **changes: str) -> None:
    """Keep one checked text, as the face does."""
    policy = await prompts.policy(account)
    assert policy is not None
    who = Who(account_id=account, request_id=id, at=clock(), principal=changes.get("principal", ALICE), route="guardrail")
    verdict = changes.get("verdict", "NONE")
    check = Check(guardrail="abc", source="INPUT", texts=(text,), outputs=(f"out: {text}",), verdict=verdict)  # type: ignore[arg-type]
    assert (await prompts.keep_check(who, check, policy))["sealedPrompt"] == {"mode": "required", "state": "kept"}


async def ids(prompts: SealedPrompts, account: str = ONE, **wanted: object) -> list[str]:
    return [about.id for about in (await prompts.search(account, Wanted(**wanted))).records]  # type: ignore[arg-type]


async def test_what_was_said_comes_back_and_is_nowhere_in_the_clear(
    prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock
) -> None:
    await keep(prompts, clock, "r1", verdict="BLOCK")
    opened = await prompts.open(ONE, "r1")
    assert opened.question == {"content": [{"origin": "INPUT", "text": CANARY}]}
    assert opened.answer == {"outputs": [f"out: {CANARY}"]}
    assert (opened.about.verdict, opened.about.withheld, opened.about.principal) == ("BLOCK", True, ALICE)
    bodies = [document.body for kind in (RECORD, TEXT, "data-key", "customer-key") for document in await storage.list(ONE, kind)]
    assert len(bodies) == 5
    assert not any(b"canary" in body for body in bodies)


async def test_a_text_of_many_pieces(prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock) -> None:
    text = "ab" * PIECE_BYTES + "é"
    await keep(prompts, clock, "r1", text=text)
    opened = await prompts.open(ONE, "r1")
    assert opened.question["content"][0]["text"] == text
    assert len(await storage.list(ONE, TEXT)) == 6
    await storage.apply(Delete(ONE, TEXT, "r1/question/0002"))
    with pytest.raises(IntegrityError, match="missing"):
        await prompts.open(ONE, "r1")


async def test_a_stream_is_two_steps_and_what_was_released(prompts: SealedPrompts, clock: StandingClock) -> None:
    policy = await prompts.get_policy(ONE)
    asking = Asking(
        account_id=ONE, id="r1", at=clock.unix * 1000, principal=ALICE, route="openai", model="m", guardrails=("g",),
        verdict="ANONYMIZE", words=b'{"turns": []}', characters=3, streams=True,
    )  # fmt: skip
    keeping = await prompts._desk.begin(policy, asking)
    (under_way,) = (await prompts.search(ONE, Wanted())).records
    assert (under_way.ended, under_way.verdict) == ("under-way", "ANONYMIZE")
    assert (await prompts.open(ONE, "r1")).answer is None
    for event in (BlockStart(0, "text"), BlockDelta(0, "one "), BlockDelta(0, "two"), BlockStop(0), MessageStop("guardrail_intervened")):
        keeping.note(event)
    await keeping.finish((), ended="left")
    opened = await prompts.open(ONE, "r1")
    assert opened.answer == {
        "blocks": [{"kind": "text", "text": "one two"}],
        "stop": "guardrail_intervened",
        "withheld": True,
        "released": True,
    }
    assert (opened.about.ended, opened.about.withheld, opened.about.characters) == ("left", True, 10)


async def test_records_are_found_without_being_opened(prompts: SealedPrompts, clock: StandingClock) -> None:
    start = clock()
    for turn in range(6):
        await keep(prompts, clock, f"r{turn}", principal=ALICE if turn % 2 else "arn:bob", verdict=("NONE", "ANONYMIZE", "BLOCK")[turn % 3])
        clock.advance(60)
    await keep(prompts, clock, "theirs", account=TWO)
    assert await ids(prompts) == ["r5", "r4", "r3", "r2", "r1", "r0"]
    assert await ids(prompts, verdict="BLOCK") == ["r5", "r2"]
    assert await ids(prompts, principal="arn:bob") == ["r4", "r2", "r0"]
    assert await ids(prompts, model="none of this name") == []
    minute = timedelta(seconds=60)
    assert await ids(prompts, since=start + minute, until=start + 3 * minute) == ["r3", "r2", "r1"]
    first = await prompts.search(ONE, Wanted(limit=4))
    assert await ids(prompts, marker=first.marker) == ["r1", "r0"]
    assert await ids(prompts, TWO) == ["theirs"]


# -- an attacker who writes to the database --


async def _altered(storage: DatabaseStorage, document: Document, body: bytes) -> None:
    await storage.apply(Replace(msgspec.structs.replace(document, body=body)))


async def test_every_flipped_bit_is_noticed(prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock) -> None:
    await keep(prompts, clock, "r1")
    for kind in (TEXT, RECORD):
        for document in await storage.list(ONE, kind):
            for place in range(0, len(document.body), max(1, len(document.body) // 40)):
                body = bytearray(document.body)
                body[place] ^= 1
                found = await storage.get(ONE, kind, document.id)
                assert found is not None
                await _altered(storage, found, bytes(body))
                with pytest.raises((IntegrityError, PromptNotFound, DataKeyDestroyed)):
                    await prompts.open(ONE, "r1")
            found = await storage.get(ONE, kind, document.id)
            assert found is not None
            await _altered(storage, found, document.body)
    assert (await prompts.open(ONE, "r1")).answer == {"outputs": [f"out: {CANARY}"]}


async def test_what_is_said_about_a_record_is_proved(prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock) -> None:
    await keep(prompts, clock, "r1", verdict="BLOCK")
    (document,) = await storage.list(ONE, RECORD)
    for before, after in ((b'"BLOCK"', b'"NONE"'), (b"alice", b"mallo"), (b'"characters":28', b'"characters":27')):
        assert before in document.body
        found = await storage.get(ONE, RECORD, document.id)
        assert found is not None
        await _altered(storage, found, document.body.replace(before, after))
        with pytest.raises(IntegrityError):
            await prompts.open(ONE, "r1")


async def test_a_record_moved_to_another_account_or_id_does_not_open(
    prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock
) -> None:
    await keep(prompts, clock, "r1")
    await keep(prompts, clock, "r2", text="something else")
    await keep(prompts, clock, "theirs", account=TWO)
    records = {document.key: document for document in await storage.list(ONE, RECORD)}
    texts = {document.id: document for document in await storage.list(ONE, TEXT)}
    # question and answer of one record swapped; one record's text under another's id
    for wrong, place in (("r1/answer/0000", "r1/question/0000"), ("r2/question/0000", "r1/question/0000")):
        await _altered(storage, (await storage.get(ONE, TEXT, place)), texts[wrong].body)  # type: ignore[arg-type]
        with pytest.raises(IntegrityError):
            await prompts.open(ONE, "r1")
        await _altered(storage, (await storage.get(ONE, TEXT, place)), texts[place].body)  # type: ignore[arg-type]
    # the whole record under another id
    other = records["r1"].body.replace(b'"id":"r1"', b'"id":"r9"')
    place = records["r1"].id.replace("r1", "r9")
    copies = [
        Insert(msgspec.structs.replace(texts[f"r1/{role}/0000"], id=f"r9/{role}/0000", revision=0)) for role in ("question", "answer")
    ]
    await storage.apply(Insert(msgspec.structs.replace(records["r1"], id=place, key="r9", body=other, revision=0)), *copies)
    with pytest.raises(IntegrityError):
        await prompts.open(ONE, "r9")
    # the whole account's documents, data key and all, in another account
    await storage.apply(Delete(ONE, RECORD, records["r1"].id))
    moved = [
        msgspec.structs.replace(each, account_id=TWO, revision=0)
        for each in (records["r1"], texts["r1/question/0000"], texts["r1/answer/0000"])
    ]
    keys = [msgspec.structs.replace(each, account_id=TWO, revision=0) for each in await storage.list(ONE, "data-key")]
    await storage.apply(*map(Insert, [*moved, *keys]))
    with pytest.raises(IntegrityError):
        await prompts.open(TWO, "r1")
    with pytest.raises(PromptNotFound):
        await prompts.open(ONE, "theirs")


async def test_a_record_that_cannot_be_read_is_counted_in_lists_and_can_be_removed(
    prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock
) -> None:
    await keep(prompts, clock, "r1")
    await keep(prompts, clock, "r2")
    document = next(each for each in await storage.list(ONE, RECORD) if each.key == "r1")
    await _altered(storage, document, b"no JSON")
    found = await prompts.search(ONE, Wanted())
    assert ([about.id for about in found.records], found.unreadable) == (["r2"], 1)
    await prompts.shred(ONE, "r1")
    assert (await prompts.search(ONE, Wanted())).unreadable == 0
    assert {each.id.split("/")[0] for each in await storage.list(ONE, TEXT)} == {"r2"}


# -- destruction --


async def _copy(storage: DatabaseStorage) -> list[Document]:
    """What a thief of the database's records had copied before."""
    return [document for kind in (RECORD, TEXT) for document in await storage.list(ONE, kind)]


async def _put_back(storage: DatabaseStorage, copied: list[Document]) -> None:
    present = {document.id for document in await _copy(storage)}
    await storage.apply(*[Insert(msgspec.structs.replace(each, revision=0)) for each in copied if each.id not in present])


@pytest.mark.parametrize("how", ["everything", "before"])
async def test_records_whose_data_key_was_destroyed_open_no_more_wherever_they_are(
    prompts: SealedPrompts, storage: DatabaseStorage, keys: Keys, clock: StandingClock, how: str
) -> None:
    await keep(prompts, clock, "r1")
    copied = await _copy(storage)
    another = service(storage, keys, clock)
    assert (await another.open(ONE, "r1")).about.id == "r1"
    done = await (
        prompts.shred_many(ONE, everything=True)
        if how == "everything"
        else prompts.shred_many(ONE, before=(clock() + timedelta(days=1)).date())
    )
    assert (done.data_keys, done.records, done.left) == (1, 1, False)
    assert await ids(prompts) == []
    assert await _copy(storage) == []
    await _put_back(storage, copied)
    for process in (prompts, another, service(storage, keys, clock)):
        with pytest.raises(DataKeyDestroyed):
            await process.open(ONE, "r1")
    assert await ids(prompts) == []
    await keep(prompts, clock, "r2")
    assert (await another.open(ONE, "r2")).about.id == "r2", "what comes later is kept under a new key"
    assert (await prompts.shred_many(TWO, everything=True)).records == 0


async def test_days_before_one_are_destroyed_and_others_stay(prompts: SealedPrompts, clock: StandingClock) -> None:
    for turn in range(3):
        await keep(prompts, clock, f"r{turn}")
        clock.advance(DAY)
    done = await prompts.shred_many(ONE, before=date(2026, 1, 3))
    assert (done.data_keys, done.records) == (2, 2)
    assert await ids(prompts) == ["r2"]
    assert (await prompts.open(ONE, "r2")).about.id == "r2"


async def test_one_record_is_destroyed_with_its_key_and_others_stay(
    prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock
) -> None:
    await keep(prompts, clock, "r1")
    await keep(prompts, clock, "r2")
    texts = [each for each in await storage.list(ONE, TEXT) if each.id.startswith("r1/")]
    record = next(each for each in await storage.list(ONE, RECORD) if each.key == "r1")
    await prompts.shred(ONE, "r1")
    with pytest.raises(PromptNotFound):
        await prompts.open(ONE, "r1")
    with pytest.raises(PromptNotFound):
        await prompts.shred(ONE, "r1")
    # its texts and all that was said of it, with the key of another record of the same day: nothing
    stolen = msgspec.json.decode(record.body)
    another = msgspec.json.decode(next(each for each in await storage.list(ONE, RECORD)).body)
    body = msgspec.json.encode(stolen | {"wrapped": another["wrapped"]})
    await storage.apply(
        *[Insert(msgspec.structs.replace(each, revision=0)) for each in (*texts, msgspec.structs.replace(record, body=body))]
    )
    with pytest.raises(IntegrityError):
        await prompts.open(ONE, "r1")
    assert (await prompts.open(ONE, "r2")).about.id == "r2"


async def test_what_to_destroy_is_said_clearly(prompts: SealedPrompts) -> None:
    for wrong in ({}, {"before": date(2026, 1, 1), "everything": True}):
        with pytest.raises(InvalidShredding):
            await prompts.shred_many(ONE, **wrong)  # type: ignore[arg-type]


async def test_a_restored_backup_has_what_it_had_under_a_local_key_and_nothing_past_its_time(
    prompts: SealedPrompts, place: str, storage: DatabaseStorage, keys: Keys, clock: StandingClock, tmp_path: Path
) -> None:
    """As docs/operations/sealed-prompts.md says it."""
    await keep(prompts, clock, "r1")
    backup(place, tmp_path / "before.backup", clock=clock)
    await prompts.shred_many(ONE, everything=True)
    backup(place, tmp_path / "after.backup", clock=clock)
    for name, opens in (("before", True), ("after", False)):
        restore(tmp_path / f"{name}.backup", tmp_path / name)
        again = open_storage(tmp_path / name, clock=clock)
        theirs = service(again, await open_keys(again, data_dir=tmp_path, environ={}), clock)
        if opens:
            assert (await theirs.open(ONE, "r1")).about.id == "r1"
            clock.advance(31 * DAY)
        with pytest.raises(PromptNotFound):
            await theirs.open(ONE, "r1")
        (key,) = [each async for each in theirs._data_keys.each(ONE)]
        assert bool(key.wrapped) == opens
        with pytest.raises(DataKeyDestroyed):
            await theirs._data_keys.for_opening(ONE, key.id)
        await theirs.close()
        await again.close()


# -- retention --


async def test_time_ends_records_and_keys(prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock) -> None:
    clock.advance(DAY // 2)
    await keep(prompts, clock, "old")
    clock.advance(10 * DAY)
    await keep(prompts, clock, "new")
    clock.advance(20 * DAY - 1)
    await prompts.maintain()
    assert await ids(prompts) == ["new", "old"]
    clock.advance(1)
    with pytest.raises(PromptNotFound):
        await prompts.open(ONE, "old")
    assert await ids(prompts) == ["new"]
    assert len(await storage.list(ONE, RECORD)) == 2, "removed with its day's key"
    clock.advance(DAY)
    await prompts.maintain()
    assert [each.key for each in await storage.list(ONE, RECORD)] == ["new"]
    assert len(await storage.list(ONE, TEXT)) == 2
    assert len([key async for key in prompts._data_keys.each(ONE)]) == 1


async def test_a_shorter_retention_counts_for_what_is_there(prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock) -> None:
    await keep(prompts, clock, "r1")
    clock.advance(3 * DAY)
    await prompts.put_policy(ONE, Policy(retention_days=2))
    with pytest.raises(PromptNotFound):
        await prompts.open(ONE, "r1")
    await prompts.maintain()
    assert await storage.list(ONE, RECORD) == []


async def test_a_longer_retention_counts_for_what_comes(prompts: SealedPrompts, clock: StandingClock) -> None:
    await keep(prompts, clock, "r1")
    await prompts.put_policy(ONE, Policy(retention_days=365, guardrail_checks=True))
    await keep(prompts, clock, "r2")
    clock.advance(40 * DAY)
    await prompts.maintain()
    assert await ids(prompts) == ["r2"]
    assert (await prompts.open(ONE, "r2")).about.id == "r2"


async def test_without_a_policy_nothing_is_kept_and_what_was_stays_its_time(
    prompts: SealedPrompts, storage: DatabaseStorage, clock: StandingClock
) -> None:
    await keep(prompts, clock, "r1")
    await prompts.remove_policy(ONE)
    assert await prompts.policy(ONE) is None
    for ask in (prompts.get_policy(ONE), prompts.remove_policy(ONE)):
        with pytest.raises(PromptsPolicyNotFound):
            await ask
    assert (await prompts.open(ONE, "r1")).about.id == "r1"
    clock.advance(29 * DAY)
    await prompts.maintain()
    assert (await prompts.open(ONE, "r1")).about.id == "r1"
    clock.advance(3 * DAY)
    await prompts.maintain()
    assert [await storage.list(ONE, kind) for kind in (RECORD, TEXT, "data-key")] == [[], [], []]
    await prompts.maintain()
    assert [each.id for each in await storage.list(OWNER, "sealed-prompts-account")] == [TWO]


async def test_maintenance_ends_what_a_killed_shredding_began(
    prompts: SealedPrompts, storage: DatabaseStorage, keys: Keys, clock: StandingClock
) -> None:
    await keep(prompts, clock, "r1")
    (key,) = [each async for each in prompts._data_keys.each(ONE)]
    await prompts._data_keys.destroy(ONE, key.id)
    after = service(storage, keys, clock)
    await after.maintain()
    assert await storage.list(ONE, RECORD) == []
    assert len([each async for each in after._data_keys.each(ONE)]) == 1, "for a day: somebody may still be writing under it"
    clock.advance(2 * DAY)
    await after.maintain()
    assert [each async for each in after._data_keys.each(ONE)] == []


# -- policies --


async def test_a_policy_names_a_key_that_works(prompts: SealedPrompts, storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> None:
    strict = SealedPrompts(storage, CustomerKeys({"local": LocalKeyring(storage, keys)}, ["local:"]), clock)
    for key in ("local:other", "aws-kms:arn:aws:kms:eu-west-1:111111111111:key/a"):
        with pytest.raises(CustomerKeyNotAllowed):
            await strict.put_policy(ONE, Policy(key=key))
    assert (await strict.get_policy(ONE)).retention_days == 30, "the policy that stood stands"
    await prompts.put_policy(ONE, Policy(key="local:other", guardrail_checks=True))
    await keep(prompts, clock, "r1")
    with pytest.raises(PromptNotKept) as refusal:  # the operator allows that key no more
        await keep(strict, clock, "r2")
    assert refusal.value.facts == {"reason": "customer-key-not-allowed"}
    assert (await strict.open(ONE, "r1")).about.id == "r1", "what was kept opens all the same"


async def test_what_waits_beside_the_requests_is_bounded_and_the_rest_is_counted(
    prompts: SealedPrompts, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    policy = Policy(mode="best-effort", guardrail_checks=True)
    await prompts.put_policy(ONE, policy)
    states: list[str] = []
    for number, text in enumerate((CANARY, CANARY * (BEHIND_BYTES // len(CANARY) + 1), CANARY)):
        who = Who(account_id=ONE, request_id=f"r{number}", at=clock(), principal=ALICE, route="guardrail")
        check = Check(guardrail="abc", source="INPUT", texts=(text,), outputs=(), verdict="NONE")
        states.append((await prompts.keep_check(who, check, policy))["sealedPrompt"]["state"])
    assert states == ["handed-over", "lost", "handed-over"]
    await prompts.close()  # an orderly end writes what waits
    assert set(await ids(prompts)) == {"r2", "r0"}
    assert (prompts.counts(ONE).kept, prompts.counts(ONE).lost) == (2, 1)
    assert "inference.prompts.lost" in caplog.text
    assert "canary" not in caplog.text
