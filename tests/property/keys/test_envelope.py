"""A value sealed with a data key opens with that key, for that context, unaltered, and not otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import IntegrityError
from ringwall.keys.envelope import DataCipher

KEY = DataCipher(bytes(range(32)))
CONTEXTS = st.lists(st.text(max_size=8), max_size=4).map(tuple)


@given(st.binary(max_size=300), CONTEXTS, CONTEXTS)
def test_only_the_very_context_opens(plaintext: bytes, context: tuple[str, ...], other: tuple[str, ...]) -> None:
    sealed = KEY.seal(plaintext, context)
    assert KEY.open(sealed, context) == plaintext
    assert len(sealed) == len(plaintext) + 28
    if other != context:
        with pytest.raises(IntegrityError):
            KEY.open(sealed, other)


@given(st.text(max_size=6), st.text(max_size=6), st.integers(0, 6))
def test_contexts_that_read_alike_when_joined_are_two(first: str, second: str, cut: int) -> None:
    joined = first + second
    moved = (joined[:cut], joined[cut:])
    if moved != (first, second):
        with pytest.raises(IntegrityError):
            KEY.open(KEY.seal(b"text", (first, second)), moved)


@given(st.binary(max_size=100), st.data())
def test_every_altered_bit_and_every_cut_is_noticed(plaintext: bytes, data: st.DataObject) -> None:
    sealed = bytearray(KEY.seal(plaintext, ("here",)))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(IntegrityError):
        KEY.open(bytes(sealed), ("here",))
    whole = KEY.seal(plaintext, ("here",))
    with pytest.raises(IntegrityError):
        KEY.open(whole[: data.draw(st.integers(0, len(whole) - 1))], ("here",))


@given(st.binary(max_size=100))
def test_bytes_that_nobody_sealed_do_not_open(given_bytes: bytes) -> None:
    with pytest.raises(IntegrityError):
        KEY.open(given_bytes, ())


def test_another_key_does_not_open() -> None:
    with pytest.raises(IntegrityError):
        DataCipher(bytes(32)).open(KEY.seal(b"text", ()), ())
