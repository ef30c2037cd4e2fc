"""What holds for every policy and request: agreement with an independent evaluator, and that nothing widens by accident."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.policies import PolicySets, Request, compile_policies, evaluate, read_stored_policy
from tests.conformance.policies.port import PRINCIPALS, context_of, decide_naively, decide_with_ringwall

PAIRS = 10_000
ACTIONS = ["bedrock:ApplyGuardrail", "bedrock:GetGuardrail", "iam:CreateUser", "s3:GetObject"]
ACTION_PATTERNS = [*ACTIONS, "*", "*:*", "bedrock:*", "BEDROCK:get*", "iam:?reateUser", "s3:*Object", "bedrock:Apply*ail", "iam:*e*"]
RESOURCES = [
    "*",
    "arn:aws:bedrock:us-east-1:111122223333:guardrail/ada",
    "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc:1",
    "arn:aws:iam::111122223333:user/team/ada",
    "arn:aws:s3:::bucket/home/ada/x",
    "arn:aws:bedrock:us-east-1:444455556666:guardrail/abc",
]
RESOURCE_PATTERNS = [
    *RESOURCES,
    "arn:aws:bedrock:*:*:guardrail/*",
    "arn:aws:bedrock:us-*:111122223333:guardrail/a??",
    "arn:aws:bedrock:us-east-1:*:*:1",
    "arn:aws:bedrock:us-east-1:111122223333:*c",
    "arn:aws:*:::${aws:username}",
    "arn:aws:bedrock:us-east-1:${aws:PrincipalAccount}:guardrail/${aws:username}",
    "arn:aws:s3:::bucket/home/${aws:username, 'ada'}/*",
    "arn:aws:s3:::b*/${aws:TagKeys}/*",
    "arn:aws:iam::*:user/${*}",
]
RESOURCE_PATTERNS.remove("arn:aws:*:::${aws:username}")
VALUES = {
    "aws:username": ["ada", "mal", "a*"],
    "aws:TagKeys": ["team", "cost", ""],
    "aws:SourceIp": ["10.0.0.1", "192.168.1.1", "8.8.8.8", "fd00::1", "::ffff:10.9.9.9", "nowhere"],
    "aws:SecureTransport": ["true", "false", "maybe"],
    "s3:max-keys": ["5", "10", "-1.5", "many"],
    "aws:CurrentTime": ["2026-05-01T12:00:00Z", "2025-01-01T00:00:00+02:00", "1700000000", "now"],
    "aws:SourceArn": ["arn:aws:s3:::bucket", "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc", "bucket"],
    "key:Bytes": ["eA==", "eQ==", "%"],
}
WANTED = {
    "String": {
        "aws:username": ["ada", "ADA", "a*", "${aws:username}", "${aws:PrincipalTag/x, 'ada'}", "*"],
        "aws:TagKeys": ["team", "t*", "${aws:username}", ""],
    },
    "Numeric": {"s3:max-keys": ["5", "10.0", "-2"]},
    "Date": {"aws:CurrentTime": ["2026-05-01T12:00:00Z", "2025-06", "1700000000"]},
    "Bool": {"aws:SecureTransport": ["true", "false"]},
    "Binary": {"key:Bytes": ["eA=="]},
    "Ip": {"aws:SourceIp": ["10.0.0.0/8", "192.168.1.1", "fc00::/7", "0.0.0.0/0"]},
    "Arn": {"aws:SourceArn": ["arn:aws:s3:::*", "arn:aws:*:*:${aws:PrincipalAccount}:*", "*", "arn:aws:s3:::buck?t"]},
    "Null": {"aws:username": ["true", "false"], "aws:TagKeys": ["true", "false"], "aws:SourceIp": ["false"]},
}
OPERATORS = {
    "String": ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"],
    "Numeric": [f"Numeric{one}" for one in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")],
    "Date": [f"Date{one}" for one in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")],
    "Bool": ["Bool"],
    "Binary": ["BinaryEquals"],
    "Ip": ["IpAddress", "NotIpAddress"],
    "Arn": ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
    "Null": ["Null"],
}
WHO: list[Any] = [
    "*",
    {"AWS": "111122223333"},
    {"AWS": "arn:aws:iam::111122223333:user/team/ada"},
    {"AWS": ["arn:aws:iam::111122223333:role/svc/app", "AIDAMAL000000000000AA"]},
    {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/team/ada"]},
    {"Service": "bedrock.amazonaws.com"},
    {"AWS": ["444455556666", "arn:aws:sts::111122223333:assumed-role/app/run-1"]},
]


class Draw:
    """Random policies and requests from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, values: list[Any]) -> Any:
        count = self.random.choice([1, 1, 1, 2, 3])
        return self.random.choice(values) if count == 1 else self.random.sample(values, min(count, len(values)))

    def condition(self) -> dict[str, Any]:
        block: dict[str, Any] = {}
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            family = self.random.choice(list(OPERATORS))
            name = self.random.choice(OPERATORS[family])
            if family != "Null":
                name = self.random.choice(["", "", "ForAnyValue:", "ForAllValues:"]) + name + self.random.choice(["", "", "IfExists"])
            key = self.random.choice(list(WANTED[family]))
            block.setdefault(name, {})[key] = self.some(WANTED[family][key])
        return block

    def statement(self, *, principal: bool = False, effect: str = "") -> dict[str, Any]:
        statement: dict[str, Any] = {"Effect": effect or self.random.choice(["Allow", "Allow", "Allow", "Deny"])}
        statement[self.random.choice(["Action", "Action", "Action", "NotAction"])] = self.some(ACTION_PATTERNS)
        statement[self.random.choice(["Resource", "Resource", "Resource", "NotResource"])] = self.some(RESOURCE_PATTERNS)
        condition = self.condition()
        if condition:
            statement["Condition"] = condition
        if principal:
            statement[self.random.choice(["Principal", "Principal", "NotPrincipal"])] = self.random.choice(WHO)
        return statement

    def documents(self, *, principal: bool = False) -> list[dict[str, Any]]:
        return [
            {
                "Version": self.random.choice(["2012-10-17", "2012-10-17", "2008-10-17"]),
                "Statement": [self.statement(principal=principal) for _ in range(self.random.randint(1, 4))],
            }
            for _ in range(self.random.randint(0, 2))
        ]

    def context(self) -> dict[str, Any]:
        context: dict[str, Any] = {}
        for key, values in VALUES.items():
            if key == "aws:username" or self.random.random() < 0.4:
                continue
            context[key] = (
                self.random.choice(values)
                if key != "aws:TagKeys" or self.random.random() < 0.3
                else self.random.sample(values, self.random.randint(0, 3))
            )
        return context

    def case(self) -> dict[str, Any]:
        case = {
            "principal": self.random.choice(list(PRINCIPALS)),
            "action": self.random.choice(ACTIONS),
            "resource_arn": self.random.choice(RESOURCES),
            "context": self.context(),
            "identity": self.documents(),
        }
        for name in ("boundary", "session"):
            if self.random.random() < 0.3:
                case[name] = self.documents()
        if self.random.random() < 0.5:
            case["resource"] = self.documents(principal=True)
        return case


