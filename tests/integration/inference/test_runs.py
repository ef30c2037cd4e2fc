"""Guardrail runs through the service: the cache never serves an old policy, long texts leave the loop free, bad content is refused."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import msgspec
import pytest

from ringwall.errors import InvalidRequest, LimitExceeded
from ringwall.guardrails import ContentRefused
from ringwall.inference.errors import GuardrailNotFound, ScansWaiting
from ringwall.inference.guardrails import Guardrails
from ringwall.inference.workers import Workers
from ringwall.keys import Keys
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.vocabulary import Limits
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock
from tests.unit.guardrails.scorers import SCORERS, config

pytestmark = pytest.mark.anyio
ACCOUNT = "111122223333"


def words(*texts: str, name: str = "words") -> dict[str, object]:
    return {**config(wordPolicyConfig={"wordsConfig": [{"text": text} for text in texts]}), "name": name}


def asked(id_: str, *texts: str, version: str = "DRAFT", **members: object) -> dict[str, object]:
    content = [{"text": {"text": text}} for text in texts]
    return {"guardrailIdentifier": id_, "guardrailVersion": version, "source": "INPUT", "content": content, **members}


async def action(service: Guardrails, *args: object, **kwargs: object) -> str:
    return (await service.apply_guardrail(ACCOUNT, asked(*args, **kwargs))).answer["action"]


async def test_a_run_gives_an_answer_a_receipt_and_a_record(service: Guardrails, keys: Keys) -> None:
    created = await service.create_guardrail(ACCOUNT, words("nightingale"))
    run = await service.apply_guardrail(ACCOUNT, asked(created["guardrailArn"], "a nightingale sang"))
    assert run.answer["action"] == "GUARDRAIL_INTERVENED"
    assert run.answer["outputs"] == [{"text": "No such prompt."}]
    assert run.answer["assessments"][0]["appliedGuardrailDetails"]["guardrailArn"] == created["guardrailArn"]
    assert run.coverage.characters_guarded == len("a nightingale sang")
    assert run.record["contentDigests"] == [keys.digest(ACCOUNT, b"a nightingale sang")]
    assert b"nightingale" not in msgspec.json.encode(run.record)
    assert run.evaluation.outcome.blocking == ("word/custom",)


async def test_a_change_is_in_force_with_the_next_run(service: Guardrails) -> None:
    id_ = (await service.create_guardrail(ACCOUNT, words("alpha")))["guardrailId"]
    assert await action(service, id_, "alpha") == "GUARDRAIL_INTERVENED"
    assert await action(service, id_, "omega") == "NONE"
    await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_})
    await service.update_guardrail(ACCOUNT, {**words("omega"), "guardrailIdentifier": id_})
    assert await action(service, id_, "alpha") == "NONE"
    assert await action(service, id_, "omega") == "GUARDRAIL_INTERVENED"
    assert await action(service, id_, "alpha", version="1") == "GUARDRAIL_INTERVENED"
    assert await action(service, id_, "omega", version="1") == "NONE"
    await service.delete_guardrail(ACCOUNT, {"guardrailIdentifier": id_, "guardrailVersion": "1"})
    with pytest.raises(GuardrailNotFound):
        await action(service, id_, "alpha", version="1")
    await service.delete_guardrail(ACCOUNT, {"guardrailIdentifier": id_})
    with pytest.raises(GuardrailNotFound):
        await action(service, id_, "alpha")


async def test_a_change_by_another_process_is_in_force(service: Guardrails, place: str, keys: Keys, clock: StandingClock) -> None:
    elsewhere = open_storage(place, clock=clock, poll_interval_s=0)
    other = Guardrails(elsewhere, keys=keys, clock=clock, region=REGION, scorers=SCORERS, limits=Limits())
    try:
        id_ = (await service.create_guardrail(ACCOUNT, words("alpha")))["guardrailId"]
        assert await action(other, id_, "alpha") == "GUARDRAIL_INTERVENED"
        await service.update_guardrail(ACCOUNT, {**words("omega"), "guardrailIdentifier": id_})
        assert await action(other, id_, "alpha") == "NONE"
        await service.delete_guardrail(ACCOUNT, {"guardrailIdentifier": id_})
        with pytest.raises(GuardrailNotFound):
            await action(other, id_, "omega")
    finally:
        other.close()
        await elsewhere.close()


async def test_a_stored_guardrail_survives_a_restart(tmp_path: Path, keys: Keys, clock: StandingClock) -> None:
    before = open_storage(tmp_path / "kept", clock=clock)
    first = Guardrails(before, keys=keys, clock=clock, region=REGION, scorers=SCORERS, limits=Limits())
    id_ = (await first.create_guardrail(ACCOUNT, words("alpha")))["guardrailId"]
    digest = (await first.apply_guardrail(ACCOUNT, asked(id_, "a"))).coverage.policy_digest
    first.close()
    await before.close()
    after = open_storage(tmp_path / "kept", clock=clock)
    second = Guardrails(after, keys=keys, clock=clock, region=REGION, scorers=SCORERS, limits=Limits())
    run = await second.apply_guardrail(ACCOUNT, asked(id_, "alpha"))
    assert (run.answer["action"], run.coverage.policy_digest) == ("GUARDRAIL_INTERVENED", digest)
    second.close()
    await after.close()


BAD_CONTENT = {
    "an image": [{"image": {"format": "png", "source": {"bytes": b"x"}}}],
    "an image beside a text": [{"text": {"text": "a"}}, {"image": {"format": "png", "source": {"bytes": b"x"}}}],
    "an image in one block with a text": [{"text": {"text": "a"}, "image": {}}],
    "an unknown kind": [{"video": {}}],
    "an empty block": [{}],
    "no block": [],
    "a text without text": [{"text": {}}],
    "a text that is no string": [{"text": {"text": 5}}],
    "an unknown qualifier": [{"text": {"text": "a", "qualifiers": ["trusted"]}}],
    "an unknown member": [{"text": {"text": "a", "skip": True}}],
    "no list": {"text": {"text": "a"}},
}


@pytest.mark.parametrize("case", BAD_CONTENT, ids=BAD_CONTENT.keys())
async def test_content_that_is_not_judged_is_refused(service: Guardrails, case: str) -> None:
    id_ = (await service.create_guardrail(ACCOUNT, words("alpha")))["guardrailId"]
    with pytest.raises(ContentRefused):
        await service.apply_guardrail(ACCOUNT, asked(id_, content=BAD_CONTENT[case]))


@pytest.mark.parametrize(
    "members",
    [{"source": "BOTH"}, {"source": None}, {"outputScope": "SOME"}, {"guardrailVersion": "0"}, {"guardrailVersion": "1.0"}],
    ids=str,
)
async def test_unknown_words_are_refused(service: Guardrails, members: dict[str, object]) -> None:
    id_ = (await service.create_guardrail(ACCOUNT, words("alpha")))["guardrailId"]
    with pytest.raises(InvalidRequest):
        await service.apply_guardrail(ACCOUNT, {**asked(id_, "a"), **members})


async def test_text_over_the_limit_is_refused(storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> None:
    service = Guardrails(storage, keys=keys, clock=clock, region=REGION, scorers=SCORERS, limits=Limits(text_chars=100))
    id_ = (await service.create_guardrail(ACCOUNT, words("alpha")))["guardrailId"]
    with pytest.raises(LimitExceeded):
        await action(service, id_, "a" * 60, "b" * 60)
    service.close()


async def test_checks_without_a_guardrail_score_and_are_recorded(service: Guardrails, keys: Keys) -> None:
    run = await service.invoke_guardrail_checks(
        ACCOUNT,
        {
            "messages": [{"role": "user", "content": [{"text": "hate at 95"}]}],
            "checks": {"contentFilter": {"categories": [{"category": "HATE"}]}},
        },
    )
    assert run.answer["results"]["contentFilter"]["results"] == [{"category": "HATE", "severityScore": 1.0}]
    assert run.record["contentDigests"] == [keys.digest(ACCOUNT, b"hate at 95")]


async def test_short_work_runs_on_the_loop_and_long_work_in_a_thread() -> None:
    workers = Workers(inline_characters=10)
    (here, _), (there, _) = await workers.run(10, threading.get_ident), await workers.run(11, threading.get_ident)
    assert here == threading.get_ident()
    assert there != here
    workers.close()


async def test_the_loop_stays_free_while_long_work_runs() -> None:
    workers = Workers(inline_characters=0)
    gate = threading.Event()
    work = asyncio.create_task(workers.run(1, gate.wait))
    await asyncio.to_thread(lambda: None)
    assert not work.done()
    gate.set()
    assert (await work)[0] is True
    workers.close()


async def test_more_work_than_may_wait_is_throttled_and_room_comes_back() -> None:
    workers = Workers(inline_characters=0, threads=1, waiting_characters=100)
    gate = threading.Event()
    first = asyncio.create_task(workers.run(90, gate.wait))
    await asyncio.to_thread(lambda: None)
    with pytest.raises(ScansWaiting):
        await workers.run(20, gate.wait)
    gate.set()
    await first
    assert (await workers.run(100, lambda: "done"))[0] == "done"
    workers.close()


async def test_work_that_raises_gives_its_room_back() -> None:
    workers = Workers(inline_characters=0, threads=1, waiting_characters=100)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await workers.run(60, lambda: 1 / 0)
    workers.close()
