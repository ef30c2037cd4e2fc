"""One door for input: a matched request to the values that a handler gets."""

from __future__ import annotations

import zlib
from typing import Any

from ringwall.errors import LimitExceeded, Unserved
from ringwall.vocabulary import Limits
from ringwall.wire.body_decoder import decoder_of
from ringwall.wire.constraint import Violations, finish
from ringwall.wire.errors import MalformedRequest, UnsupportedEncoding
from ringwall.wire.form_decoder import form_decoder_of, grow_tree
from ringwall.wire.message import HttpRequest
from ringwall.wire.rest_decoder import RestDecoder
from ringwall.wire.router import Match
from ringwall.wire.strict_cbor import decode_cbor
from ringwall.wire.strict_json import decode_json


def decode_input(match: Match, request: HttpRequest, limits: Limits) -> dict[str, Any]:
    """Read a request's input.

    Returns:
        botocore's member names to values; timestamps are aware datetimes, blobs are bytes. Members that were not sent are absent.

    Raises:
        MalformedRequest: it cannot be read.
        ConstraintsViolated: it breaks constraints of the model; all are named (to a hundred), none with its value.
        LimitExceeded: larger or deeper than `limits`.
        UnsupportedEncoding: a content encoding that the operation does not take.
        Unserved: the operation sends an event stream.
    Cost: about 8 us for an ApplyGuardrail of 100 characters (benchmarks/wire.py).
    """
    body = _plain_body(match, request, limits)
    if match.protocol == "rest-json":
        decoder = match.operation.compiled.get(("rest-json", "in"))
        if decoder is None:
            decoder = match.operation.compiled["rest-json", "in"] = RestDecoder(match.operation).decode
        decoded: dict[str, Any] = decoder(match.path_params, request, body, limits.json_depth)
        return decoded
    if match.protocol == "query":
        return _decode_form(match, limits)
    return _decode_rpc(match, body, limits, cbor=match.protocol == "smithy-rpc-v2-cbor")


def _plain_body(match: Match, request: HttpRequest, limits: Limits) -> bytes:
    """Return the body without its content encoding: gzip where the operation takes it, nothing else."""
    if len(request.body) > limits.body_bytes:
        raise LimitExceeded(f"the body is too long: it exceeds the maximum of {limits.body_bytes} bytes")
    encoding = request.header("content-encoding")
    if encoding is None or encoding.strip().lower() in {"", "identity"}:
        return request.body
    if encoding.strip().lower() != "gzip" or not match.operation.accepts_gzip or match.protocol == "query":
        raise UnsupportedEncoding(f"{match.operation.name} takes no content encoding `{encoding[:40]}`")
    inflater = zlib.decompressobj(wbits=31)
    try:
        body = inflater.decompress(request.body, limits.body_bytes)
    except zlib.error:
        raise MalformedRequest("the body is not gzip") from None
    if inflater.unconsumed_tail:
        raise LimitExceeded(f"the unpacked body is too long: it exceeds the maximum of {limits.body_bytes} bytes")
    if not inflater.eof or inflater.unused_data:
        raise MalformedRequest("the body is not one whole gzip member")
    return body


def _decode_form(match: Match, limits: Limits) -> dict[str, Any]:
    if match.operation.input is None:
        return {}
    violations: Violations = []
    tree = grow_tree(match.form, limits.json_depth)
    decoded: dict[str, Any] = form_decoder_of(match.service, match.operation.input)(tree, "", violations)
    finish(violations)
    return decoded


def _decode_rpc(match: Match, body: bytes, limits: Limits, *, cbor: bool) -> dict[str, Any]:
    if match.operation.input_is_event_stream:
        raise Unserved(f"`{match.operation.name}` sends an event stream, which ringwall does not take")
    read = decode_cbor if cbor else decode_json
    value = read(body, limits.json_depth) if body else {}
    if match.operation.input is None:
        return {}
    violations: Violations = []
    decoded: dict[str, Any] = decoder_of(match.service, match.operation.input, cbor=cbor)(value, "", violations)
    finish(violations)
    return decoded