def test_agrees_with_the_independent_evaluator() -> None:
    outcomes: dict[str, int] = {}
    for seed in range(PAIRS):
        case = Draw(seed).case()
        ours = decide_with_ringwall(case)
        assert ours == decide_naively(case), json.dumps(case)
        outcomes[ours[1]] = outcomes.get(ours[1], 0) + 1
    assert set(outcomes) == {"allowed", "explicit-deny", "implicit-deny", "boundary", "session", "resource"}
    assert min(outcomes.values()) > PAIRS // 200, f"the cases are one-sided: {outcomes}"


SEEDS = st.integers(0, 2**32)


@given(SEEDS)
def test_one_more_allow_removes_no_permission(seed: int) -> None:
    draw = Draw(seed)
    case = draw.case()
    more = {**case, "identity": [*case["identity"], {"Version": "2012-10-17", "Statement": draw.statement(effect="Allow")}]}
    assert decide_with_ringwall(more)[0] >= decide_with_ringwall(case)[0]


@given(SEEDS, st.sampled_from(["identity", "boundary", "session", "resource"]))
def test_one_more_deny_adds_no_permission(seed: int, where: str) -> None:
    draw = Draw(seed)
    case = draw.case()
    extra = {"Version": "2012-10-17", "Statement": draw.statement(effect="Deny", principal=where == "resource")}
    before = case.get(where)
    if before is None:
        case[where] = [
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", **({"Principal": "*"} if where == "resource" else {})},
            }
        ]
    more = {**case, where: [*case[where], extra]}
    assert decide_with_ringwall(more)[0] <= decide_with_ringwall(case)[0]


@given(SEEDS, st.sampled_from(["boundary", "session"]))
def test_a_boundary_or_session_policy_adds_no_permission(seed: int, where: str) -> None:
    draw = Draw(seed)
    case = {**draw.case(), where: None}
    assert decide_with_ringwall({**case, where: draw.documents()})[0] <= decide_with_ringwall(case)[0]


SPOILERS: list[dict[str, Any]] = [
    {"Shadow": "x"},
    {"Condition": {"StringSounds": {"aws:username": "ada"}}},
    {"Condition": {"StringEquals": {"aws:username": [5, None]}}},
    {"Condition": {"NumericLessThan": {"s3:max-keys": "few"}}},
    {"Condition": "never"},
    {"Sid": ["x"]},
    {"Principal": {"Planet": "earth"}},
    {"NotPrincipal": "*"},
    {"Action": ["bedrock:*", 5]},
    {"NotAction": None},
    {"Resource": "guardrail"},
    {"NotResource": ["*", "${"]},
]


@settings(max_examples=400)
@given(SEEDS, st.sampled_from(SPOILERS))
def test_an_element_that_is_not_understood_widens_nothing(seed: int, spoiler: dict[str, Any]) -> None:
    """Whatever is added to a stored statement: as an Allow it grants no more than before, as a Deny it lets through no more."""
    draw = Draw(seed)
    case = draw.case()
    base = draw.statement()
    spoiled = {**base, **spoiler}
    if "Condition" in base and isinstance(spoiler.get("Condition"), dict):
        spoiled["Condition"] = {**base["Condition"], **spoiler["Condition"]}
    rest = [{"Version": "2012-10-17", "Statement": draw.statement(effect="Allow")} for _ in range(2)]
    request = Request(case["action"], case["resource_arn"], PRINCIPALS[case["principal"]], context_of(case))

    def allowed(*statements: dict[str, Any]) -> bool:
        documents = [json.dumps(one) for one in rest] + [json.dumps({"Version": "2012-10-17", "Statement": one}) for one in statements]
        return evaluate(PolicySets(compile_policies([read_stored_policy(one) for one in documents])), request).allowed

    if base["Effect"] == "Allow":
        assert allowed(spoiled) <= allowed(base)
        assert allowed(spoiled) == allowed(), "an Allow that is not understood whole grants nothing"
    elif set(spoiler) <= {"Shadow", "Condition", "Sid", "Principal", "NotPrincipal"}:
        assert allowed(spoiled) <= allowed(base)
