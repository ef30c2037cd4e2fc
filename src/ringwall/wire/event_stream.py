"""AWS event streams (`application/vnd.amazon.eventstream`): messages with headers, a payload and two checksums.

    [u32 total][u32 headers][u32 crc32 of the first 8 bytes][headers][payload][u32 crc32 of everything before it]

Source: AWS SDK specification "Event stream encoding"; Smithy, "Amazon Event Stream Specification".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zlib import crc32

import msgspec

from ringwall.errors import Bug, LimitExceeded
from ringwall.wire.body_encoder import encoder_of, structure_encoder
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.model import Operation, Ref, Service, Shape
from ringwall.wire.strict_json import encode_json

HEADER_BYTES = 128 * 1024
PAYLOAD_BYTES = 24 * 1024 * 1024
_OVERHEAD = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STRING = 7

HeaderValue = bool | int | bytes | str | datetime | UUID


class EventMessage(msgspec.Struct, frozen=True):
    """One message of a stream."""

    headers: dict[str, HeaderValue]
    payload: bytes


# -- writing --


def encode_event(service: Service, operation: Operation, event_name: str, payload: Mapping[str, Any]) -> bytes:
    """Write one event of an operation's output stream.

    Args:
        service: the operation's service.
        operation: one whose output holds an event stream.
        event_name: the member of the stream's union: `contentBlockDelta`.
        payload: the event's members, in botocore's names.

    Raises:
        Bug: the operation has no such event.
    """
    ref, shape = _event_shape(service, operation, event_name)
    if shape.exception:
        raise Bug(f"`{event_name}` is an exception of the stream, not an event")
    headers: dict[str, HeaderValue] = {":message-type": "event", ":event-type": event_name}
    for name, member in shape.members.items():
        if member.eventheader and payload.get(name) is not None:
            headers[member.location_name or name] = payload[name]
    body, content_type = _event_body(service, ref, shape, payload)
    headers[":content-type"] = content_type
    return encode_message(headers, body)


def encode_exception_event(service: Service, operation: Operation, exception_name: str, message: str) -> bytes:
    """Write the modelled exception that ends a stream (`validationException`)."""
    _, shape = _event_shape(service, operation, exception_name)
    if not shape.exception:
        raise Bug(f"`{exception_name}` is an event of the stream, not an exception")
    name = "Message" if "Message" in shape.members else "message"
    headers: dict[str, HeaderValue] = {":message-type": "exception", ":exception-type": exception_name, ":content-type": "application/json"}
    return encode_message(headers, encode_json({name: message}))


def encode_error_event(code: str, message: str) -> bytes:
    """Write an error that the stream's model has not, which ends the stream as well."""
    return encode_message({":message-type": "error", ":error-code": code, ":error-message": message}, b"")


def _event_shape(service: Service, operation: Operation, name: str) -> tuple[Ref, Shape]:
    member = operation.event_stream_member
    output = operation.shape(operation.output)
    if member is None or output is None:
        raise Bug(f"`{operation.name}` answers with no event stream")
    stream = service.shapes[output.members[member].shape]
    ref = stream.members.get(name)
    if ref is None:
        raise Bug(f"the stream of `{operation.name}` has no event `{name}`")
    return ref, service.shapes[ref.shape]


def _event_body(service: Service, ref: Ref, shape: Shape, payload: Mapping[str, Any]) -> tuple[bytes, str]:
    chosen = next((name for name, member in shape.members.items() if member.eventpayload), None)
    if chosen is None:
        members = {name: item for name, item in payload.items() if name in shape.members and not shape.members[name].eventheader}
        encoder = encoder_of(service, ref, cbor=False) or structure_encoder(service, shape, cbor=False)
        return encode_json(encoder(members)), "application/json"
    item = payload.get(chosen)
    target = service.shapes[shape.members[chosen].shape]
    if target.type == "blob":
        return bytes(item or b""), "application/octet-stream"
    if target.type == "string":
        return str(item or "").encode(), "text/plain"
    encoder_or_none = encoder_of(service, shape.members[chosen], cbor=False)
    return encode_json(item if encoder_or_none is None or item is None else encoder_or_none(item)), "application/json"


