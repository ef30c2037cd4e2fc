"""Native paths: one segment each, a tail of many, and bytes that go out as they are."""

from __future__ import annotations

import pytest

from ringwall.api.native.operation import Static
from ringwall.api.native.registry import BY_NAME, SERVED
from ringwall.errors import InvalidRequest
from ringwall.sdk.connection import address

TILE, ENTRIES = BY_NAME["GetLedgerTile"], BY_NAME["GetAccountsLedgerEntries"]


@pytest.mark.parametrize(
    ("path", "found"),
    {
        "ledger/audit/tile/0/000": {"log": "audit", "path": "0/000"},
        "ledger/audit/tile/0/x001/234.p/5": {"log": "audit", "path": "0/x001/234.p/5"},
        "ledger/audit/tile/x": {"log": "audit", "path": "x"},
        "ledger/audit/tile/%2e%2e/x": {"log": "audit", "path": "../x"},
        "ledger/audit/tile/": None,
        "ledger/audit/tile": None,
        "ledger/audit/checkpoint": None,
        "ledger//tile/0/000": None,
    }.items(),
)
def test_a_tail_takes_one_segment_or_more(path: str, found: dict[str, str] | None) -> None:
    assert TILE.match(path.split("/")) == found


def test_an_ordinary_parameter_takes_one_segment_only() -> None:
    proof = BY_NAME["GetLedgerProof"]
    assert proof.match(["ledger", "audit", "proofs", "5"]) == {"log": "audit", "index": "5"}
    assert proof.match(["ledger", "audit", "proofs", "5", "6"]) is None


def test_the_operators_entries_are_found_before_everybodys_tiles() -> None:
    path = ["ledger", "audit", "tile", "entries", "000"]
    assert next(row for row in SERVED if row.method == "GET" and row.match(path) is not None) is ENTRIES


@pytest.mark.parametrize(
    ("name", "members", "path"),
    [
        ("GetLedgerTile", {"log": "audit", "path": "0/x001/234.p/5"}, "/ringwall/v1/ledger/audit/tile/0/x001/234.p/5"),
        ("GetLedgerProof", {"log": "audit", "index": 5, "size": None}, "/ringwall/v1/ledger/audit/proofs/5"),
        ("GetLedgerProof", {"log": "a/b", "index": 5, "size": 9}, "/ringwall/v1/ledger/a%2Fb/proofs/5?size=9"),
    ],
)
def test_a_client_finds_the_same_way(name: str, members: dict[str, object], path: str) -> None:
    assert address(BY_NAME[name], members) == (path, None)


def test_what_is_static_says_so_in_its_row() -> None:
    assert {row.row.name for row in SERVED if row.output is Static} == {"GetCheckpoint", "GetLedgerTile", "GetAccountsLedgerEntries"}
    with pytest.raises(InvalidRequest):
        TILE.convert({"log": "audit", "path": "x" * 65})
