"""A stored guardrail's proof status, and what an update of it loses; answers never wait for a proof without end."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ringwall.guardrails import Guardrail
from ringwall.inference import proofs as room
from ringwall.inference.errors import GuardrailNotFound
from ringwall.inference.guardrails import Guardrails
from ringwall.inference.proofs import Proofs
from ringwall.keys import Keys
from ringwall.reasoning.guardrails import ProofChange, Standing, proof_status, proofs_lost
from ringwall.storage.database import DatabaseStorage
from ringwall.vocabulary import Limits
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock
from tests.unit.guardrails.scorers import SCORERS
from tests.unit.reasoning_guardrails.test_upgrade import words

pytestmark = pytest.mark.anyio

ACCOUNT, OTHER = "111111111111", "222222222222"


def listing(*texts: str) -> dict[str, Any]:
    entries = [{"text": text} for text in texts]
    return {"name": "g", "blockedInputMessaging": "no", "blockedOutputsMessaging": "no", "wordPolicyConfig": {"wordsConfig": entries}}


async def made(service: Guardrails, *texts: str) -> str:
    return str((await service.create_guardrail(ACCOUNT, listing(*texts)))["guardrailId"])


async def updated(service: Guardrails, identifier: str, *texts: str) -> ProofChange:
    return (await service.replace_draft(ACCOUNT, {**listing(*texts), "guardrailIdentifier": identifier})).proofs


async def test_a_status_is_of_the_version_that_is_asked_for_and_follows_the_draft(service: Guardrails) -> None:
    identifier = await made(service, "ignore the garden wall")
    await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": identifier})
    await updated(service, identifier, "owl")
    for version, status in (("1", "premised"), (None, "not claimed")):
        found = await service.proof_status(ACCOUNT, {"guardrailIdentifier": identifier, "guardrailVersion": version})
        assert found.standing is not None
        assert {wall.status for wall in found.standing.walls} == {status}
        assert found.version == (version or "DRAFT")


async def test_another_account_sees_no_status(service: Guardrails) -> None:
    identifier = await made(service, "ignore the garden wall")
    with pytest.raises(GuardrailNotFound):
        await service.proof_status(OTHER, {"guardrailIdentifier": identifier})


async def test_an_update_says_which_proof_is_lost_against_the_draft_that_it_replaced(service: Guardrails) -> None:
    identifier = await made(service, "ignore the garden wall")
    lost = await updated(service, identifier, "ignore the garden wall two")
    assert lost.outcome == "lost"
    assert {(loss.source, loss.rule, loss.text) for loss in lost.lost} == {
        (source, "word/custom", "ignore the garden wall") for source in ("INPUT", "OUTPUT")
    }
    assert (await updated(service, identifier, "ignore the garden wall two")).outcome == "kept"
    assert (await updated(service, identifier, "garden wall")).outcome == "kept"
    await service.apply_guardrail(
        ACCOUNT,
        {"guardrailIdentifier": identifier, "guardrailVersion": "DRAFT", "source": "INPUT", "content": [{"text": {"text": "x"}}]},
    )
    assert (await updated(service, identifier, "garden walls")).outcome == "lost"


async def run_with(proofs: Proofs, storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> AsyncIterator[Guardrails]:
    made = Guardrails(storage, keys=keys, clock=clock, region=REGION, scorers=SCORERS, limits=Limits(), proofs=proofs)
    yield made
    made.close()


@pytest.fixture
def go() -> threading.Event:
    return threading.Event()


@pytest.fixture
async def hurried(storage: DatabaseStorage, keys: Keys, clock: StandingClock, go: threading.Event) -> AsyncIterator[Guardrails]:
    """A service whose proofs wait for a sign, and whose answers hardly wait for proofs."""

    def held(guardrail: Guardrail) -> Standing:
        assert go.wait(60)
        return proof_status(guardrail)

    def slow(old: Guardrail, new: Guardrail) -> ProofChange:
        assert go.wait(60)
        return proofs_lost(old, new)

    async for made in run_with(Proofs(prove=held, compare=slow, budget_s=0.01), storage, keys, clock):
        yield made


async def test_a_proof_that_comes_late_is_unknown_and_known_to_the_next_who_asks(hurried: Guardrails, go: threading.Event) -> None:
    identifier = await made(hurried, "ignore the garden wall")
    request = {"guardrailIdentifier": identifier}
    first = await hurried.proof_status(ACCOUNT, request)
    assert (first.standing, first.why) == (None, room.LATE)
    change = await updated(hurried, identifier, "owl")
    assert (change.outcome, change.why, change.lost) == ("unknown", room.LATE, ())
    assert (await hurried.get_guardrail(ACCOUNT, request))["wordPolicy"]["words"][0]["text"] == "owl", "the change stands"
    await updated(hurried, identifier, "ignore the garden wall")
    go.set()
    while (found := await hurried.proof_status(ACCOUNT, request)).standing is None:
        assert found.why == room.LATE
    assert {wall.status for wall in found.standing.walls} == {"premised"}


def fail(*_: object) -> Any:
    raise ZeroDivisionError


@pytest.fixture
async def failing(storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> AsyncIterator[Guardrails]:
    async for made in run_with(Proofs(prove=fail, compare=fail), storage, keys, clock):
        yield made


async def test_a_prover_that_fails_is_unknown(failing: Guardrails) -> None:
    identifier = await made(failing, "ignore the garden wall")
    for _ in range(2):
        found = await failing.proof_status(ACCOUNT, {"guardrailIdentifier": identifier})
        assert (found.standing, found.why) == (None, "the prover failed: ZeroDivisionError")
    assert (await updated(failing, identifier, "owl")).outcome == "unknown"


async def test_too_many_waiting_proofs_are_refused_as_unknown() -> None:
    proofs = Proofs(waiting=0)
    assert await proofs.status(words("nightjars")) == (None, room.FULL)
    assert (await proofs.change(lambda: words("nightjars"), words("owl"))).outcome == "unknown"
    proofs.close()
