"""Input of rest-json operations: members in the path, the query, headers and the body."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from ringwall.errors import LimitExceeded, Unserved
from ringwall.wire.body_decoder import decoder_of, structure_decoder
from ringwall.wire.canonical import QUERY_BYTES
from ringwall.wire.constraint import Check, Violations, check_of, finish, missing
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.message import HttpRequest
from ringwall.wire.model import Operation, Ref, Service, Shape
from ringwall.wire.scalar_text import reader_of
from ringwall.wire.strict_json import decode_json
from ringwall.wire.timestamp import ISO8601, RFC822

_PLAIN = re.compile(rb"[A-Za-z0-9._~:@!$&'()*+,;=-]*")
_LIST_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,"\s][^,]*|))\s*(?:,|\Z)')
_DATE_ITEM = re.compile(r"\s*([A-Za-z]{3},[^,]*|[^,]*)\s*(?:,|\Z)")
_UNESCAPE = re.compile(r"\\(.)")

Query = list[tuple[str, str]]
Source = Callable[[Mapping[str, bytes], HttpRequest, Query], Any]
"""Finds one member in a request; returns None where it is not there."""


def percent_decoded(raw: bytes) -> str:
    """Read one percent-encoded piece of a path or query (`+` is a plus sign, as it is in what SigV4 signs).

    Raises:
        MalformedRequest: not UTF-8.
    """
    try:
        return (raw if _PLAIN.fullmatch(raw) else unquote_to_bytes(raw)).decode()
    except UnicodeDecodeError:
        raise MalformedRequest("the path or query is not UTF-8") from None


def parse_query(query: bytes) -> Query:
    """Read a query string into names and values, in order.

    Raises:
        MalformedRequest: not UTF-8.
        LimitExceeded: longer than `QUERY_BYTES`.
    """
    if len(query) > QUERY_BYTES:
        raise LimitExceeded(f"the query is too long: it exceeds the maximum of {QUERY_BYTES} bytes")
    pairs = []
    for part in query.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((percent_decoded(name), percent_decoded(value)))
    return pairs


class RestDecoder:
    """The compiled input of one operation."""

    def __init__(self, operation: Operation) -> None:
        service = operation.service
        shape = operation.shape(operation.input) or Shape("structure")
        if operation.input_is_event_stream:
            raise Unserved(f"`{operation.name}` sends an event stream, which ringwall does not take")
        self._required = tuple(  # the body's own decoder looks after the rest
            name for name in shape.required if name in shape.members and (shape.members[name].location or name == shape.payload)
        )
        self._located = [
            (name, _source(service, name, ref), check_of(service.shapes[ref.shape]) if _checked(service, ref) else None)
            for name, ref in shape.members.items()
            if ref.location
        ]
        self._payload = _payload_decoder(service, shape) if shape.payload else None
        self._payload_name = shape.payload
        has_body = any(not ref.location for ref in shape.members.values())
        self._body = structure_decoder(service, shape, cbor=False) if has_body and not shape.payload else None

    def decode(self, params: Mapping[str, bytes], request: HttpRequest, body: bytes, depth: int) -> dict[str, Any]:
        """Read one request.

        Raises:
            MalformedRequest, LimitExceeded: it cannot be read.
            ConstraintsViolated: it can, and breaks these constraints, all of which are named.
        """
        violations: Violations = []
        out: dict[str, Any] = {}
        query = parse_query(request.query) if request.query else []
        for name, source, check in self._located:
            value = source(params, request, query)
            if value is not None:
                if check is not None:
                    check(value, name, violations)
                out[name] = value
        if self._payload is not None:
            value = self._payload(body, depth, violations)
            if value is not None:
                out[self._payload_name] = value
        elif self._body is not None:
            out.update(self._body(decode_json(body, depth) if body else {}, "", violations))
        for name in self._required:
            if name not in out:
                missing(violations, name)
        finish(violations)
        return out


def _checked(service: Service, ref: Ref) -> bool:
    return not (ref.jsonvalue or service.shapes[ref.shape].jsonvalue)


def _source(service: Service, name: str, ref: Ref) -> Source:
    wire = ref.location_name or name
    target = service.shapes[ref.shape]
    if ref.location == "uri":
        read = reader_of(target, ref, ISO8601)
        return lambda params, _request, _query: read(percent_decoded(params[wire]), name) if wire in params else None
    if ref.location == "header":
        return _header_source(service, target, ref, wire.lower(), name)
    if ref.location == "headers":
        return _prefix_source(wire.lower())
    if ref.location == "querystring":
        return _query_source(service, name, ref, wire)
    raise MalformedRequest(f"the model puts `{name[:60]}` in `{ref.location[:20]}`, which no request has")


def _header_source(service: Service, target: Shape, ref: Ref, wire: str, name: str) -> Source:
    if target.type != "list" or target.member is None:
        read = reader_of(target, ref, RFC822)

        def single(_params: Mapping[str, bytes], request: HttpRequest, _query: Query) -> Any:
            values = request.header_values(wire)
            if len(values) > 1:
                raise MalformedRequest(f"the header `{wire}` is there more than once")
            return read(values[0].strip(" \t"), name) if values else None

        return single
    item = service.shapes[target.member.shape]
    read_item = reader_of(item, target.member, RFC822)
    splitter = _DATE_ITEM if item.type == "timestamp" else _LIST_ITEM

    def several(_params: Mapping[str, bytes], request: HttpRequest, _query: Query) -> Any:
        values = request.header_values(wire)
        return [read_item(text, name) for value in values for text in _split_header(value, splitter)] if values else None

    return several


def _split_header(value: str, splitter: re.Pattern[str]) -> list[str]:
    """Split a header's list at its commas; items may be quoted (RFC 9110 section 5.6.1)."""
    items = []
    at = 0
    while at < len(value):
        found = splitter.match(value, at)
        if found is None:
            raise MalformedRequest("a header's list has an unclosed quotation mark")
        quoted = found[1] if splitter is _LIST_ITEM else None
        items.append(_UNESCAPE.sub(r"\1", quoted) if quoted is not None else found[found.lastindex or 0].strip())
        at = found.end()
    return items


