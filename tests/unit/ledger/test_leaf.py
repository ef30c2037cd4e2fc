"""A record in two halves: what may be in which, and how they hold together."""

from __future__ import annotations

import json

import pytest

from ringwall.crypto import canonical_json
from ringwall.errors import IntegrityError, InvalidRequest, LimitExceeded
from ringwall.keys import Keys, RootKeys
from ringwall.ledger.leaf import check_halves, decode_erasable, split_record
from ringwall.vocabulary import AuditRecord

KEYS = Keys(RootKeys({1: bytes(range(32))}))
SALT = bytes(range(16))
GUARDRAIL = "arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl"


def record(**changed: object) -> AuditRecord:
    facts = {
        "event_id": "0b3f3c5e-0000-4000-8000-000000000001",
        "event_time": "2026-01-01T00:00:00.000Z",
        "event_source": "bedrock-runtime.amazonaws.com",
        "event_name": "ApplyGuardrail",
        "aws_region": "us-east-1",
        "recipient_account_id": "111111111111",
        "request_id": "0b3f3c5e-0000-4000-8000-000000000002",
        "user_identity": {"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/erika", "userName": "erika"},
        "source_ip_address": "203.0.113.7",
        "user_agent": "Boto3/1.44",
        "read_only": False,
        "error_code": "AccessDeniedException",
        "error_message": "erika may not do this",
        "resources": (GUARDRAIL,),
        "ringwall": {"digests": ["hmac-sha256:1:00"], "rules": ["pii/EMAIL"], "spans": [[3, 20]], "confidence": 0.75},
    }
    return AuditRecord(**{**facts, **changed})  # type: ignore[arg-type]


def test_the_leaf_holds_these_facts_and_no_others() -> None:
    halves = split_record(record(), KEYS, SALT)
    leaf = json.loads(halves.leaf)
    assert leaf.pop("erasableCommitment") != ""
    assert leaf == {
        "awsRegion": "us-east-1",
        "errorCode": "AccessDeniedException",
        "eventID": "0b3f3c5e-0000-4000-8000-000000000001",
        "eventName": "ApplyGuardrail",
        "eventSource": "bedrock-runtime.amazonaws.com",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "eventVersion": "1.11",
        "leafVersion": 1,
        "readOnly": False,
        "recipientAccountId": "111111111111",
        "requestID": "0b3f3c5e-0000-4000-8000-000000000002",
        "resourceDigests": [KEYS.digest("111111111111", GUARDRAIL.encode())],
        "ringwall": {"digests": ["hmac-sha256:1:00"], "rules": ["pii/EMAIL"], "spans": [[3, 20]], "confidence": 0.75},
    }
    for person in (b"erika", b"203.0.113.7", b"Boto3", b"abcdefghijkl"):
        assert person not in halves.leaf
        assert person in halves.erasable


def test_every_field_of_a_record_is_in_one_of_the_halves() -> None:
    values = {name: getattr(record(), name) for name in AuditRecord.__struct_fields__}
    halves = split_record(record(), KEYS, SALT)
    both = [json.loads(halves.leaf), decode_erasable(halves.erasable)]
    held = [canonical_json(value) for half in both for value in half.values()]  # type: ignore[union-attr]
    assert [name for name, value in values.items() if canonical_json(value) not in held] == []


def test_the_leaf_is_canonical_and_binds_the_erasable_half() -> None:
    halves = split_record(record(), KEYS, SALT)
    assert check_halves(halves.leaf, halves.erasable) == json.loads(halves.leaf)
    assert check_halves(halves.leaf, b"") == json.loads(halves.leaf), "shredded, and as valid as before"
    for altered in (halves.erasable.replace(b"erika", b"alice"), halves.erasable + b" ", b"{}"):
        with pytest.raises(IntegrityError):
            check_halves(halves.leaf, altered)


def test_the_salt_makes_equal_halves_commit_differently() -> None:
    one, two = split_record(record(), KEYS, SALT), split_record(record(), KEYS, bytes(16))
    assert json.loads(one.leaf)["erasableCommitment"] != json.loads(two.leaf)["erasableCommitment"]
    shown = decode_erasable(one.erasable)
    assert shown is not None
    assert "salt" not in shown


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"text",
        b"[]",
        b"{}",
        b'{"leafVersion":2}',
        b'{"leafVersion":1}',
        b'{"leafVersion":1,"erasableCommitment":7}',
        b'{"leafVersion":1,"erasableCommitment":"x"}',
        b'{"erasableCommitment":"x", "leafVersion":1}',
        b'{"erasableCommitment":"x","leafVersion":1}\n',
        b'{"a":"\\u0041","erasableCommitment":"x","leafVersion":1}',
        b"\xff",
    ],
)
def test_what_is_no_canonical_leaf_is_refused(leaf: bytes) -> None:
    with pytest.raises(IntegrityError):
        check_halves(leaf, b"")


def test_details_that_do_not_fit_a_leaf_move_to_the_erasable_half_whole() -> None:
    spans = [[start, start + 5] for start in range(20_000)]
    halves = split_record(record(ringwall={"spans": spans}), KEYS, SALT)
    leaf = check_halves(halves.leaf, halves.erasable)
    details = canonical_json({"spans": spans})
    assert leaf["ringwall"] == {"moved": True, "bytes": len(details), "digest": KEYS.digest("111111111111", details)}
    shown = decode_erasable(halves.erasable)
    assert shown is not None
    assert shown["ringwall"] == {"spans": spans}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"ringwall": {"bytes": b"x"}}, InvalidRequest),
        ({"ringwall": {"é": 1}}, InvalidRequest),
        ({"ringwall": {"score": float("nan")}}, InvalidRequest),
        ({"user_agent": "\ud800"}, InvalidRequest),
        ({"resources": tuple(f"arn:{turn}" for turn in range(1000))}, LimitExceeded),
        ({"error_message": "x" * (16 * 1024 * 1024)}, LimitExceeded),
    ],
)
def test_what_cannot_be_recorded_is_refused(changed: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        split_record(record(**changed), KEYS, SALT)


def test_an_erasable_half_that_is_no_json_is_refused() -> None:
    for half in (b"text", b"\xff", b"[]"):
        with pytest.raises(IntegrityError):
            decode_erasable(half)
    assert decode_erasable(b"") is None
