"""Formula and evaluator say the same of every request; what the solvers conclude is true of every request tried."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from typing import Any

import pytest

from ringwall.errors import DependencyError
from ringwall.policies import PolicySet, PolicySets, Request, compile_policies, evaluate, parse_policy
from ringwall.reasoning.policy import (
    AutomataSolver,
    Proved,
    Refuted,
    RequestSpace,
    Unknown,
    Z3Solver,
    check_no_more_permissive_with_counterexample,
    check_unreachable_with_counterexample,
)
from ringwall.reasoning.policy.encoding import Encoded
from ringwall.reasoning.policy.focus import Focus
from ringwall.reasoning.policy.formula import normal
from ringwall.reasoning.policy.interpret import holds, specialise
from tests.conformance.policies.port import PRINCIPALS, context_of
from tests.property.policies.test_evaluation import ACTION_PATTERNS, ACTIONS, RESOURCE_PATTERNS, RESOURCES, VALUES, Draw

CASES = min(int(os.environ.get("RINGWALL_TEST_CASES", "5000")), 1_000_000 if os.environ.get("RINGWALL_TEST_LEVEL") == "night" else 250_000)

pytestmark = pytest.mark.timeout(7200)

ODD_VALUES = [
    "",
    "x",
    "*",
    "a*",
    "ADA",
    "\u212aA",
    "ka",
    "KA",
    "arn:aws:s3:::bucket",
    "arn:aws:s3:a:b:c:d",
    "10",
    "1e3",
    "true",
    "::ffff:10.1.2.3",
]
ODD_WANTED = ["ka", "KA", "ADA", "x?", "?*", "", "*"]


class OddDraw(Draw):
    """Requests with many values per key and texts of every kind under every operator that takes texts; policies to match."""

    def condition(self) -> dict[str, Any]:
        if self.random.random() < 0.6:
            return super().condition()
        block: dict[str, Any] = {}
        for _ in range(self.random.choice([1, 1, 2])):
            operator = self.random.choice(
                ["StringEquals", "StringNotLike", "StringLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"]
            )
            quantifier = self.random.choice(["", "ForAnyValue:", "ForAllValues:"])
            key = self.random.choice(list(VALUES))
            block.setdefault(quantifier + operator + self.random.choice(["", "IfExists"]), {})[key] = self.some(ODD_WANTED)
        return block

    def context(self) -> dict[str, Any]:
        context = super().context()
        for key in VALUES:
            if key != "aws:username" and self.random.random() < 0.25:
                context[key] = self.random.sample(ODD_VALUES, self.random.randint(0, 3))
        if self.random.random() < 0.2:
            context["aws:ResourceAccount"] = self.random.choice(["111122223333", "444455556666"])
        return context


def compiled(case: dict[str, Any]) -> PolicySets:
    def one(name: str, kind: Any = "identity") -> PolicySet | None:
        documents = case.get(name)
        return None if documents is None else compile_policies([parse_policy(json.dumps(text), kind=kind, name=name) for text in documents])

    return PolicySets(
        one("identity") or compile_policies(()), boundary=one("boundary"), session=one("session"), resource=one("resource", "resource")
    )


def request_of(case: dict[str, Any]) -> Request:
    return Request(case["action"], case["resource_arn"], PRINCIPALS[case["principal"]], context_of(case))


@pytest.mark.parametrize("kind", [Draw, OddDraw])
def test_formula_and_evaluator_agree(kind: type[Draw]) -> None:
    outcomes: Counter[bool] = Counter()
    for seed in range(CASES // 2):
        case = kind(seed).case()
        sets, request = compiled(case), request_of(case)
        decided = evaluate(sets, request).allowed
        outcomes[decided] += 1
        formula = Encoded(sets, request.principal).allowed(Focus())
        assert holds(formula, request) == decided, json.dumps(case)
        flat = normal(formula)
        assert holds(flat, request) == decided, json.dumps(case)
        chance = random.Random(seed)
        fixed = {key: values for key, values in request.context.items() if chance.random() < 0.5}
        if chance.random() < 0.5:
            fixed |= {key.lower(): () for key in VALUES if key.lower() not in request.context}
        assert holds(specialise(flat, fixed), request) == decided, json.dumps(case)
    assert min(outcomes.values()) > CASES // 20, f"the cases are one-sided: {outcomes}"


def test_the_ways_to_be_allowed_are_all_of_them() -> None:
    """A request is allowed exactly if one of the ways that questions are cut up into holds for it."""
    for seed in range(CASES // 5):
        case = OddDraw(seed).case()
        sets, request = compiled(case), request_of(case)
        ways = [holds(way(), request) for _, way in Encoded(sets, request.principal).ways(Focus())]
        assert any(ways) == evaluate(sets, request).allowed, json.dumps(case)


def space_of(draw: Draw, principal: str) -> RequestSpace:
    return RequestSpace(
        actions=(draw.random.choice(ACTION_PATTERNS),),
        resources=(draw.random.choice([one for one in RESOURCE_PATTERNS if "$" not in one]),),
        principal=PRINCIPALS[principal],
    )


def requests_in(space: RequestSpace, draw: Draw, principal: str, count: int) -> list[Request]:
    from ringwall.policies.pattern import glob, tokenize

    action = glob(tokenize(space.actions[0].lower(), variables=False), "text")
    resource = glob(tokenize(space.resources[0], variables=False), "arn")
    actions = [one for one in ACTIONS if action.matches(one.lower())]
    resources = [one for one in RESOURCES if resource.matches(one)]
    if not actions or not resources:
        return []
    base = {"principal": principal, "action": "", "resource_arn": ""}
    return [
        request_of(
            {**base, "action": draw.random.choice(actions), "resource_arn": draw.random.choice(resources), "context": draw.context()}
        )
        for _ in range(count)
    ]


def test_no_request_that_was_proved_impossible_is_ever_allowed() -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(max(400, CASES // 20)):
        draw = OddDraw(seed)
        case = draw.case()
        principal = draw.random.choice(["user", "stranger", "root"])
        sets, space = compiled(case), space_of(draw, principal)
        result = check_unreachable_with_counterexample(sets, space)
        outcomes[type(result).__name__] += 1
        if isinstance(result, Proved):
            for request in requests_in(space, draw, principal, 60):
                assert not evaluate(sets, request).allowed, (json.dumps(case), request)
    assert outcomes["Proved"] > 50, outcomes
    assert outcomes["Refuted"] > 50, outcomes
    assert outcomes["Unknown"] <= sum(outcomes.values()) // 20, outcomes


def test_no_request_that_was_proved_impossible_tells_policies_apart() -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(max(300, CASES // 30)):
        draw = OddDraw(seed)
        case = draw.case()
        other = {**case, draw.random.choice(["identity", "identity", "boundary", "resource"]): draw.documents()}
        if "resource" in other:
            other["resource"] = case.get("resource")
        principal = draw.random.choice(["user", "session"])
        x, y, space = compiled(case), compiled(other), space_of(draw, principal)
        result = check_no_more_permissive_with_counterexample(x, y, space)
        outcomes[type(result).__name__] += 1
        if isinstance(result, Proved):
            for request in requests_in(space, draw, principal, 60):
                assert evaluate(x, request).allowed <= evaluate(y, request).allowed, (json.dumps(case), json.dumps(other), request)
    assert outcomes["Proved"] > 30, outcomes
    assert outcomes["Refuted"] > 30, outcomes
    assert outcomes["Unknown"] <= sum(outcomes.values()) // 20, outcomes


@pytest.mark.slow
def test_two_solvers_never_contradict_each_other() -> None:
    try:
        solver = Z3Solver(milliseconds=1_500)
    except DependencyError:
        pytest.skip("z3: not installed")
    outcomes: Counter[tuple[str, str]] = Counter()
    for seed in range(max(60, CASES // 250)):
        draw = Draw(seed)
        case = {**draw.case(), "resource": None}
        sets, space = compiled(case), space_of(draw, "user")
        ours = check_unreachable_with_counterexample(sets, space, (AutomataSolver(),))
        theirs = check_unreachable_with_counterexample(sets, space, (solver,))
        outcomes[type(ours).__name__, type(theirs).__name__] += 1
        assert isinstance(ours, Unknown) or isinstance(theirs, Unknown) or type(ours) is type(theirs), json.dumps(case)
    assert outcomes["Refuted", "Refuted"] >= 3, outcomes
    assert outcomes["Proved", "Proved"] > 5, outcomes


def test_counterexamples_depend_on_nothing_but_the_question() -> None:
    def all_found() -> list[object]:
        draw = OddDraw(4)
        results = [check_unreachable_with_counterexample(compiled(OddDraw(seed).case()), space_of(draw, "user")) for seed in range(60)]
        return [one.counterexample for one in results if isinstance(one, Refuted)]

    assert all_found() == all_found() != []
