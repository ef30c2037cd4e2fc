"""Which policies for generated code an answer stands under: a guardrail's own adds to the account's, and takes nothing away."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ringwall.guardrails.code.config import CodePolicyConfig
from ringwall.inference.code_policies import CodePolicies
from ringwall.storage import Storage

pytestmark = pytest.mark.anyio

BLOCK, NOTE, NOTE_LOW = CodePolicyConfig(), CodePolicyConfig(action="ANNOTATE"), CodePolicyConfig(action="ANNOTATE", severity="LOW")

CASES: dict[str, tuple[CodePolicyConfig | None, dict[str, CodePolicyConfig], list[str], list[str]]] = {
    "nothing is configured": (None, {}, ["g"], []),
    "the account's alone": (BLOCK, {}, [], [""]),
    "a guardrail without one stands under the account's": (BLOCK, {}, ["g"], [""]),
    "a weaker one changes nothing": (BLOCK, {"g": NOTE}, ["g"], [""]),
    "one that does nothing changes nothing": (NOTE, {"g": CodePolicyConfig(action="NONE", unscanned="ALLOW")}, ["g"], [""]),
    "a stricter one covers the account's": (NOTE, {"g": BLOCK}, ["g"], ["g"]),
    "each stricter in another way: both": (BLOCK, {"g": NOTE_LOW}, ["g"], ["", "g"]),
    "the same words once": (BLOCK, {"g": BLOCK}, ["g"], [""]),
    "a guardrail's own where the account has none": (None, {"g": NOTE}, ["g", "h"], ["g"]),
    "another guardrail's is not asked": (NOTE, {"g": BLOCK}, ["h"], [""]),
    "of two guardrails the stricter": (None, {"g": NOTE, "h": BLOCK}, ["g", "h"], ["h"]),
}


async def test_the_stricter_wins(storage: Storage) -> None:
    policies = CodePolicies(storage, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    for number, (case, (account, own, asked, stands)) in enumerate(CASES.items()):
        account_id = f"{number:012}"
        for guardrail_id, config in {**({"": account} if account else {}), **own}.items():
            await policies.put(account_id, config, by="arn", guardrail_id=guardrail_id)
        assert [each.guardrail_id for each in await policies.for_question(account_id, asked)] == stands, case
