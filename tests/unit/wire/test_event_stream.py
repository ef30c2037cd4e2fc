"""Event streams: what we write botocore reads, and what is broken is refused."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime
from uuid import UUID
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer

from ringwall.errors import Bug, LimitExceeded
from ringwall.wire import MalformedRequest, decode_messages, encode_error_event, encode_event, encode_exception_event, load_service
from ringwall.wire.event_stream import encode_message

RUNTIME = load_service("bedrock-runtime")
CONVERSE = RUNTIME.operation("ConverseStream")
INVOKE = RUNTIME.operation("InvokeModelWithResponseStream")


def botocore_reads(data: bytes) -> list[tuple[dict[str, object], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(message.headers, message.payload) for message in buffer]


def test_botocore_reads_our_events() -> None:
    delta = encode_event(RUNTIME, CONVERSE, "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "hé"}, "internal": 1})
    chunk = encode_event(RUNTIME, INVOKE, "chunk", {"bytes": b"\x00\x01"})
    refused = encode_exception_event(RUNTIME, CONVERSE, "validationException", "no")
    failed = encode_error_event("InternalFailure", "broken")
    read = botocore_reads(delta + chunk + refused + failed)
    assert read[0][0] == {":message-type": "event", ":event-type": "contentBlockDelta", ":content-type": "application/json"}
    assert json.loads(read[0][1]) == {"contentBlockIndex": 0, "delta": {"text": "hé"}}
    assert json.loads(read[1][1]) == {"bytes": "AAE="}
    assert (read[2][0][":exception-type"], json.loads(read[2][1])) == ("validationException", {"message": "no"})
    assert (read[3][0][":error-code"], read[3][1]) == ("InternalFailure", b"")


def test_every_event_of_every_stream_is_written() -> None:
    written = 0
    for name in ("bedrock-runtime", "sagemaker-runtime", "bedrock-agentcore", "logs"):
        service = load_service(name)
        for operation in service.operations.values():
            member = operation.event_stream_member
            output = operation.shape(operation.output)
            if member is None or output is None:
                continue
            for event, ref in service.shapes[output.members[member].shape].members.items():
                if service.shapes[ref.shape].exception:
                    data = encode_exception_event(service, operation, event, "m")
                else:
                    data = encode_event(service, operation, event, {})
                messages, rest = decode_messages(data)
                assert (len(messages), rest) == (1, b"")
                assert botocore_reads(data)[0][0] == messages[0].headers
                written += 1
    assert written > 30


def test_all_header_types_come_back() -> None:
    headers = {"t": True, "f": False, "i": -(2**40), "b": b"\x00", "s": "é", "m": datetime(2026, 1, 2, tzinfo=UTC), "u": UUID(int=7)}
    messages, rest = decode_messages(encode_message(headers, b"payload") + b"\x00\x00")
    assert (messages[0].headers, messages[0].payload, rest) == (headers, b"payload", b"\x00\x00")


def test_any_split_of_a_stream_gives_the_same_messages() -> None:
    data = encode_event(RUNTIME, CONVERSE, "messageStart", {"role": "assistant"}) + encode_event(
        RUNTIME, CONVERSE, "messageStop", {"stopReason": "end_turn"}
    )
    whole, _ = decode_messages(data)
    for cut in range(len(data) + 1):
        first, rest = decode_messages(data[:cut])
        second, left = decode_messages(rest + data[cut:])
        assert first + second == whole
        assert left == b""


def test_every_flipped_bit_is_noticed() -> None:
    data = encode_event(RUNTIME, CONVERSE, "messageStart", {"role": "assistant"})
    for position in range(len(data)):
        for bit in range(8):
            broken = bytearray(data)
            broken[position] ^= 1 << bit
            with pytest.raises((MalformedRequest, LimitExceeded)):
                decode_messages(bytes(broken))


def framed(total: int, header_length: int, rest: bytes) -> bytes:
    prelude = struct.pack("!II", total, header_length)
    body = prelude + struct.pack("!I", crc32(prelude)) + rest
    return body + struct.pack("!I", crc32(body))


@pytest.mark.parametrize(
    "data",
    [
        framed(12, 0, b""),
        framed(16 + 4, 8, b"\x00" * 4),
        framed(16 + 3, 3, b"\x01a\x0a"),
        framed(16 + 4, 4, b"\x05ab\x00"),
        framed(16 + 5, 5, b"\x01a\x07\x00\x09"),
        framed(16 + 6, 6, b"\x01a\x00\x01a\x00"),
        framed(16 + 2, 2, b"\x00\x00"),
        framed(16 + 3, 3, b"\x01\xff\x00"),
        framed(16 + 11, 11, b"\x01a\x08" + b"\x7f" + b"\xff" * 7),
    ],
)
def test_broken_frames_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedRequest):
        decode_messages(data)


def test_messages_have_a_size_limit() -> None:
    with pytest.raises(LimitExceeded):
        decode_messages(framed(2**31, 0, b""))
    with pytest.raises(LimitExceeded):
        decode_messages(framed(2**20, 2**19, b""))
    with pytest.raises(Bug):
        encode_message({"a": "x" * 40_000}, b"")


def test_events_that_the_model_has_not_are_our_bug() -> None:
    for call in (
        lambda: encode_event(RUNTIME, CONVERSE, "nothing", {}),
        lambda: encode_event(RUNTIME, CONVERSE, "validationException", {}),
        lambda: encode_exception_event(RUNTIME, CONVERSE, "messageStart", ""),
        lambda: encode_event(RUNTIME, RUNTIME.operation("Converse"), "messageStart", {}),
    ):
        with pytest.raises(Bug):
            call()
