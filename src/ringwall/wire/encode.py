"""One door for output: what a handler answered to bytes, in the protocol of the request."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ringwall.errors import Bug
from ringwall.wire.body_encoder import base64_text, encoder_of, structure_encoder
from ringwall.wire.message import HttpResponse
from ringwall.wire.model import Operation, Ref, Service, Shape
from ringwall.wire.router import Match
from ringwall.wire.scalar_words import words_of
from ringwall.wire.strict_cbor import encode_cbor
from ringwall.wire.strict_json import encode_json
from ringwall.wire.timestamp import RFC822
from ringwall.wire.xml_encoder import namespace_attribute, xml_encoder_of, xml_members, xml_text

Headers = list[tuple[str, str]]
Body = Callable[[Any], tuple[bytes, str]]
"""Makes a body and its content type from a handler's answer."""

EVENT_STREAM = "application/vnd.amazon.eventstream"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NEEDS_QUOTES = re.compile(r'[",]')


def encode_output(match: Match, value: dict[str, Any], request_id: str) -> HttpResponse:
    """Write an answer.

    Args:
        match: the operation that was asked for, and in which protocol.
        value: the handler's answer in botocore's member names. Members that the model has not are left out.
        request_id: goes into the headers, and into the body where the protocol has it there.

    Returns:
        the answer; for an operation that answers with an event stream only its head, to be followed by `encode_event`'s messages.

    Raises:
        Bug: the answer does not fit the model.
    """
    if match.protocol == "rest-json":
        return _encode_rest(match.operation, value, request_id)
    headers: Headers = [("x-amzn-requestid", request_id)]
    if match.protocol == "query":
        headers.append(("content-type", "text/xml"))
        return HttpResponse(200, tuple(headers), _query_body(match.operation, value, request_id))
    if match.operation.event_stream_member is not None:
        headers.append(("content-type", EVENT_STREAM))
        return HttpResponse(200, tuple(headers), b"")
    if match.protocol == "smithy-rpc-v2-cbor":
        headers += [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")]
        return HttpResponse(200, tuple(headers), _rpc_body(match.operation, value, cbor=True))
    headers.append(("content-type", f"application/x-amz-json-{match.service.metadata.json_version}"))
    return HttpResponse(200, tuple(headers), _rpc_body(match.operation, value, cbor=False))


def _rpc_body(operation: Operation, value: dict[str, Any], *, cbor: bool) -> bytes:
    write = encode_cbor if cbor else encode_json
    if operation.output is None:
        return b"" if cbor else b"{}"
    encoder = encoder_of(operation.service, operation.output, cbor=cbor)
    return write(value if encoder is None else encoder(value))


def _query_body(operation: Operation, value: dict[str, Any], request_id: str) -> bytes:
    service, ref = operation.service, operation.output
    namespace = namespace_attribute(service.metadata.xml_namespace)
    pieces = [f"<{operation.name}Response{namespace}>"]
    if ref is not None:
        if ref.result_wrapper:
            xml_encoder_of(service, ref)(value, ref.result_wrapper, pieces)
        else:
            xml_members(service, service.shapes[ref.shape])(value, "", pieces)
    pieces.append(f"<ResponseMetadata><RequestId>{xml_text(request_id)}</RequestId></ResponseMetadata></{operation.name}Response>")
    return "".join(pieces).encode()


def _encode_rest(operation: Operation, value: dict[str, Any], request_id: str) -> HttpResponse:
    compiled = operation.compiled.get(("rest-json", "out"))
    if compiled is None:
        compiled = operation.compiled["rest-json", "out"] = RestEncoder(operation.service, operation.shape(operation.output)).encode
    status, headers, body = compiled(value, operation.status)
    return HttpResponse(status, (("x-amzn-requestid", request_id), *headers), body)


class RestEncoder:
    """The compiled output (or exception) of a rest-json operation: members in the status, in headers and in the body."""

    def __init__(self, service: Service, shape: Shape | None) -> None:
        shape = shape or Shape("structure")
        self._service = service
        self._located = [(name, ref, service.shapes[ref.shape]) for name, ref in shape.members.items() if ref.location]
        self._body = _payload(service, shape, shape.payload) if shape.payload else _members(service, shape)

    def encode(self, value: dict[str, Any], status: int) -> tuple[int, Headers, bytes]:
        """Return status, headers (without the request id) and body."""
        headers: Headers = []
        for name, ref, shape in self._located:
            item = value.get(name)
            if item is None:
                continue
            wire = (ref.location_name or name).lower()
            if ref.location == "statusCode":
                status = int(item)
            elif ref.location == "headers":
                prefix = (ref.location_name or "").lower()
                headers += [(_safe(f"{prefix}{key.lower()}"), _safe(str(text))) for key, text in item.items()]
            else:
                headers.append((wire, _safe(header_text(self._service, item, shape, ref))))
        body, content_type = self._body(value)
        if not any(name == "content-type" for name, _ in headers):
            headers.append(("content-type", content_type))
        return status, headers, body


def _members(service: Service, shape: Shape) -> Body:
    encoder = structure_encoder(service, shape, cbor=False)
    return lambda value: (encode_json(encoder(value)), "application/json")


def _payload(service: Service, shape: Shape, name: str) -> Body:
    """The member that is the whole body."""
    ref = shape.members[name]
    target = service.shapes[ref.shape]
    if target.eventstream:
        return lambda _value: (b"", EVENT_STREAM)
    if target.type in {"structure", "list", "map"} or target.document:
        encoder = encoder_of(service, ref, cbor=False)

        def structured(value: Any) -> tuple[bytes, str]:
            item = value.get(name)
            if item is None:
                return b"", "application/json"
            return encode_json(item if encoder is None else encoder(item)), "application/json"

        return structured
    content_type = "text/plain" if target.type == "string" else "application/octet-stream"

    def raw(value: Any) -> tuple[bytes, str]:
        item = value.get(name) or b""
        return item.encode() if isinstance(item, str) else bytes(item), content_type

    return raw


def header_text(service: Service, value: Any, shape: Shape, ref: Ref) -> str:
    """Write a member as a header's value; lists are joined with commas, items with commas or quotes in them quoted."""
    if shape.jsonvalue or ref.jsonvalue:
        return base64_text(encode_json(value))
    if shape.type != "list" or shape.member is None:
        return words_of(value, shape, ref, RFC822)
    item_shape = service.shapes[shape.member.shape]
    items = [words_of(item, item_shape, shape.member, RFC822) for item in value]
    if item_shape.type == "string":
        items = [_quoted(item) if _NEEDS_QUOTES.search(item) else item for item in items]
    return ", ".join(items)


def _quoted(item: str) -> str:
    escaped = item.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _safe(text: str) -> str:
    """Refuse what would end a header and begin another."""
    if _CONTROL.search(text):
        raise Bug("a handler answered with control characters in a header")
    return text