def encode_message(headers: Mapping[str, HeaderValue], payload: bytes) -> bytes:
    """Write one message."""
    packed = b"".join([_packed_header(name, value) for name, value in headers.items()])
    if len(packed) > HEADER_BYTES or len(payload) > PAYLOAD_BYTES:
        raise Bug("an event is too large for one message")
    prelude = struct.pack("!II", _OVERHEAD + len(packed) + len(payload), len(packed))
    message = b"".join([prelude, struct.pack("!I", crc32(prelude)), packed, payload])
    return message + struct.pack("!I", crc32(message))


def _packed_header(name: str, value: HeaderValue) -> bytes:
    raw = name.encode()
    if not 1 <= len(raw) <= 255:
        raise Bug("an event header's name must have 1 to 255 bytes")
    return struct.pack("!B", len(raw)) + raw + _packed_value(value)


def _packed_value(value: HeaderValue) -> bytes:
    if isinstance(value, bool):
        return b"\x00" if value else b"\x01"
    if isinstance(value, int):
        return struct.pack("!Bq", 5, value)
    if isinstance(value, datetime):
        return struct.pack("!Bq", 8, (value - _EPOCH) // timedelta(milliseconds=1))
    if isinstance(value, UUID):
        return b"\x09" + value.bytes
    raw = value.encode() if isinstance(value, str) else value
    if len(raw) > 0x7FFF:
        raise Bug("an event header's value must have at most 32,767 bytes")
    return struct.pack("!BH", _STRING if isinstance(value, str) else 6, len(raw)) + raw


# -- reading --


def decode_messages(data: bytes) -> tuple[list[EventMessage], bytes]:
    """Read the whole messages at the start of a buffer.

    Returns:
        (messages, rest): rest is the beginning of a message whose end has not arrived.

    Raises:
        MalformedRequest: a checksum or a length is wrong; the stream cannot be read on from there.
        LimitExceeded: a message larger than 24 MB, or with more than 128 KB of headers.
    """
    messages = []
    at = 0
    while len(data) - at >= 12:
        total, header_length, checksum = struct.unpack_from("!III", data, at)
        if crc32(data[at : at + 8]) != checksum:
            raise MalformedRequest("an event message's prelude has a wrong checksum")
        if header_length > HEADER_BYTES or total > PAYLOAD_BYTES + HEADER_BYTES + _OVERHEAD:
            raise LimitExceeded("an event message is too large")
        if total < _OVERHEAD + header_length:
            raise MalformedRequest("an event message is shorter than its headers")
        if len(data) - at < total:
            break
        end = at + total
        if crc32(data[at : end - 4]) != struct.unpack_from("!I", data, end - 4)[0]:
            raise MalformedRequest("an event message has a wrong checksum")
        headers = _unpacked_headers(data[at + 12 : at + 12 + header_length])
        messages.append(EventMessage(headers, data[at + 12 + header_length : end - 4]))
        at = end
    return messages, data[at:]


def _unpacked_headers(data: bytes) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    at = 0
    try:
        while at < len(data):
            length = data[at]
            name = _piece(data, at + 1, length).decode()
            at += 1 + length
            value, at = _unpacked_value(data, at)
            if name in headers or not name:
                raise MalformedRequest("an event message has a header twice, or one without a name")
            headers[name] = value
    except (struct.error, IndexError, OverflowError):
        raise MalformedRequest("an event message's headers end too early or are out of range") from None
    except UnicodeDecodeError:
        raise MalformedRequest("an event message's header is not UTF-8") from None
    return headers


_NUMBERS = {2: "!b", 3: "!h", 4: "!i", 5: "!q"}


def _unpacked_value(data: bytes, at: int) -> tuple[HeaderValue, int]:
    kind = data[at]
    at += 1
    if kind in {0, 1}:
        return kind == 0, at
    if kind in _NUMBERS:
        return struct.unpack_from(_NUMBERS[kind], data, at)[0], at + struct.calcsize(_NUMBERS[kind])
    if kind in {6, _STRING}:
        (length,) = struct.unpack_from("!H", data, at)
        raw = _piece(data, at + 2, length)
        return (raw.decode() if kind == _STRING else raw), at + 2 + length
    if kind == 8:
        return _EPOCH + timedelta(milliseconds=struct.unpack_from("!q", data, at)[0]), at + 8
    if kind == 9:
        return UUID(bytes=_piece(data, at, 16)), at + 16
    raise MalformedRequest(f"an event message has a header of the unknown type {kind}")


def _piece(data: bytes, at: int, length: int) -> bytes:
    piece = data[at : at + length]
    if len(piece) != length:
        raise IndexError
    return piece
