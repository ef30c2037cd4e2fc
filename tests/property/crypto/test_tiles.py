"""Tiles give the same roots and proofs as the whole tree, however it grew."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.crypto import consistency_path, inclusion_path, leaf_hash, root_hash
from ringwall.crypto.checkpoint import parse_checkpoint
from ringwall.crypto.edge import Edge, edge_tiles
from ringwall.crypto.notes import open_note, parse_vkey
from ringwall.crypto.tiles import bundle, consistency, inclusion, parse_tile_path, read_bundle, tree_root
from ringwall.errors import RingwallError

LEAVES = [leaf_hash(b"%d" % turn) for turn in range(70_000)]


@cache
def root_of(size: int) -> bytes:
    return root_hash(LEAVES[:size])


sizes = st.one_of(st.integers(1, 600), st.sampled_from([65_535, 65_536, 65_537, 70_000]))


class Reader:
    """The tiles of one tree; what is no tile of a tree of this size is not there."""

    def __init__(self, tiles: dict[tuple[int, int], bytes], size: int) -> None:
        self.tiles = tiles
        self.size = size

    def read(self, path: str) -> bytes:
        asked = parse_tile_path(path)
        assert asked.level is not None
        assert (asked.index * 256 + asked.width) << 8 * asked.level <= self.size
        return self.tiles[asked.level, asked.index][: asked.width * 32]


WHOLE = Edge()
TILES = WHOLE.extend(LEAVES)


@given(sizes, st.data())
def test_proofs_from_tiles_are_those_of_the_whole_tree(size: int, data: st.DataObject) -> None:
    reader = Reader(TILES, size)
    near = st.integers(max(0, size - 600), size - 1)  # the naive path of a large tree takes long
    index = data.draw(near)
    assert tree_root(reader, size) == root_of(size)
    assert inclusion(reader, index, size) == inclusion_path(LEAVES[:size], index)
    assert consistency(reader, index + 1, size) == consistency_path(LEAVES[:size], index + 1)


@given(st.lists(st.integers(0, 700), min_size=1, max_size=6), st.sampled_from([0, 1, 255, 256, 65_000]))
def test_an_edge_grows_alike_in_any_steps_and_after_any_reopening(steps: list[int], start: int) -> None:
    tiles = dict(TILES)
    edge = Edge.load(start, tiles)
    for step in steps:
        for key, tile in edge.extend(LEAVES[edge.size : edge.size + step]).items():
            assert TILES[key][: len(tile)] == tile
        assert edge.root() == root_of(edge.size)
        edge = Edge.load(edge.size, {(path.level or 0, path.index): TILES[path.level or 0, path.index] for path in edge_tiles(edge.size)})
    assert edge.size == start + sum(steps)


def test_a_copy_grows_by_itself() -> None:
    edge = Edge.load(300, TILES)
    edge.copy().extend(LEAVES[300:600])
    assert (edge.size, edge.root()) == (300, root_hash(LEAVES[:300]))


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_are_read_back(entries: list[bytes]) -> None:
    assert read_bundle(bundle(entries)) == entries


@given(st.binary(max_size=300), st.text(max_size=200))
def test_parsers_read_or_refuse_and_nothing_else(data: bytes, text: str) -> None:
    for parse in (lambda: read_bundle(data), lambda: open_note(data, []), lambda: parse_checkpoint(text), lambda: parse_tile_path(text)):
        try:
            parse()
        except RingwallError:
            continue
    with pytest.raises(RingwallError):
        parse_vkey(text)
