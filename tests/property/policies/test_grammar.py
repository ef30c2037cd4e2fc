"""Whatever a document says: the strict reading refuses it by name or gives a tree that compiles, and the closed reading never raises."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ringwall.policies import (
    MalformedPolicyDocument,
    PolicySets,
    PolicyTooLarge,
    Request,
    compile_policies,
    evaluate,
    parse_policy,
    read_stored_policy,
)
from tests.conformance.policies.port import PRINCIPALS

WORDS = st.sampled_from(
    [
        "Version",
        "2012-10-17",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Allow",
        "Deny",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "AWS",
        "Condition",
        "StringLike",
        "ForAllValues:NumericLessThan",
        "BoolIfExists",
        "Null",
        "aws:username",
        "aws:SourceIp",
        "*",
        "bedrock:*",
        "arn:aws:s3:::${aws:username}",
        "${",
        "10.0.0.0/8",
        "true",
        "arn:aws:iam::111122223333:root",
        "111122223333",
        "�",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]) | VALUES, "Action": st.just("*") | VALUES, "Resource": st.just("*") | VALUES},
    optional=dict.fromkeys(("Sid", "Principal", "NotPrincipal", "NotAction", "NotResource", "Condition", "Other"), VALUES),
)
DOCUMENTS = (
    st.fixed_dictionaries({"Version": st.just("2012-10-17") | VALUES, "Statement": st.lists(STATEMENTS, max_size=3) | VALUES}) | VALUES
)
REQUEST = Request(
    "bedrock:ApplyGuardrail", "arn:aws:bedrock:us-east-1:111122223333:guardrail/x", PRINCIPALS["user"], {"aws:username": ("ada",)}
)


def reads(document: str | bytes) -> None:
    for kind in ("identity", "resource", "trust"):
        stored = read_stored_policy(document, kind=kind)  # type: ignore[arg-type]
        decision = evaluate(PolicySets(compile_policies([stored])), REQUEST)
        try:
            parsed = parse_policy(document, kind=kind, quota=4_096)  # type: ignore[arg-type]
        except (MalformedPolicyDocument, PolicyTooLarge) as refusal:
            message = refusal.message
        else:
            assert parsed == stored, "what is accepted is read the same way when it is stored"
            assert evaluate(PolicySets(compile_policies([parsed])), REQUEST) == decision
            message = "accepted"
        message.encode()


@given(DOCUMENTS)
def test_any_json(document: Any) -> None:
    reads(json.dumps(document))


@given(st.text(max_size=200) | st.text('{}[]":,\\ aA*', max_size=200))
@example('"' + "\\" * 1_001)
def test_any_text(document: str) -> None:
    reads(document)


@given(st.binary(max_size=200))
def test_any_bytes(document: bytes) -> None:
    reads(document)


@given(DOCUMENTS, st.integers(0, 500), st.text('{}[]":,\\*?$', max_size=3))
def test_broken_json(document: Any, at: int, inserted: str) -> None:
    text = json.dumps(document)
    reads(text[: at % (len(text) + 1)] + inserted + text[at % (len(text) + 1) :])
