"""HMAC and HKDF against an independent implementation and the RFC's cases."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ringwall.crypto import HmacKey, equal, hkdf_sha256, hmac_sha256, sha256
from ringwall.errors import Bug


@pytest.mark.parametrize(
    ("secret", "salt", "info", "length", "expected"),
    [
        pytest.param(
            bytes([0x0B]) * 22,
            bytes(range(13)),
            bytes(range(0xF0, 0xFA)),
            42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            id="RFC 5869 A.1",
        ),
        pytest.param(
            bytes([0x0B]) * 22,
            b"",
            b"",
            42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            id="RFC 5869 A.3",
        ),
    ],
)
def test_hkdf_gives_what_the_rfc_gives(secret: bytes, salt: bytes, info: bytes, length: int, expected: str) -> None:
    assert hkdf_sha256(secret, salt=salt, info=info, length=length).hex() == expected


@pytest.mark.parametrize("length", [1, 31, 32, 33, 64, 1000, 8160])
def test_hkdf_agrees_with_another_implementation(length: int) -> None:
    other = HKDF(algorithm=SHA256(), length=length, salt=b"salt", info=b"info").derive(b"secret")
    assert hkdf_sha256(b"secret", salt=b"salt", info=b"info", length=length) == other


@pytest.mark.parametrize("length", [0, -1, 8161])
def test_hkdf_refuses_a_length_it_cannot_give(length: int) -> None:
    with pytest.raises(Bug):
        hkdf_sha256(b"secret", info=b"", length=length)


def test_the_rest_is_what_it_says() -> None:
    assert sha256(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hmac_sha256(b"key", b"data") == hmac.new(b"key", b"data", hashlib.sha256).digest()
    assert equal(b"same", b"same")
    assert not equal(b"same", b"else")
    assert not equal(b"same", b"longer")


@pytest.mark.parametrize("size", [0, 1, 64, 5_000])
def test_a_key_that_is_used_again_authenticates_as_if_for_the_first_time(size: int) -> None:
    key = HmacKey(b"key")
    assert key.digest(b"another") != key.digest(bytes(size)) == hmac_sha256(b"key", bytes(size))
