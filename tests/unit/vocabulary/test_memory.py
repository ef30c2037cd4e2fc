"""Giving memory back: what is in use stays, and a C library that cannot is no error."""

from __future__ import annotations

from ringwall.vocabulary.memory import give_back, share_one_arena, trim_with


def test_what_is_in_use_stays() -> None:
    kept = [bytes([index % 256]) * 1_000 for index in range(2_000)]
    share_one_arena()
    give_back()
    assert all(each == bytes([index % 256]) * 1_000 for index, each in enumerate(kept))


def test_a_c_library_that_cannot_is_no_error() -> None:
    assert not trim_with(None)
    assert not trim_with(object())
