"""Whatever is recorded: persons are in the erasable half only, and the two halves hold together."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import IntegrityError
from ringwall.keys import Keys, RootKeys
from ringwall.ledger.leaf import check_halves, decode_erasable, split_record
from ringwall.vocabulary import AuditRecord

KEYS = Keys(RootKeys({1: bytes(range(32))}))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
details = st.recursive(
    st.none() | st.booleans() | st.integers(0, 10**9) | st.floats(0, 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def canary() -> str:
    return uuid.uuid4().hex


@given(st.dictionaries(names, details, max_size=4), texts, st.binary(min_size=16, max_size=16), st.data())
def test_halves(ringwall: dict[str, object], name: str, salt: bytes, data: st.DataObject) -> None:
    canaries = [canary() for _ in range(5)]
    record = AuditRecord(
        event_id="e",
        event_time="t",
        event_source="s",
        event_name=name,
        aws_region="r",
        recipient_account_id="111111111111",
        request_id="q",
        user_identity={"arn": canaries[0]},
        source_ip_address=canaries[1],
        user_agent=canaries[2],
        read_only=True,
        error_message=canaries[3],
        resources=(canaries[4],),
        ringwall=ringwall,
    )
    halves = split_record(record, KEYS, salt)
    leaf = check_halves(halves.leaf, halves.erasable)
    assert leaf["eventName"] == name
    for word in canaries:
        assert word.encode() not in halves.leaf
        assert word.encode() in halves.erasable
    shown = decode_erasable(halves.erasable)
    assert shown is not None
    assert shown["resources"] == [canaries[4]]
    position = data.draw(st.integers(0, len(halves.erasable) - 1))
    altered = (
        halves.erasable[:position] + bytes([halves.erasable[position] ^ data.draw(st.integers(1, 255))]) + halves.erasable[position + 1 :]
    )
    for half in (altered, halves.erasable[:position] or b"x", halves.erasable + b"x"):
        with pytest.raises(IntegrityError):
            check_halves(halves.leaf, half)
    for other in (split_record(record, KEYS, bytes(reversed(salt)) + b"x"),):
        with pytest.raises(IntegrityError):
            check_halves(halves.leaf, other.erasable)
