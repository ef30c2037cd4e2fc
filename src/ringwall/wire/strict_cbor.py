"""CBOR as Smithy's rpc-v2 uses it: maps with text keys, one tag (1, a moment), nothing twice, nothing after the end."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any, NoReturn

import cbor2

from ringwall.errors import LimitExceeded
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.timestamp import moment_from_number

CBOR_BYTES = 1024 * 1024
"""A longer body is refused: one byte can be a whole empty map. AWS takes no larger requests in this protocol either (CloudWatch: 1 MB)."""

# Every tag that cbor2 decodes by itself, among them regular expressions, MIME messages and shared references: all refused.
_KNOWN_TAGS = (0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)


class _Refused(Exception):
    """A tag or a moment that is not taken; carries its reason through cbor2, which wraps what a callback raises."""


def _refuse_known(_value: Any, _immutable: bool) -> NoReturn:
    raise _Refused("a semantic tag other than 1 (a moment)")


def _refuse_unknown(_tag: Any, _immutable: bool) -> NoReturn:
    raise _Refused("a semantic tag other than 1 (a moment)")


def _moment(value: Any, _immutable: bool) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused("a moment that is not a number of seconds")
    try:
        return moment_from_number(value)
    except (ValueError, OverflowError):
        raise _Refused("a moment out of range") from None


_TAGS = {1: _moment, **dict.fromkeys(_KNOWN_TAGS, _refuse_known)}


def decode_cbor(body: bytes, depth: int) -> Any:
    """Read one CBOR value.

    Raises:
        MalformedRequest: not CBOR, a key twice, a key that is no text, a tag other than 1, invalid UTF-8, bytes after the end.
        LimitExceeded: nested more deeply than `depth`, or longer than `CBOR_BYTES`.
    """
    if len(body) > CBOR_BYTES:
        raise LimitExceeded(f"the body is too long: it exceeds the maximum of {CBOR_BYTES} bytes of CBOR")
    stream = BytesIO(body)
    decoder = cbor2.CBORDecoder(
        stream,
        tag_hook=_refuse_unknown,
        semantic_decoders=_TAGS,
        max_depth=depth,
        allow_duplicate_keys=False,
        strict_hashable_types=True,
    )
    try:
        value = decoder.decode()
    except cbor2.CBORError as error:
        if "nesting depth" in str(error):
            raise LimitExceeded(f"the body is nested more than {depth} levels deep") from None
        raise MalformedRequest(f"the body is not CBOR that is taken here: {_reason(error)}") from None
    except (OverflowError, MemoryError, ValueError, RecursionError) as error:
        raise MalformedRequest(f"the body is not CBOR that is taken here: {type(error).__name__.lower()}") from None
    if stream.tell() != len(body):
        raise MalformedRequest("the body goes on after the end of its CBOR value")
    return value


def _reason(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _Refused):
            return str(cause)
        cause = cause.__cause__
    return "ends too early" if isinstance(error, cbor2.CBORDecodeEOF) else str(error).partition(":")[0].lower()[:80]


def encode_cbor(value: Any) -> bytes:
    """Write one CBOR value; moments become tag 1, whole floats stay floats."""
    return cbor2.dumps(value, datetime_as_timestamp=True)
