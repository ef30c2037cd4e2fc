"""Whatever is changed in a sealed value, it does not open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import IntegrityError
from ringwall.keys import Keys, RootKeys

KEYS = Keys(RootKeys({1: bytes(range(32)), 2: bytes(range(1, 33))}))
contexts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.binary(max_size=200), contexts)
def test_a_sealed_value_opens(plaintext: bytes, context: str) -> None:
    assert KEYS.open(KEYS.seal(plaintext, context=context), context=context) == plaintext


@given(st.binary(max_size=60), contexts, contexts, st.data())
def test_an_altered_value_or_context_does_not(plaintext: bytes, context: str, other: str, data: st.DataObject) -> None:
    sealed = KEYS.seal(plaintext, context=context)
    position = data.draw(st.integers(0, len(sealed) - 1))
    flip = data.draw(st.integers(1, 255))
    altered = [
        sealed[:position] + bytes([sealed[position] ^ flip]) + sealed[position + 1 :],
        sealed[:position],
        sealed + data.draw(st.binary(min_size=1, max_size=3)),
    ]
    for value in altered:
        with pytest.raises(IntegrityError):
            KEYS.open(value, context=context)
    if other != context:
        with pytest.raises(IntegrityError):
            KEYS.open(sealed, context=other)


@given(st.binary(max_size=100))
def test_what_was_never_sealed_does_not_open(value: bytes) -> None:
    with pytest.raises(IntegrityError):
        KEYS.open(value, context="c")
