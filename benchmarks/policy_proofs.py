"""What a proof about policies costs, at 10, 100 and 1,000 statements: reachability, required conditions, refinement, dead statements.

Run: python benchmarks/policy_proofs.py [--z3]   (--z3: refinement through open policy variables, which needs the extra `proofs`)
Figures are thread CPU time, with every cache of the prover emptied before each question; encoding the policies is part of each question.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import resource
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from ringwall.policies import PolicySets, compile_policies, parse_policy
from ringwall.policies.document import Condition
from ringwall.reasoning.policy import (
    DEFAULT_SOLVERS,
    AutomataSolver,
    RequestSpace,
    Result,
    Z3Solver,
    check_no_more_permissive_with_counterexample,
    check_requires_condition_with_counterexample,
    check_unreachable_with_counterexample,
    conditions,
    dead_statements,
    encoding,
    language,
    readings,
    shortest,
)

SERVICES = ["trading", "portfolio", "s3", "bedrock", "kb", "mail", "crm", "ticket", "vault", "shell"]
NAMES = [
    "Execute",
    "ExecuteBatch",
    "Read",
    "ReadAll",
    "List",
    "Get",
    "GetObject",
    "Put",
    "Delete",
    "Create",
    "Update",
    "Invoke",
    "Describe",
]
KINDS = ["desk", "book", "bucket", "agent"]
SHAPES = [
    "arn:aws:{s}:us-east-1:111122223333:{k}/{n}",
    "arn:aws:{s}:*:111122223333:{k}/{n}*",
    "arn:aws:{s}:us-east-1:111122223333:{k}/*/{n}?",
]
APPROVED = Condition("Bool", "ringwall:ApprovalGranted", ("true",))
EXECUTE = RequestSpace(actions=("trading:Execute*",))
Statement = dict[str, Any]


def statements(count: int, seed: int = 7) -> list[Statement]:
    """85 % Allow; names and wildcards; a third with conditions on tags, addresses and amounts; every way to execute asks for approval."""
    draw = random.Random(seed)
    made = []
    for index in range(count):
        service = draw.choice(SERVICES)
        actions = [
            f"{service}:{name if draw.random() < 0.75 else name[: draw.randint(3, len(name))] + '*'}"
            for name in draw.choices(NAMES, k=draw.randint(1, 4))
        ]
        names = [f"{draw.choice(['alpha', 'beta', 'prod'])}{draw.randint(0, 99)}" for _ in range(draw.randint(1, 3))]
        resources = [draw.choice(SHAPES).format(s=service, k=draw.choice(KINDS), n=name) for name in names]
        condition: Statement = {}
        if draw.random() < 0.3:
            condition["StringLike"] = {"aws:PrincipalTag/team": [draw.choice(["trad*", "risk", "ops-*", "qa?"])]}
        if draw.random() < 0.2:
            condition["IpAddress"] = {"aws:SourceIp": [f"10.{draw.randint(0, 255)}.0.0/16"]}
        if draw.random() < 0.2:
            condition["NumericLessThan"] = {"ringwall:Amount": str(draw.randint(10, 10_000))}
        if any(one.lower().startswith("trading:e") for one in actions):
            condition["Bool"] = {"ringwall:ApprovalGranted": "true"}
        statement = {"Sid": f"S{index}", "Effect": "Allow" if draw.random() < 0.85 else "Deny", "Action": actions, "Resource": resources}
        made.append({**statement, "Condition": condition} if condition else statement)
    return made


def sets(written: list[Statement]) -> PolicySets:
    documents = [{"Version": "2012-10-17", "Statement": written[start : start + 100]} for start in range(0, len(written), 100)]
    return PolicySets(compile_policies([parse_policy(json.dumps(one)) for one in documents]))


def reworded(written: list[Statement]) -> list[Statement]:
    """The same permissions in other words: a statement for each resource, actions in another case; none is the same as before."""
    return [
        {**one, "Action": [action.upper() for action in one["Action"]], "Resource": [resource], "Sid": f"{one['Sid']}x{index}"}
        for one in written
        for index, resource in enumerate(one["Resource"])
    ]


def forget() -> None:
    for cached in (
        language._apart,
        language.within,
        shortest.witness,
        language.pattern,
        encoding._outline,
        encoding._same,
        readings.parsed,
    ):
        cached.cache_clear()
    conditions._FOLDS.clear()


def timed(ask: Callable[[], Result]) -> tuple[float, Result]:
    forget()
    before = time.thread_time_ns()
    result = ask()
    return (time.thread_time_ns() - before) / 1e6, result


def line(count: int, what: str, taken: float, result: Result) -> None:
    asked = ", ".join(f"{number} to {name}" for name, number in result.effort.queries.items()) or "none"
    print(f"{count:5} statements  {what:58} {taken:9.1f} ms  {type(result).__name__:8} queries: {asked}; settled: {result.effort.settled}")


def reachability(count: int) -> None:
    policies = sets(statements(count))
    draw = random.Random(3)
    taken, outcomes = [], Counter[str]()
    for _ in range(60):
        service = draw.choice(SERVICES)
        name = draw.choice(NAMES)
        action = draw.choice([f"{service}:{name}", f"{service}:{name[:3]}*", f"{service}:*", "*"])
        where = draw.choice(["*", f"arn:aws:{service}:*:111122223333:{draw.choice(KINDS)}/prod{draw.randint(0, 99)}*"])
        milliseconds, result = timed(
            lambda a=action, w=where: check_unreachable_with_counterexample(policies, RequestSpace(actions=(a,), resources=(w,)))
        )
        taken.append(milliseconds)
        outcomes[type(result).__name__] += 1
    print(
        f"{count:5} statements  reachability, 60 questions: median {statistics.median(taken):.1f} ms, "
        f"p90 {sorted(taken)[53]:.1f} ms, max {max(taken):.1f} ms, {dict(outcomes)}"
    )


def guarded(count: int) -> None:
    written = statements(count)
    gate = {"Effect": "Deny", "Action": "trading:Execute*", "Resource": "*", "Condition": {"Bool": {"ringwall:ApprovalGranted": "false"}}}
    open_gate = [{key: value for key, value in one.items() if key != "Condition"} for one in written]
    hidden = [*written, {"Effect": "Allow", "Action": "trading:?x?cute*", "Resource": "arn:aws:trading:*:111122223333:desk/beta1"}]
    for what, policies in (
        ("approval needed, by condition in every Allow", written),
        ("the same, hidden wildcard planted", hidden),
        ("approval by Deny with Bool, absent key planted", [*open_gate, gate]),
        ("approval by Deny with BoolIfExists", [*open_gate, {**gate, "Condition": {"BoolIfExists": gate["Condition"]["Bool"]}}]),
    ):
        made = sets(policies)
        taken, result = timed(lambda made=made: check_requires_condition_with_counterexample(made, EXECUTE, APPROVED))
        line(count, what, taken, result)


def refinement(count: int) -> None:
    written = statements(count)
    widened = copy.deepcopy(written)
    place = next(index for index, one in enumerate(widened) if index >= count // 3 and one["Effect"] == "Allow")
    widened[place]["Resource"] = [one[:-2] + "*" for one in widened[place]["Resource"]]
    old, new, shuffled, other = sets(written), sets(widened), sets(written[::-1]), sets(reworded(written))
    for what, x, y in (
        ("itself in another order", shuffled, old),
        ("one resource widened", new, old),
        ("one resource narrowed", old, new),
        ("every statement reworded (no fast path)", old, other),
    ):
        taken, result = timed(lambda x=x, y=y: check_no_more_permissive_with_counterexample(x, y))
        line(count, f"no more permissive: {what}", taken, result)


def dead(count: int) -> None:
    policies = sets(statements(count))
    forget()
    before = time.thread_time_ns()
    found = Counter(type(one.result).__name__ for one in dead_statements(policies))
    print(f"{count:5} statements  dead statements, all: {(time.thread_time_ns() - before) / 1e6:.0f} ms, {dict(found)} (Proved: dead)")


def relational() -> None:
    solvers = (AutomataSolver(), Z3Solver())

    def home(action: str, rest: str) -> PolicySets:
        return sets([{"Effect": "Allow", "Action": action, "Resource": f"arn:aws:s3:::home/${{aws:PrincipalTag/team}}/{rest}"}])

    for what, x, y in (
        ("open variable, proved", home("s3:Get*", "docs/*"), home("s3:*", "*")),
        ("open variable, refuted", home("s3:*", "*"), home("s3:*", "d*")),
    ):
        taken, result = timed(lambda x=x, y=y: check_no_more_permissive_with_counterexample(x, y, None, solvers))
        line(1, f"no more permissive: {what}", taken, result)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--z3", action="store_true", help="also ask Z3")
    arguments = parser.parse_args()
    check_unreachable_with_counterexample(sets(statements(5)), RequestSpace(), DEFAULT_SOLVERS)
    for size in (10, 100, 1_000):
        reachability(size)
        guarded(size)
        refinement(size)
    dead(100)
    if arguments.z3:
        relational()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
