"""Time stamps of others: a request that asks an authority to date a digest, and what its answer says.

What is read here is compared with what was asked. Who signed it is not checked here: `openssl ts -verify` does that, with the certificate
that the verifier trusts.

Source: RFC 3161 s.2.4; RFC 5652 s.5 (the token is CMS SignedData); ITU-T X.690 (DER).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from ringwall.errors import Bug, IntegrityError

RESPONSE_BYTES: Final = 256 * 1024
NONCE_BYTES: Final = 8
_INTEGER, _BOOLEAN, _OCTETS, _OID, _TIME, _SEQUENCE, _EXPLICIT = 0x02, 0x01, 0x04, 0x06, 0x18, 0x30, 0xA0
_SHA256: Final = bytes.fromhex("300b0609608648016503040201")  # AlgorithmIdentifier without parameters
_SHA256_NULL: Final = bytes.fromhex("300d06096086480165030402010500")  # and with the NULL that most write
_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_TST_INFO: Final = bytes.fromhex("2a864886f70d0109100104")
_GRANTED: Final = (b"\x00", b"\x01")  # granted, grantedWithMods
_GENERALIZED: Final = re.compile(rb"([0-9]{14})(?:\.[0-9]{1,9})?Z")


class Timestamp(msgspec.Struct, frozen=True):
    """What an authority says: that it saw the digest at this time, to the second."""

    at: datetime
    serial: bytes


class _Element(msgspec.Struct, frozen=True):
    tag: int
    content: bytes
    whole: bytes


def timestamp_request(digest: bytes, nonce: bytes) -> bytes:
    """Write a TimeStampReq for a SHA-256, asking for the authority's certificate.

    Raises:
        Bug: not 32 bytes, or a nonce of another length than NONCE_BYTES.
    """
    if len(digest) != 32 or len(nonce) != NONCE_BYTES:
        raise Bug("a time stamp is asked for a SHA-256, with a nonce of 8 bytes")
    imprint = _write(_SEQUENCE, _SHA256_NULL + _write(_OCTETS, digest))
    return _write(_SEQUENCE, _write(_INTEGER, b"\x01") + imprint + _write(_INTEGER, _positive(nonce)) + _write(_BOOLEAN, b"\xff"))


def read_timestamp(response: bytes, digest: bytes, nonce: bytes) -> Timestamp:
    """Return what a TimeStampResp says, having compared it with the request; its signature is not checked.

    Raises:
        IntegrityError: not granted, not DER of that form, or about another digest or nonce.
    """
    if len(response) > RESPONSE_BYTES:
        raise IntegrityError(f"the time stamp has more than {RESPONSE_BYTES} bytes")
    status, *tokens = _at_least(_only(response, _SEQUENCE), 1)
    if _at_least(_expect(status, _SEQUENCE), 1)[0].content not in _GRANTED or len(tokens) != 1:
        raise IntegrityError("the authority did not grant the time stamp")
    version, policy, imprint, serial, at, *rest = _at_least(_only(_tst_info(tokens[0]), _SEQUENCE), 5)
    algorithm, hashed = _two(_expect(imprint, _SEQUENCE))
    if algorithm.whole not in (_SHA256, _SHA256_NULL) or _expect(hashed, _OCTETS) != digest:
        raise IntegrityError("the time stamp is about another digest")
    if [each.content for each in rest if each.tag == _INTEGER] != [_positive(nonce)]:
        raise IntegrityError("the time stamp answers another request")
    _expect(policy, _OID)
    if _expect(version, _INTEGER) != b"\x01":
        raise IntegrityError("the time stamp is of another version")
    return Timestamp(_moment(_expect(at, _TIME)), _expect(serial, _INTEGER))


def _tst_info(token: _Element) -> bytes:
    """Walk from ContentInfo to the DER of TSTInfo."""
    kind, content = _two(_expect(token, _SEQUENCE))
    if _expect(kind, _OID) != _SIGNED_DATA:
        raise IntegrityError("the time stamp is no signed data")
    _, _, encapsulated, *_ = _at_least(_only(_expect(content, _EXPLICIT), _SEQUENCE), 4)
    kind, content = _two(_expect(encapsulated, _SEQUENCE))
    if _expect(kind, _OID) != _TST_INFO:
        raise IntegrityError("the signed data is no time stamp")
    return _only(_expect(content, _EXPLICIT), _OCTETS)


def _moment(text: bytes) -> datetime:
    match = _GENERALIZED.fullmatch(text)
    try:
        return datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC) if match else _refuse()
    except ValueError:
        return _refuse()


def _refuse() -> datetime:
    raise IntegrityError("the time stamp's time is none")


def _positive(number: bytes) -> bytes:
    """Write an unsigned number as a DER INTEGER's content."""
    stripped = number.lstrip(b"\0") or b"\0"
    return b"\0" + stripped if stripped[0] & 0x80 else stripped


def _write(tag: int, content: bytes) -> bytes:
    if len(content) > 127:
        raise Bug("a request has no long element")
    return bytes([tag, len(content)]) + content


def _members(content: bytes) -> Iterator[_Element]:
    """Split DER into its elements, definite lengths only."""
    position = 0
    while position < len(content):
        start, header = position, content[position : position + 2]
        if len(header) < 2 or header[0] & 0x1F == 0x1F:
            raise IntegrityError("the time stamp is not DER")
        position, length = position + 2, header[1]
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(content[position : position + count], "big")
            if not 1 <= count <= 4 or length < 128:
                raise IntegrityError("the time stamp is not DER")
            position += count
        if position + length > len(content):
            raise IntegrityError("the time stamp is cut off")
        yield _Element(header[0], content[position : position + length], content[start : position + length])
        position += length


def _at_least(content: bytes, count: int) -> list[_Element]:
    found = list(_members(content))
    if len(found) < count:
        raise IntegrityError("the time stamp lacks a part")
    return found


def _two(content: bytes) -> tuple[_Element, _Element]:
    found = _at_least(content, 2)
    return found[0], found[1]


def _only(content: bytes, tag: int) -> bytes:
    found = _at_least(content, 1)
    if len(found) != 1:
        raise IntegrityError("something follows the time stamp")
    return _expect(found[0], tag)


def _expect(element: _Element, tag: int) -> bytes:
    if element.tag != tag:
        raise IntegrityError("the time stamp is of another form")
    return element.content
