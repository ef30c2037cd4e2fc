"""The port that a policy evaluator implements to be held against the vectors: one function from a case to (allowed, reason)."""

from __future__ import annotations

import json
from typing import Any

from ringwall.policies import PolicySet, PolicySets, Request, compile_policies, evaluate, parse_policy, request_context
from ringwall.vocabulary import Principal
from tests.conformance.policies import naive

PRINCIPALS = {
    "user": Principal(
        account_id="111122223333",
        arn="arn:aws:iam::111122223333:user/team/ada",
        principal_id="AIDAADA000000000000AA",
        kind="IAMUser",
        user_name="ada",
    ),
    "root": Principal(account_id="111122223333", arn="arn:aws:iam::111122223333:root", principal_id="111122223333", kind="Root"),
    "session": Principal(
        account_id="111122223333",
        arn="arn:aws:sts::111122223333:assumed-role/app/run-1",
        principal_id="AROAAPP000000000000AA:run-1",
        kind="AssumedRole",
        session_name="run-1",
    ),
    "stranger": Principal(
        account_id="444455556666",
        arn="arn:aws:iam::444455556666:user/mal",
        principal_id="AIDAMAL000000000000AA",
        kind="IAMUser",
        user_name="mal",
    ),
}
OWN_KEYS: dict[str, dict[str, str]] = {
    "user": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/team/ada", "aws:username": "ada", "aws:PrincipalAccount": "111122223333"},
    "root": {"aws:PrincipalArn": "arn:aws:iam::111122223333:root", "aws:PrincipalAccount": "111122223333"},
    "session": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/svc/app", "aws:PrincipalAccount": "111122223333"},
    "stranger": {"aws:PrincipalArn": "arn:aws:iam::444455556666:user/mal", "aws:username": "mal", "aws:PrincipalAccount": "444455556666"},
}


def context_of(case: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {**request_context(OWN_KEYS[case["principal"]]), **request_context(case.get("context", {}))}


def decide_with_ringwall(case: dict[str, Any]) -> tuple[bool, str]:
    def compiled(name: str, kind: Any = "identity") -> PolicySet | None:
        documents = case.get(name)
        return None if documents is None else compile_policies([parse_policy(json.dumps(one), kind=kind, name=name) for one in documents])

    sets = PolicySets(
        compiled("identity") or compile_policies(()),
        boundary=compiled("boundary"),
        session=compiled("session"),
        resource=compiled("resource", case.get("resource_kind", "resource")),
        resource_must_allow=case.get("resource_kind") == "trust",
    )
    decision = evaluate(sets, Request(case["action"], case["resource_arn"], PRINCIPALS[case["principal"]], context_of(case)))
    return decision.allowed, decision.reason


def decide_naively(case: dict[str, Any]) -> tuple[bool, str]:
    sets = {name: case.get(name) for name in ("identity", "boundary", "session", "resource")}
    sets["identity"] = sets["identity"] or []
    sets["resource_must_allow"] = case.get("resource_kind") == "trust"
    context = {key: list(values) for key, values in context_of(case).items()}
    return naive.decide(
        sets, {"action": case["action"], "resource": case["resource_arn"], "principal": PRINCIPALS[case["principal"]], "context": context}
    )