def _prefix_source(prefix: str) -> Source:
    def source(_params: Mapping[str, bytes], request: HttpRequest, _query: Query) -> Any:
        found = {key[len(prefix) :]: value for key, value in request.headers if key.startswith(prefix) and key != prefix}
        return found or None

    return source


def _query_source(service: Service, name: str, ref: Ref, wire: str) -> Source:
    target = service.shapes[ref.shape]
    if target.type == "map":
        return _query_map_source(service, target)
    if target.type == "list" and target.member is not None:
        read_item = reader_of(service.shapes[target.member.shape], target.member, ISO8601)
        return lambda _params, _request, query: [read_item(value, name) for key, value in query if key == wire] or None
    read = reader_of(target, ref, ISO8601)

    def single(_params: Mapping[str, bytes], _request: HttpRequest, query: Query) -> Any:
        values = [value for key, value in query if key == wire]
        if len(values) > 1:
            raise MalformedRequest(f"the query has `{name}` more than once")
        return read(values[0], name) if values else None

    return single


def _query_map_source(service: Service, target: Shape) -> Source:
    """All parameters of the query, those of other members among them (Smithy, `httpQueryParams`: servers put all of them in the map)."""
    of_lists = target.value is not None and service.shapes[target.value.shape].type == "list"

    def source(_params: Mapping[str, bytes], _request: HttpRequest, query: Query) -> Any:
        found: dict[str, Any] = {}
        for key, value in query:
            if of_lists:
                found.setdefault(key, []).append(value)
            else:
                found.setdefault(key, value)
        return found or None

    return source


PayloadDecoder = Callable[[bytes, int, Violations], Any]


def _payload_decoder(service: Service, shape: Shape) -> PayloadDecoder:
    """The member that is the whole body."""
    name = shape.payload
    ref = shape.members[name]
    target = service.shapes[ref.shape]
    if target.type in {"structure", "list", "map"} or target.document:
        decode = decoder_of(service, ref, cbor=False)
        return lambda body, depth, violations: decode(decode_json(body, depth), name, violations) if body else None
    check: Check | None = check_of(target)
    text = target.type == "string"

    def raw(body: bytes, _depth: int, violations: Violations) -> Any:
        if not body and not target.streaming:
            return None
        try:
            value = body.decode() if text else body
        except UnicodeDecodeError:
            raise MalformedRequest(f"`{name}` is not UTF-8") from None
        if check is not None:
            check(value, name, violations)
        return value

    return raw
