"""What the ledger pages draw: a path that ends at the root for every entry of every small tree, and a line that stays in its field."""

from __future__ import annotations

import pytest

from ringwall.api.native.ledger import CheckpointOutput
from ringwall.console.ledger import climb, growth
from ringwall.crypto import inclusion_path, leaf_hash, root_hash
from ringwall.crypto.tlog_proof import TlogProof


@pytest.mark.parametrize("size", range(1, 34))
def test_every_path_ends_at_the_root(size: int) -> None:
    hashes = [leaf_hash(bytes([number])) for number in range(size)]
    for index in range(size):
        rungs = climb(bytes([index]), TlogProof(index, tuple(inclusion_path(hashes, index)), b""), size)
        assert rungs[0].computed == root_hash(hashes).hex()
        assert rungs[-1].computed == hashes[index].hex()
        assert [rung.y for rung in rungs] == [56 * level for level in range(len(rungs))]
        assert [rung.side == "" for rung in rungs] == [True, *[False] * (len(rungs) - 1)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 239, 240, 241, 1000])
def test_the_line_of_growth_begins_and_ends_where_the_log_did(count: int) -> None:
    kept = [CheckpointOutput(size=number * 7 + 1, sealed_at=1_000 * number, note="") for number in range(count)]
    line = growth(kept)
    if count < 2:
        assert line is None
        return
    assert line is not None
    points = [tuple(map(float, point.split(","))) for point in line["line"].split(" ")]
    assert (points[0][0], points[-1]) == (0.0, (600.0, 0.0))
    assert len(points) <= 242
    assert points == sorted(points)
    assert all(0 <= y <= 120 for _, y in points)
