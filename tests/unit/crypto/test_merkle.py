"""Proofs that are no proofs: refused for their form, before anything is hashed."""

from __future__ import annotations

import pytest

from ringwall.crypto import leaf_hash, root_hash, verify_consistency, verify_inclusion
from ringwall.errors import IntegrityError

LEAVES = [leaf_hash(bytes([number])) for number in range(4)]
ROOT = root_hash(LEAVES)
FORMLESS = {
    "a hash too short": [LEAVES[1][:31], root_hash(LEAVES[2:])],
    "a hash too long": [LEAVES[1] + b"\0", root_hash(LEAVES[2:])],
    "an empty hash": [b""],
    "more levels than a log has": [LEAVES[0]] * 65,
}


@pytest.mark.parametrize("path", FORMLESS.values(), ids=FORMLESS)
def test_a_path_that_is_no_list_of_hashes_is_refused_as_that(path: list[bytes]) -> None:
    with pytest.raises(IntegrityError, match="not a list of at most 64 hashes"):
        verify_inclusion(LEAVES[0], 0, 4, path, ROOT)
    with pytest.raises(IntegrityError, match="not a list of at most 64 hashes"):
        verify_consistency(2, root_hash(LEAVES[:2]), 4, ROOT, path)


def test_the_whole_path_is_taken() -> None:
    verify_inclusion(LEAVES[0], 0, 4, [LEAVES[1], root_hash(LEAVES[2:])], ROOT)
