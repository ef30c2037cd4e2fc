"""Which guardrails a question stands under: the request's, the key's, the account's, in this order, and never less than the key's."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ringwall.inference.errors import GuardrailNotFound, KeyGuardrailNotFound
from ringwall.inference.gateway import Wanted
from ringwall.inference.guardrails import Guardrails
from ringwall.vocabulary.principal import KeyGuardrail
from tests.integration.inference.test_runs import words

pytestmark = pytest.mark.anyio
ACCOUNT, OTHER = "111122223333", "444455556666"
Mode = Literal["sync", "async"]


async def made(service: Guardrails, name: str, account: str = ACCOUNT) -> tuple[str, str]:
    """Return the id and ARN of a guardrail with a version 1."""
    created = await service.create_guardrail(account, words("nightingale", name=name))
    await service.create_guardrail_version(account, {"guardrailIdentifier": created["guardrailId"]})
    return created["guardrailId"], created["guardrailArn"]


def named(identifier: str, version: str = "1", mode: Mode = "sync") -> Wanted:
    return Wanted(identifier=identifier, version=version, mode=mode)


def carried(identifier: str, version: str = "1", mode: Mode = "sync", account: str = ACCOUNT) -> KeyGuardrail:
    return KeyGuardrail(account_id=account, identifier=identifier, version=version, mode=mode)


async def found(service: Guardrails, wanted: Wanted | None, standing: KeyGuardrail | None) -> list[tuple[str, str, str, bool, bool]]:
    guards = await service.questions.guards(ACCOUNT, ("m",), wanted, standing)
    applied = [(guard, guard.ready.applied) for guard in guards]
    return [(each.guardrail_id, each.version, guard.mode, guard.every_turn, guard.system) for guard, each in applied]


async def test_a_key_s_guardrail_is_added_and_judges_every_turn(service: Guardrails) -> None:
    one, arn = await made(service, "one")
    two, _ = await made(service, "two")
    assert await found(service, None, None) == []
    assert await found(service, named(one), None) == [(one, "1", "sync", False, False)]
    assert await found(service, None, carried(two, mode="async")) == [(two, "1", "async", True, False)]
    assert await found(service, named(arn), carried(two)) == [(one, "1", "sync", False, False), (two, "1", "sync", True, False)]
    assert await found(service, named(one, "DRAFT"), carried(one)) == [
        (one, "DRAFT", "sync", False, False),
        (one, "1", "sync", True, False),
    ]


@pytest.mark.parametrize(
    ("wanted", "standing", "mode"),
    [("sync", "sync", "sync"), ("async", "sync", "sync"), ("sync", "async", "sync"), ("async", "async", "async")],
)
async def test_one_that_both_name_judges_once_by_the_stricter_of_both(
    service: Guardrails, wanted: Mode, standing: Mode, mode: Mode
) -> None:
    id_, arn = await made(service, "one")
    for name in (id_, arn):
        assert await found(service, named(name, mode=wanted), carried(id_, mode=standing)) == [(id_, "1", mode, True, False)]


async def test_the_account_s_stands_behind_both(service: Guardrails) -> None:
    one, two, three = [(await made(service, name))[0] for name in ("one", "two", "three")]
    enforced: dict[str, Any] = {"guardrailIdentifier": three, "guardrailVersion": "1"}
    await service.put_enforced_guardrail_configuration(ACCOUNT, {"guardrailInferenceConfig": enforced}, by="arn")
    assert [each[0] for each in await found(service, named(one), carried(two))] == [one, two, three]


async def test_a_key_of_another_account_brings_that_account_s_guardrail(service: Guardrails) -> None:
    theirs, _ = await made(service, "theirs", OTHER)
    assert await found(service, None, carried(theirs, account=OTHER)) == [(theirs, "1", "sync", True, False)]


async def test_a_guardrail_that_is_gone_lets_nothing_pass(service: Guardrails) -> None:
    id_, _ = await made(service, "one")
    await service.delete_guardrail(ACCOUNT, {"guardrailIdentifier": id_, "guardrailVersion": "1"})
    with pytest.raises(KeyGuardrailNotFound):
        await found(service, None, carried(id_))
    with pytest.raises(GuardrailNotFound) as error:
        await found(service, named(id_), None)
    assert not isinstance(error.value, KeyGuardrailNotFound)
