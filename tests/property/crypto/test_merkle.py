"""Proofs verify exactly what they prove, for trees of any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.crypto import RootBuilder, consistency_path, inclusion_path, leaf_hash, root_hash, verify_consistency, verify_inclusion
from ringwall.errors import Bug, IntegrityError

sizes = st.integers(1, 130)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % turn) for turn in range(size)]


def flipped(path: list[bytes], position: int) -> list[bytes]:
    broken = bytes([path[position][0] ^ 1]) + path[position][1:]
    return [*path[:position], broken, *path[position + 1 :]]


@given(sizes, st.data())
def test_inclusion_holds_for_the_leaf_at_its_index_and_for_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = leaves(size)
    path, root = inclusion_path(tree, index), root_hash(tree)
    verify_inclusion(tree[index], index, size, path, root)
    wrong = [
        (leaf_hash(b"other"), index, size, path, root),
        (tree[index], index, size, [*path, bytes(32)], root),
        (tree[index], index, size, path, leaf_hash(b"root")),
        (tree[index], size, size, path, root),
        (tree[index], -1, size, path, root),
        (tree[index], index, size, [*path[:-1], b"short"] if path else [b"short"], root),
    ]
    wrong += [(tree[index], other, size, path, root) for other in range(size) if other != index]
    if path:
        position = data.draw(st.integers(0, len(path) - 1))
        wrong += [(tree[index], index, size, flipped(path, position), root), (tree[index], index, size, path[:-1], root)]
    for case in wrong:
        with pytest.raises(IntegrityError):
            verify_inclusion(*case)


@given(sizes, st.data())
def test_consistency_holds_for_the_tree_it_grew_from_and_for_no_other(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    tree = leaves(size)
    path, old_root, root = consistency_path(tree, old), root_hash(tree[:old]), root_hash(tree)
    verify_consistency(old, old_root, size, root, path)
    other = leaf_hash(b"other")
    wrong = [
        (old, other, size, root, path),
        (old, old_root, size, other, path),
        (old, old_root, size, root, [*path, bytes(32)]),
        (size + 1, old_root, size, root, path),
        (0, old_root, size, root, path),
    ]
    if path:
        position = data.draw(st.integers(0, len(path) - 1))
        wrong += [
            (old, old_root, size, root, flipped(path, position)),
            (old, old_root, size, root, path[:-1]),
            (old, old_root, size, root, []),
        ]
    for case in wrong:
        with pytest.raises(IntegrityError):
            verify_consistency(*case)


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_tree_that_grows_leaf_by_leaf_has_the_root_of_the_whole(entries: list[bytes]) -> None:
    builder = RootBuilder()
    hashes = [leaf_hash(entry) for entry in entries]
    for count, leaf in enumerate(hashes):
        assert builder.root() == root_hash(hashes[:count])
        builder.add(leaf)
    assert (builder.size, builder.root()) == (len(hashes), root_hash(hashes))


@pytest.mark.parametrize(("size", "index"), [(0, 0), (3, 3), (3, -1)])
def test_there_is_no_path_for_a_leaf_that_is_not_there(size: int, index: int) -> None:
    with pytest.raises(Bug):
        inclusion_path(leaves(size), index)


@pytest.mark.parametrize(("size", "old"), [(0, 0), (3, 0), (3, 4)])
def test_there_is_no_path_from_a_tree_that_is_not_there(size: int, old: int) -> None:
    with pytest.raises(Bug):
        consistency_path(leaves(size), old)
