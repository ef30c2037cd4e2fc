"""Time stamps: what is asked is DER of the standard's form, and an answer to anything else is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.crypto import sha256
from ringwall.crypto.timestamp import NONCE_BYTES, RESPONSE_BYTES, read_timestamp, timestamp_request
from ringwall.errors import Bug, IntegrityError

DIGEST, NONCE = sha256(b"checkpoint"), bytes([0x81, *range(7)])
SIGNED_DATA, TST_INFO = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("060b2a864886f70d0109100104")
ALGORITHM = bytes.fromhex("300d06096086480165030402010500")
POLICY, SERIAL, VERSION = bytes.fromhex("06032a0304"), b"\x02\x01\x07", b"\x02\x01\x01"


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = bytes([len(content)]) if len(content) < 128 else b"\x82" + len(content).to_bytes(2, "big")
    return bytes([tag]) + size + content


def answer(
    *,
    status: bytes = b"\x02\x01\x00",
    digest: bytes = DIGEST,
    algorithm: bytes = ALGORITHM,
    nonce: bytes = b"\x02\x09\x00" + NONCE,
    time: bytes = b"20260101120000.5Z",
    kind: bytes = TST_INFO,
    version: bytes = VERSION,
) -> bytes:
    info = der(0x30, version, POLICY, der(0x30, algorithm, der(0x04, digest)), SERIAL, der(0x18, time), nonce)
    signed = der(0x30, b"\x02\x01\x03", der(0x31), der(0x30, kind, der(0xA0, der(0x04, info))), der(0x31))
    return der(0x30, der(0x30, status), der(0x30, SIGNED_DATA, der(0xA0, signed)))


def test_an_answer_to_the_question_is_read() -> None:
    assert read_timestamp(answer(), DIGEST, NONCE).at == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert read_timestamp(answer(status=b"\x02\x01\x01"), DIGEST, NONCE).serial == b"\x07"


WRONG = {
    "another digest": answer(digest=sha256(b"other")),
    "another algorithm": answer(algorithm=bytes.fromhex("300d06096086480165030402030500")),
    "another nonce": answer(nonce=b"\x02\x01\x05"),
    "no nonce": answer(nonce=b""),
    "a refusal": answer(status=b"\x02\x01\x02"),
    "a refusal without a token": der(0x30, der(0x30, b"\x02\x01\x02")),
    "an empty status": der(0x30, der(0x30)),
    "a time that is none": answer(time=b"20261301120000Z"),
    "a time without a zone": answer(time=b"20260101120000"),
    "signed data of another kind": answer(kind=SIGNED_DATA),
    "another version": answer(version=b"\x02\x01\x02"),
    "something behind it": answer() + b"\x05\x00",
    "a byte missing": answer()[:-1],
    "an indefinite length": b"\x30\x80" + answer()[4:] + b"\0\0",
    "nothing": b"",
    "too much": b"\x30" * (RESPONSE_BYTES + 1),
}


@pytest.mark.parametrize("response", WRONG.values(), ids=WRONG)
def test_an_answer_to_anything_else_is_refused(response: bytes) -> None:
    with pytest.raises(IntegrityError):
        read_timestamp(response, DIGEST, NONCE)


@given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, 200), st.binary(max_size=5)).map(lambda at: answer()[: at[0]] + at[1])))
def test_any_bytes_are_read_or_refused(response: bytes) -> None:
    with suppress(IntegrityError):
        read_timestamp(response, DIGEST, NONCE)


def test_a_question_is_der_of_the_standards_form() -> None:
    question = timestamp_request(DIGEST, NONCE)
    assert question == der(0x30, VERSION, der(0x30, ALGORITHM, der(0x04, DIGEST)), b"\x02\x09\x00" + NONCE, b"\x01\x01\xff")
    assert b"\x02\x01\x07" in timestamp_request(DIGEST, bytes(7) + b"\x07")
    assert b"\x02\x01\x00" in timestamp_request(DIGEST, bytes(NONCE_BYTES))
    for digest, nonce in ((b"", NONCE), (DIGEST, b"")):
        with pytest.raises(Bug):
            timestamp_request(digest, nonce)
