"""What a permission decision costs, at 10, 100 and 1,000 statements, and what identity costs per request; beside Cedar where installed.

Run: python benchmarks/policies.py [--peer PYTHON]   (PYTHON: the interpreter of an environment with cedarpy; printed as a ratio)
Figures are thread CPU time per decision: the median over requests of the fastest of three repetitions each.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    "Cancel",
]
KINDS = ["desk", "book", "bucket", "agent"]
TEAMS = ["trading", "risk", "ops-1", "qa2"]
REQUESTS = 2_000


def statements(count: int) -> list[dict[str, Any]]:
    draw = random.Random(7)
    made = []
    for index in range(count):
        service = draw.choice(SERVICES)
        actions = [
            f"{service}:{name if draw.random() < 0.75 else name[: draw.randint(3, len(name))] + '*'}"
            for name in draw.choices(NAMES, k=draw.randint(1, 4))
        ]
        resources = [
            draw.choice(
                [
                    "arn:aws:{s}:us-east-1:111122223333:{k}/{n}",
                    "arn:aws:{s}:*:111122223333:{k}/{n}*",
                    "arn:aws:{s}:us-east-1:111122223333:{k}/*/{n}?",
                ]
            ).format(
                s=service,
                k=draw.choice(KINDS),
                n=f"{draw.choice(['alpha', 'beta', 'prod'])}{draw.randint(0, 99)}",
            )
            for _ in range(draw.randint(1, 3))
        ]
        condition: dict[str, Any] = {}
        if draw.random() < 0.3:
            condition["StringLike"] = {"aws:PrincipalTag/team": [draw.choice(["trad*", "risk", "ops-*", "qa?"])]}
        if draw.random() < 0.2:
            condition["IpAddress"] = {"aws:SourceIp": [f"10.{draw.randint(0, 255)}.0.0/16"]}
        statement = {"Sid": f"S{index}", "Effect": "Allow" if draw.random() < 0.85 else "Deny", "Action": actions, "Resource": resources}
        made.append({**statement, "Condition": condition} if condition else statement)
    return made


def requests() -> list[tuple[str, str, dict[str, str]]]:
    draw = random.Random(11)
    return [
        (
            f"{(service := draw.choice(SERVICES))}:{draw.choice(NAMES)}",
            f"arn:aws:{service}:us-east-1:111122223333:{draw.choice(KINDS)}/{draw.choice(['alpha', 'beta', 'prod'])}{draw.randint(0, 99)}",
            {
                "aws:PrincipalTag/team": draw.choice(TEAMS),
                "aws:SourceIp": f"10.{draw.randint(0, 255)}.1.2",
                "aws:SecureTransport": "true",
                "aws:username": "ada",
            },
        )
        for _ in range(REQUESTS)
    ]


def microseconds(call: Callable[..., object], arguments: list[tuple[Any, ...]]) -> list[float]:
    taken = []
    for given in arguments:
        best = float("inf")
        for _ in range(3):
            before = time.thread_time_ns()
            call(*given)
            best = min(best, time.thread_time_ns() - before)
        taken.append(best / 1_000)
    return taken


def ringwall() -> None:
    from ringwall.policies import PolicySets, Request, compile_policies, evaluate, parse_policy, request_context
    from ringwall.vocabulary import Principal

    ada = Principal(
        account_id="111122223333", arn="arn:aws:iam::111122223333:user/ada", principal_id="AIDA", kind="IAMUser", user_name="ada"
    )
    for count in (10, 100, 1_000):
        text = json.dumps({"Version": "2012-10-17", "Statement": statements(count)})
        before = time.thread_time_ns()
        policies = [
            parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statements(count)[start : start + 100]}))
            for start in range(0, count, 100)
        ]
        compiled = compile_policies(policies)
        loaded = (time.thread_time_ns() - before) / 1e6
        sets = PolicySets(compiled)
        made = [Request(action, resource, ada, request_context(context)) for action, resource, context in requests()]
        first = microseconds(lambda found, one: evaluate(PolicySets(compile_policies(found)), one), [(policies, one) for one in made[:10]])
        taken = microseconds(evaluate, [(sets, one) for one in made])
        allowed = sum(evaluate(sets, one).allowed for one in made)
        print(
            f"ringwall  {count:5} statements ({len(text):7} chars): median {statistics.median(taken):6.2f} us, "
            f"p99 {sorted(taken)[-REQUESTS // 100]:6.2f} us, "
            f"load {loaded:7.2f} ms, compile and first decision {statistics.median(first) / 1000:6.2f} ms, allowed {allowed}/{len(made)}"
        )


def cedar() -> None:
    """Runs in the peer's environment: the same rules as permits and forbids, all in one set and sliced by action."""
    import cedarpy

    def pattern(text: str) -> str:
        return text.replace("?", "*")

    for count in (10, 100, 1_000):
        policies: dict[str, list[str]] = {}
        for statement in statements(count):
            effect = "permit" if statement["Effect"] == "Allow" else "forbid"
            tests = [" || ".join(f'context.arn like "{pattern(one)}"' for one in statement["Resource"])]
            condition = statement.get("Condition", {})
            if "StringLike" in condition:
                tests.append(" || ".join(f'context.team like "{pattern(one)}"' for one in condition["StringLike"]["aws:PrincipalTag/team"]))
            if "IpAddress" in condition:
                tests.append(" || ".join(f'ip(context.ip).isInRange(ip("{one}"))' for one in condition["IpAddress"]["aws:SourceIp"]))
            when = " && ".join(f"({one})" for one in tests)
            for service in SERVICES:
                for name in NAMES:
                    if any(
                        one == f"{service}:{name}" or (one.endswith("*") and f"{service}:{name}".startswith(one[:-1]))
                        for one in statement["Action"]
                    ):
                        action = f"{service}:{name}"
                        policies.setdefault(action, []).append(
                            f'{effect}(principal, action == Action::"{action}", resource) when {{ {when} }};'
                        )
        everything = cedarpy.PolicySet.from_str("\n".join(one for many in policies.values() for one in many))
        sliced = {action: cedarpy.PolicySet.from_str("\n".join(many)) for action, many in policies.items()}
        entities = cedarpy.Entities.from_json_str("[]")
        made = [
            (
                action,
                {
                    "principal": 'User::"ada"',
                    "action": f'Action::"{action}"',
                    "resource": 'Resource::"r"',
                    "context": {"arn": arn, "team": context["aws:PrincipalTag/team"], "ip": context["aws:SourceIp"]},
                },
            )
            for action, arn, context in requests()[:400]
        ]
        empty = cedarpy.PolicySet.from_str("")
        whole = microseconds(cedarpy.is_authorized, [(one, everything, entities) for _, one in made])
        cut = microseconds(cedarpy.is_authorized, [(one, sliced.get(action, empty), entities) for action, one in made])
        print(
            f"cedarpy   {count:5} statements: median {statistics.median(whole):8.2f} us in one set, "
            f"{statistics.median(cut):6.2f} us sliced by action"
        )


