"""What a limit may be, and what models cost."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ringwall.identity.caller import caller_of, root_of, session_of
from ringwall.identity.entities import Role, User
from ringwall.inference.limits import (
    InvalidLimit,
    Rule,
    Subject,
    UnpricedModel,
    counted_key,
    parse_rules,
    read_prices,
    shipped_prices,
)
from ringwall.inference.limits.errors import UnreadablePrices
from ringwall.inference.limits.rule import NANO
from tests.limits import limit

ADA = Subject(account_id="111122223333", key_id="AKIA1", model_id="gpt-4o", route="openai")


def rule(**members: Any) -> dict[str, Any]:
    return {"id": "r", "kind": "requests", "amount": 10, "periodS": 60, **members}


REFUSED: dict[str, Any] = {
    "an unknown member": rule(future=1),
    "an unknown kind": rule(kind="joules"),
    "no amount": {"id": "r", "kind": "requests", "periodS": 60},
    "an amount of nothing": rule(amount=0),
    "no period": {"id": "r", "kind": "requests", "amount": 1},
    "a period of part of a second": rule(periodS=0.5),
    "dollars for requests": rule(usd="1"),
    "an amount for cost": rule(kind="cost", usd="1"),
    "no dollars": {"id": "r", "kind": "cost", "periodS": 60},
    "no dollar": {"id": "r", "kind": "cost", "periodS": 60, "usd": "0.0"},
    "too many dollars": {"id": "r", "kind": "cost", "periodS": 60, "usd": "1000001"},
    "negative dollars": {"id": "r", "kind": "cost", "periodS": 60, "usd": "-1"},
    "a bucket of cost": {"id": "r", "kind": "cost", "periodS": 60, "usd": "1", "shape": "bucket"},
    "a period of concurrency": rule(kind="concurrency"),
    "a burst of a window": rule(shape="window", burst=3),
    "a burst of concurrency": {"id": "r", "kind": "concurrency", "amount": 1, "burst": 3},
    "a part twice": rule(per=["key", "key"]),
    "the account as a part": rule(per=["account"]),
    "a bucket too large for its period": rule(amount=10_000_000_000, periodS=86_400),
    "a name with spaces": rule(id="a b"),
    "no structure": 5,
}


@pytest.mark.parametrize("document", REFUSED.values(), ids=REFUSED.keys())
def test_a_limit_is_refused(document: Any):
    with pytest.raises(InvalidLimit):
        limit(document)


def test_requests_and_tokens_fill_a_bucket_and_cost_a_window():
    shapes = {
        kind: limit({"id": "r", "kind": kind, **members}).counting
        for kind, members in (
            ("requests", {"amount": 1, "periodS": 1}),
            ("tokens", {"amount": 1, "periodS": 1}),
            ("cost", {"usd": "0.000000001", "periodS": 86_400}),
            ("concurrency", {"amount": 1}),
        )
    }
    assert shapes == {"requests": "bucket", "tokens": "bucket", "cost": "window", "concurrency": "held"}


def test_cost_is_counted_in_billionths_of_a_dollar():
    assert limit({"id": "r", "kind": "cost", "usd": "12.000000005", "periodS": 60}).limit == 12 * NANO + 5


APPLIES: dict[str, tuple[dict[str, Any], bool]] = {
    "to all": ({}, True),
    "to a model": ({"models": ["gpt-4o"]}, True),
    "to another model": ({"models": ["gpt-4o-mini"]}, False),
    "to models that begin so": ({"models": ["claude-*", "gpt-*"]}, True),
    "to a route and another key": ({"routes": ["openai"], "keys": ["AKIA2"]}, False),
}


@pytest.mark.parametrize(("members", "wanted"), APPLIES.values(), ids=APPLIES.keys())
def test_a_limit_applies(members: dict[str, Any], wanted: bool):
    assert limit(rule(**members)).applies_to(ADA) is wanted


def test_what_is_counted_together_has_the_same_parts():
    by_key = limit(rule(per=["key", "model"]))
    other_route = msgspec.structs.replace(ADA, route="bedrock")
    other_key = msgspec.structs.replace(ADA, key_id="AKIA2")
    assert by_key.subject_of(ADA) == by_key.subject_of(other_route) != by_key.subject_of(other_key)
    assert by_key.subject_of(ADA) == limit(rule(per=["model", "key"])).subject_of(ADA)


def test_a_file_of_limits_has_each_id_once():
    assert parse_rules(b'{"limits":[{"id":"a","kind":"concurrency","amount":2}]}') == (Rule(id="a", kind="concurrency", amount=2),)
    for raw in (b"{", b'{"limits":[{}]}', b'{"limits":[],"more":1}', b"[]", b"\xff"):
        with pytest.raises(InvalidLimit):
            parse_rules(raw)
    with pytest.raises(InvalidLimit):
        parse_rules(b'{"limits":[{"id":"a","kind":"concurrency","amount":2},{"id":"a","kind":"concurrency","amount":3}]}')


def test_the_shipped_prices_can_be_read_and_what_runs_here_costs_nothing():
    prices = shipped_prices()
    assert prices.price("gpt-4o").cost(1_000_000, 1_000_000) == int(12.5 * NANO)
    assert prices.price("ringwall.development-v1").cost(10**9, 10**9) == 0
    assert prices.price("eu.anthropic.claude-3-haiku-20240307-v1:0") == prices.price("anthropic.claude-3-haiku-20240307-v1:0")
    free = {model for model, price in prices.models.items() if not price.cost(1, 1)}
    assert free == {"ringwall.development-v1", "development"}


@pytest.mark.parametrize(
    "model", ["", "gpt-4o-audio", "GPT-4o", "us.gpt-4o", "eu.us.anthropic.claude-3-haiku-20240307-v1:0", "gpt-4o ", "x" * 300]
)
def test_an_unknown_model_has_no_price(model: str):
    with pytest.raises(UnpricedModel):
        shipped_prices().price(model)


def test_a_small_price_is_exact():
    prices = read_prices(b'{"version":"1","note":"","models":{"m":{"in":"0.035","out":"99999.999"}}}')
    assert prices.price("m").cost(1, 0) == 35
    assert prices.price("m").cost(3, 2) == 105 + 2 * 99_999_999


@pytest.mark.parametrize(
    "price",
    [
        '{"in":"1"}',
        '{"in":"-1","out":"1"}',
        '{"in":"1e3","out":"1"}',
        '{"in":1,"out":1}',
        '{"in":"0.0001","out":"1"}',
        '{"in":"1","out":"1","x":1}',
    ],
)
def test_a_malformed_price_is_refused(price: str):
    with pytest.raises(UnreadablePrices):
        read_prices(b'{"version":"1","note":"","models":{"m":%s}}' % price.encode())


def test_temporary_credentials_count_under_who_is_behind_them() -> None:
    role = Role(account_id="111122223333", name="worker", created=1, id="AROA1", path="/jobs/", trust="{}")
    sessions = [session_of(role, name, f"ASIA{name}", 5, ()) for name in ("one", "two")]
    assert {counted_key(session) for session in sessions} == {"arn:aws:iam::111122223333:role/jobs/worker"}
    user = User(account_id="111122223333", name="ada", created=1, id="AIDA1")
    assert counted_key(caller_of(user, "AKIA1")) == "AKIA1"
    assert counted_key(msgspec.structs.replace(caller_of(user, "ASIA1"), issued_at=5)) == "arn:aws:iam::111122223333:user/ada"
    assert counted_key(root_of("111122223333", "AKIA2")) == "AKIA2"
