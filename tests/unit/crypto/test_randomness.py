"""Random pieces: of the length that was asked for, given out once, in whichever thread or process."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest

from ringwall.crypto import random_piece


@pytest.mark.parametrize("count", [0, 1, 16, 4095, 4096, 4097, 100_000])
def test_a_piece_has_the_length_that_was_asked_for(count: int) -> None:
    assert len(random_piece(count)) == count


def test_no_piece_is_given_out_twice_in_many_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        pieces = [piece for batch in pool.map(lambda _: [random_piece(16) for _ in range(2_000)], range(8)) for piece in batch]
    assert len(set(pieces)) == len(pieces)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="platform: no fork")
def test_a_forked_process_does_not_repeat_its_parent() -> None:
    random_piece(16)
    context = multiprocessing.get_context("fork")
    theirs, ours = context.Pipe()
    child = context.Process(target=lambda: ours.send_bytes(random_piece(16)))
    child.start()
    assert theirs.recv_bytes() != random_piece(16)
    child.join()
