"""Merkle trees over a growing list: roots, and the two proofs that a log owes its readers.

The tree over n leaves splits at the largest power of two below n. Leaves and nodes are hashed under different prefixes, so that no node
passes for a leaf. Verification raises; it never returns a bool.

Source: RFC 6962 s.2.1; the verification algorithms are RFC 9162 s.2.1.3.2 and s.2.1.4.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from ringwall.crypto.digests import equal
from ringwall.errors import Bug, IntegrityError

HASH_BYTES: Final = 32
_MAX_PATH: Final = 64


def leaf_hash(data: bytes) -> bytes:
    """Hash one entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Hash many entries."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + data).digest() for data in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class RootBuilder:
    """Hashes a growing tree, keeping one hash per level.

    Cost: two hashes per leaf on average, O(log n) memory.
    """

    __slots__ = ("_frontier", "size")

    def __init__(self) -> None:
        self.size = 0
        self._frontier: list[tuple[int, bytes]] = []  # complete subtrees, (height, hash), heights falling

    def add(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        height, subtree = 0, leaf
        frontier = self._frontier
        while frontier and frontier[-1][0] == height:
            subtree = node_hash(frontier.pop()[1], subtree)
            height += 1
        frontier.append((height, subtree))
        self.size += 1

    def root(self) -> bytes:
        """Return the root over the leaves so far."""
        if not self._frontier:
            return hashlib.sha256(b"").digest()
        *larger, (_, root) = self._frontier
        for _, subtree in reversed(larger):
            root = node_hash(subtree, root)
        return root


def root_hash(leaf_hashes: Iterable[bytes]) -> bytes:
    """Hash a whole tree."""
    builder = RootBuilder()
    for leaf in leaf_hashes:
        builder.add(leaf)
    return builder.root()


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes that lead from one leaf to the root, nearest first.

    Raises:
        Bug: there is no such leaf.
    """
    if not 0 <= index < len(leaf_hashes):
        raise Bug("there is no such leaf", index=index, size=len(leaf_hashes))
    path: list[bytes] = []
    low, high = 0, len(leaf_hashes)
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(root_hash(leaf_hashes[middle:high]))
            high = middle
        else:
            path.append(root_hash(leaf_hashes[low:middle]))
            low = middle
    path.reverse()
    return path


def consistency_path(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the hashes that show that the tree over all leaves grew from the tree over the first `old_size`.

    Raises:
        Bug: `old_size` is not between 1 and the number of leaves.
    """
    if not 0 < old_size <= len(leaf_hashes):
        raise Bug("there is no such tree to grow from", old_size=old_size, size=len(leaf_hashes))
    path: list[bytes] = []
    low, high, end = 0, len(leaf_hashes), old_size
    whole = True  # the old tree's part of [low, high) begins at the old tree's own root
    while high != end:
        middle = low + _split(high - low)
        if end <= middle:
            path.append(root_hash(leaf_hashes[middle:high]))
            high = middle
        else:
            path.append(root_hash(leaf_hashes[low:middle]))
            low, whole = middle, False
    if not whole:
        path.append(root_hash(leaf_hashes[low:high]))
    path.reverse()
    return path


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf hash is at an index of the tree with this size and root.

    Raises:
        IntegrityError: it is not, or the proof does not show it.

    Source: RFC 9162 s.2.1.3.2.
    """
    _check_path(path)
    if not 0 <= index < size:
        raise IntegrityError("the inclusion proof is for an index outside of the tree")
    position, last, computed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise IntegrityError("the inclusion proof is too long")
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            position, last = _past_lone_levels(position, last)
        else:
            computed = node_hash(computed, sibling)
        position >>= 1
        last >>= 1
    if last != 0 or not equal(computed, root):
        raise IntegrityError("the inclusion proof does not lead to the root")


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """Check that a tree is what an older one grew to: nothing removed, nothing changed.

    Raises:
        IntegrityError: it is not, or the proof does not show it.

    Source: RFC 9162 s.2.1.4.2.
    """
    _check_path(path)
    if not 0 < old_size <= size:
        raise IntegrityError("the consistency proof is for a tree larger than the log")
    if old_size == size:
        if path or not equal(old_root, root):
            raise IntegrityError("two trees of one size differ")
        return
    # A complete old tree is its own first hash (step 3).
    hashes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not hashes:
        raise IntegrityError("the consistency proof is empty")
    old_computed, computed = _climb(old_size, size, hashes)
    if not equal(old_computed, old_root) or not equal(computed, root):
        raise IntegrityError("the consistency proof does not lead to both roots")


def _climb(old_size: int, size: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Fold a consistency proof into the roots of the old and the new tree (steps 4 to 8)."""
    position, last = old_size - 1, size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_computed = computed = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise IntegrityError("the consistency proof is too long")
        if position & 1 or position == last:
            old_computed = node_hash(sibling, old_computed)
            computed = node_hash(sibling, computed)
            position, last = _past_lone_levels(position, last)
        else:
            computed = node_hash(computed, sibling)
        position >>= 1
        last >>= 1
    if last != 0:
        raise IntegrityError("the consistency proof is too short")
    return old_computed, computed


def _past_lone_levels(position: int, last: int) -> tuple[int, int]:
    """Climb the levels at which the node on the right edge has no sibling."""
    while not position & 1 and position:
        position >>= 1
        last >>= 1
    return position, last


def _split(size: int) -> int:
    """Return the largest power of two below `size` (> 1)."""
    return 1 << (size - 1).bit_length() - 1


def _check_path(path: Sequence[bytes]) -> None:
    if len(path) > _MAX_PATH or any(len(node) != HASH_BYTES for node in path):
        raise IntegrityError("the proof is not a list of at most 64 hashes of 32 bytes")
