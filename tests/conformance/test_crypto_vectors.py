"""Vectors that an independent implementation made: canonical JSON by an ECMAScript engine, Merkle trees by the RFC's own recursion."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from ringwall.crypto import canonical_json, consistency_path, inclusion_path, leaf_hash, root_hash, verify_consistency, verify_inclusion

VECTORS = Path(__file__).with_name("vectors")


def load(name: str) -> dict[str, Any]:
    vectors: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return vectors


def test_numbers_are_written_as_ecmascript_writes_them() -> None:
    vectors = load("canonical_json")["numbers"]
    assert len(vectors) == 700
    for vector in vectors:
        (number,) = struct.unpack(">d", bytes.fromhex(vector["bits"]))
        assert canonical_json(number).decode() == vector["canonical"], vector["bits"]


def test_values_are_written_as_ecmascript_writes_them_with_sorted_keys() -> None:
    for vector in load("canonical_json")["values"]:
        assert canonical_json(vector["value"]).decode() == vector["canonical"]


@pytest.fixture
def tree() -> tuple[dict[str, Any], list[bytes]]:
    vectors = load("merkle")
    return vectors, [leaf_hash(bytes.fromhex(entry)) for entry in vectors["entries"]]


def test_roots(tree: tuple[dict[str, Any], list[bytes]]) -> None:
    vectors, leaves = tree
    assert [root_hash(leaves[:size]).hex() for size in range(len(leaves) + 1)] == vectors["roots"]


def test_inclusion_paths(tree: tuple[dict[str, Any], list[bytes]]) -> None:
    vectors, leaves = tree
    for vector in vectors["inclusion"]:
        index, size = vector["index"], vector["size"]
        path = inclusion_path(leaves[:size], index)
        assert [node.hex() for node in path] == vector["path"]
        verify_inclusion(leaves[index], index, size, path, bytes.fromhex(vectors["roots"][size]))


def test_consistency_paths(tree: tuple[dict[str, Any], list[bytes]]) -> None:
    vectors, leaves = tree
    for vector in vectors["consistency"]:
        old, size = vector["old"], vector["size"]
        path = consistency_path(leaves[:size], old)
        assert [node.hex() for node in path] == vector["path"]
        verify_consistency(old, bytes.fromhex(vectors["roots"][old]), size, bytes.fromhex(vectors["roots"][size]), path)