async def identity() -> None:
    """What identity costs per request, warm, over SQLite: signature and permission, for a user and for a role's session."""
    from ringwall.identity import Identity
    from ringwall.identity.roles import NewRole
    from ringwall.identity.sessions import RoleRequest
    from ringwall.keys import open_keys
    from ringwall.storage.database import open_storage
    from ringwall.vocabulary import system_clock
    from ringwall.wire import HttpRequest, SigningKey, sign_request

    plain = HttpRequest(
        "POST", b"/guardrail/x/version/1/apply", b"", (("host", "localhost"), ("content-type", "application/json")), b"{}", True
    )
    context = {"aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "true", "aws:EpochTime": 1, "aws:RequestedRegion": "us-east-1"}
    with tempfile.TemporaryDirectory() as directory:
        storage = open_storage(directory, clock=system_clock)
        room = Identity(storage, await open_keys(storage, data_dir=Path(directory), environ={}), system_clock, "us-east-1")
        made = await room.create_administrator("bench")
        account, key = made.account.account_id, made.access_key
        trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}}
        role = await room.roles.create(account, NewRole(name="app", trust=json.dumps(trust)))
        await room.roles.attach(account, "app", "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess")
        arn = f"arn:aws:bedrock:us-east-1:{account}:guardrail/x"
        user = sign_request(plain, SigningKey(key.key.name, key.secret_access_key, "us-east-1", "bedrock"), system_clock())
        issued = await room.sessions.assume_role(await room.authenticate(user), RoleRequest(role_arn=role.arn, session_name="bench"))
        secret = SigningKey(issued.session.access_key_id, issued.session.secret_access_key, "us-east-1", "bedrock", issued.token)
        for name, request in (("user", user), ("session", sign_request(plain, secret, system_clock()))):
            caller = await room.authenticate(request)
            await room.authorize(caller, "bedrock:ApplyGuardrail", [arn], context)
            start = time.thread_time_ns()
            for _ in range(REQUESTS):
                await room.authenticate(request)
            middle = time.thread_time_ns()
            for _ in range(REQUESTS):
                await room.authorize(caller, "bedrock:ApplyGuardrail", [arn], context)
            end = time.thread_time_ns()
            signature, permission = (middle - start) / REQUESTS / 1e3, (end - middle) / REQUESTS / 1e3
            print(f"identity  {name:8}: authenticate {signature:6.2f} us, authorize {permission:6.2f} us")
        await storage.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", default=sys.executable, help="interpreter of an environment with cedarpy")
    parser.add_argument("--cedar", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cedar:
        cedar()
    else:
        ringwall()
        asyncio.run(identity())
        found = subprocess.run([arguments.peer, "-c", "import cedarpy"], capture_output=True, check=False).returncode == 0
        if found:
            subprocess.run([arguments.peer, __file__, "--cedar"], check=True)
        else:
            print("cedarpy   not installed here; name an interpreter that has it with --peer")
