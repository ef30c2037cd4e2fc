"""Paths, bundles and tiles in their one form, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from ringwall.crypto import leaf_hash
from ringwall.crypto.edge import Edge, edge_tiles
from ringwall.crypto.tiles import (
    TilePath,
    bundle,
    carry_out,
    check_bundle,
    entries_path,
    inclusion,
    inclusion_plan,
    parse_tile_path,
    read_bundle,
    tile_path,
    tile_width,
    tree_root,
)
from ringwall.errors import IntegrityError, InvalidRequest, LimitExceeded

PATHS = {
    "tile/0/000": TilePath(0, 0),
    "tile/0/x001/x234/067": TilePath(0, 1234067),
    "tile/63/999.p/1": TilePath(63, 999, 1),
    "tile/1/x001/000.p/255": TilePath(1, 1000, 255),
    "tile/entries/x001/x234/067": TilePath(None, 1234067),
    "tile/entries/000.p/7": TilePath(None, 0, 7),
}


@pytest.mark.parametrize(("path", "parsed"), PATHS.items())
def test_a_path_is_read_back(path: str, parsed: TilePath) -> None:
    assert (parse_tile_path(path), str(parsed)) == (parsed, path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/1000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/x001",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/../000",
        "tile/entries/x000/000",
        "tile/data/000",
        "tile/0/００0",
        "tile/0/000\n",
        "tile/0/" + "x001/" * 40 + "000",
        "checkpoint",
    ],
)
def test_what_is_no_path_of_a_log_is_refused(path: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_tile_path(path)


def test_the_specifications_example_of_a_tree_of_70000_leaves() -> None:
    assert [tile_width(0, index, 70_000) for index in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [tile_width(1, index, 70_000) for index in (0, 1, 2)] == [256, 17, 0]
    assert [tile_width(2, index, 70_000) for index in (0, 1)] == [1, 0]
    assert edge_tiles(70_000) == [TilePath(0, 273, 112), TilePath(1, 1, 17), TilePath(2, 0, 1)]
    assert edge_tiles(256) == [TilePath(1, 0, 1)]
    assert edge_tiles(0) == []


def test_bundles_are_read_back() -> None:
    entries = [b"", b"a", bytes(65_535), b"last"]
    data = bundle(entries)
    assert data[:2] == b"\0\0"
    assert data[2:5] == b"\0\x01a"
    assert read_bundle(data) == entries
    assert read_bundle(b"") == []


def test_what_is_no_bundle_is_refused() -> None:
    for data in (b"\0", b"\0\x02a", bundle([b"x"] * 257)):
        with pytest.raises(IntegrityError):
            read_bundle(data)
    with pytest.raises(LimitExceeded):
        bundle([bytes(65_536)])


def test_an_entry_that_its_tile_was_not_made_of_is_named() -> None:
    entries = [b"a", b"b", b"c"]
    tile = b"".join(map(leaf_hash, entries))
    check_bundle(entries, tile, 256)
    with pytest.raises(IntegrityError, match="entry 257"):
        check_bundle([b"a", b"x", b"c"], tile, 256)
    with pytest.raises(IntegrityError, match="entry 259"):
        check_bundle([*entries, b"d"], tile, 256)


def test_a_tile_that_is_missing_or_short_is_refused() -> None:
    edge = Edge()
    tiles = edge.extend([leaf_hash(b"%d" % turn) for turn in range(300)])
    with pytest.raises(IntegrityError):
        carry_out(inclusion_plan(7, 300), {})
    with pytest.raises(IntegrityError):
        carry_out(inclusion_plan(7, 300), {**tiles, (0, 0): tiles[0, 0][:-32]})
    with pytest.raises(IntegrityError):
        Edge.load(300, {**tiles, (0, 1): tiles[0, 1][:-32]})
    with pytest.raises(IntegrityError):
        Edge.load(300, {})

    class Short:
        def read(self, path: str) -> bytes:
            asked = parse_tile_path(path)
            assert asked.level is not None
            return tiles[asked.level, asked.index][: asked.width * 32 - 32]

    with pytest.raises(IntegrityError, match="has not"):
        inclusion(Short(), 7, 300)


def test_the_empty_tree() -> None:
    class Nothing:
        def read(self, path: str) -> bytes:
            raise AssertionError(path)

    assert tree_root(Nothing(), 0) == Edge().root() == hashlib.sha256(b"").digest()


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3), (0, 2**63)])
def test_there_is_no_plan_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(InvalidRequest):
        inclusion_plan(index, size)


def test_paths_of_bundles_and_tiles() -> None:
    assert (tile_path(2, 5, 9), entries_path(1000)) == ("tile/2/005.p/9", "tile/entries/x001/000")
