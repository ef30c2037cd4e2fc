"""Giving memory back: what is in use stays, and a C library that cannot is no error."""

from __future__ import annotations

import ctypes

import pytest

from ringwall.vocabulary import memory


def test_what_is_in_use_stays() -> None:
    kept = [bytes([index % 256]) * 1_000 for index in range(2_000)]
    memory.give_back()
    assert all(each == bytes([index % 256]) * 1_000 for index, each in enumerate(kept))


def test_a_c_library_without_it_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(_: object) -> object:
        return object()

    monkeypatch.setattr(ctypes, "CDLL", without)
    memory._trim.cache_clear()
    try:
        memory.give_back()
    finally:
        memory._trim.cache_clear()
