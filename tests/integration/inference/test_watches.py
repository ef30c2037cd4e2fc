"""What accounts want of the content model: thresholds that hold for one model only, a pin that is followed or refused, compiled anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ringwall.guardrails import PolicyRefused
from ringwall.inference.guardrails import Guardrails
from ringwall.inference.watch_thresholds import FittedForAnotherModel
from ringwall.inference.watch_wishes import Fitted, Sample
from ringwall.keys import Keys
from ringwall.storage.database import DatabaseStorage
from ringwall.vocabulary import Limits
from ringwall.watch import WeightsRefused
from ringwall.watch.linear import CONTENT_WEIGHTS
from ringwall.watch.versions import ContentVersion, ContentVersions
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock
from tests.unit.guardrails.scorers import SCORERS, SpokenScorer, config, content_policy

pytestmark = pytest.mark.anyio

ACCOUNT = "111122223333"
TEXT = [{"text": {"text": "hate at 25"}}]


class OldScorer(SpokenScorer):
    """Another version, with thresholds of its own."""

    model_id = "spoken/0"
    thresholds = dict.fromkeys(SpokenScorer.thresholds, (0.1, 0.15, 0.2))


def refuse() -> SpokenScorer:
    raise WeightsRefused("`content-bad.bin` does not have its pinned digest")


ROWS = (
    ContentVersion("spoken-0", "spoken/0", CONTENT_WEIGHTS, OldScorer),
    ContentVersion("spoken-1", "spoken/1", CONTENT_WEIGHTS, SpokenScorer),
    ContentVersion("broken", "broken/1", CONTENT_WEIGHTS, refuse),
)


@pytest.fixture
async def service(storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> AsyncIterator[Guardrails]:
    service = made(storage, keys, clock, ROWS)
    yield service
    service.close()


def made(storage: DatabaseStorage, keys: Keys, clock: StandingClock, rows: tuple[ContentVersion, ...]) -> Guardrails:
    versions = ContentVersions(SCORERS.content, rows)
    return Guardrails(storage, keys=keys, clock=clock, region=REGION, scorers=SCORERS, limits=Limits(), versions=versions)


def fitted(levels: tuple[float, float, float], model: str = "spoken/1") -> Fitted:
    sample = Sample(texts=1_000, rates=(0.03, 0.01, 0.003), flagged={"HATE": (30, 10, 3)})
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Fitted(model=model, thresholds={"HATE": levels}, sample=sample, weaker={}, fitted_at=at, fitted_by="arn:ada")


async def judge(service: Guardrails, guardrail: str) -> Any:
    run = await service.apply_guardrail(
        ACCOUNT, {"guardrailIdentifier": guardrail, "guardrailVersion": "DRAFT", "source": "INPUT", "content": TEXT}
    )
    return run.answer["action"], run.coverage


async def guardrail_of(service: Guardrails) -> str:
    return str((await service.create_guardrail(ACCOUNT, config(**content_policy(("HATE", "LOW", "LOW")))))["guardrailId"])


async def test_a_pin_changes_the_model_at_once_and_thresholds_hold_for_theirs_only(service: Guardrails) -> None:
    guardrail = await guardrail_of(service)
    action, first = await judge(service, guardrail)
    assert (action, first.models) == ("NONE", ("spoken/1",))
    await service.watches.put_thresholds(ACCOUNT, fitted((0.05, 0.1, 0.2)), allow_weaker=False)
    action, own = await judge(service, guardrail)
    assert (action, own.own_thresholds) == ("GUARDRAIL_INTERVENED", ("HATE",))

    await service.watches.pin(ACCOUNT, "spoken-0", by="arn:ada")
    action, pinned = await judge(service, guardrail)
    assert (action, pinned.models, pinned.own_thresholds) == ("GUARDRAIL_INTERVENED", ("spoken/0",), ())
    assert pinned.thresholds == {"HATE": (0.1, 0.15, 0.2)}
    assert (await service.watches.get(ACCOUNT)).is_stale
    with pytest.raises(FittedForAnotherModel):
        await service.watches.put_thresholds(ACCOUNT, fitted((0.05, 0.1, 0.2)), allow_weaker=True)

    await service.watches.unpin(ACCOUNT)
    assert (await judge(service, guardrail))[1] == own
    assert len({first.policy_digest, own.policy_digest, pinned.policy_digest}) == 3


async def test_a_pinned_version_that_is_gone_refuses_what_needs_it_and_nothing_else(
    storage: DatabaseStorage, keys: Keys, clock: StandingClock, service: Guardrails
) -> None:
    guardrail = await guardrail_of(service)
    await service.watches.pin(ACCOUNT, "spoken-0", by="arn:ada")
    later = made(storage, keys, clock, ROWS[1:])
    with pytest.raises(PolicyRefused, match="spoken-0") as refused:
        await judge(later, guardrail)
    assert "watch unpin" in refused.value.how_to_mend
    with pytest.raises(PolicyRefused, match="spoken-0"):
        await later.score_texts(ACCOUNT, ["hate at 10"])
    with pytest.raises(PolicyRefused, match="spoken-0"):
        await guardrail_of(later)
    words = config(wordPolicyConfig={"wordsConfig": [{"text": "nightingale"}]})
    plain = (await later.create_guardrail(ACCOUNT, {**words, "name": "words"}))["guardrailId"]
    assert (await judge(later, str(plain)))[0] == "NONE"
    await later.watches.unpin(ACCOUNT)
    assert (await judge(later, guardrail))[1].models == ("spoken/1",)
    later.close()


async def test_a_version_that_does_not_load_cannot_be_pinned(service: Guardrails) -> None:
    with pytest.raises(WeightsRefused):
        await service.watches.pin(ACCOUNT, "broken", by="arn:ada")
    assert (await service.watches.get(ACCOUNT)).wishes.pin == ""


async def test_texts_are_scored_by_the_accounts_model(service: Guardrails) -> None:
    model, scores = await service.score_texts(ACCOUNT, ["hate at 10", "sexual at 90", ""])
    assert model == "spoken/1"
    assert [each.scores["HATE"] for each in scores] == [0.1, 0.0, 0.0]
    await service.watches.pin(ACCOUNT, "spoken/0", by="arn:ada")
    assert (await service.score_texts(ACCOUNT, ["hate at 10"]))[0] == "spoken/0"


async def test_an_updated_draft_keeps_the_accounts_thresholds(service: Guardrails) -> None:
    guardrail = await guardrail_of(service)
    await judge(service, guardrail)
    await service.watches.put_thresholds(ACCOUNT, fitted((0.05, 0.1, 0.2)), allow_weaker=False)
    document = {**config(**content_policy(("HATE", "MEDIUM", "LOW"))), "guardrailIdentifier": guardrail}
    updated = await service.replace_draft(ACCOUNT, document)
    assert updated.proofs.outcome == "kept"
    assert (await judge(service, guardrail))[1].own_thresholds == ("HATE",)
