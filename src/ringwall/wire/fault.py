"""Errors on the wire: modelled exceptions and the common ones, in the shape of each protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ringwall.wire.body_encoder import structure_encoder
from ringwall.wire.encode import RestEncoder
from ringwall.wire.message import HttpResponse
from ringwall.wire.model import Operation, Shape
from ringwall.wire.router import Match
from ringwall.wire.strict_cbor import encode_cbor
from ringwall.wire.strict_json import encode_json
from ringwall.wire.xml_encoder import namespace_attribute, xml_members, xml_text


class _Fault(msgspec.Struct, frozen=True):
    """What a caller of this module says of an error."""

    code: str
    message: str
    status: int
    sender: bool
    extra: Mapping[str, Any]


def encode_error(  # noqa: PLR0913, PLR0917 - an error has these parts, and callers hold them apart
    match: Match | None,
    protocol: str,
    code: str,
    message: str,
    status: int,
    fault: Literal["client", "server"],
    request_id: str,
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Write an error as AWS tells it.

    Args:
        match: the operation, None when the request was refused before one was found.
        protocol: the request's protocol (`guess_protocol` where there is no match).
        code: the exception's name or code; where the operation models it, status and fault come from the model.
        message: for a person.
        status: of HTTP.
        fault: `client` when the caller can mend it.
        request_id: goes into the headers, and into the body where the protocol has it there.
        extra: further members of the modelled exception, in botocore's names.
    """
    given = _Fault(code, message, status, fault == "client", extra or {})
    return _encode(match.operation if match is not None else None, protocol, given, request_id)


def _encode(operation: Operation | None, protocol: str, fault: _Fault, request_id: str) -> HttpResponse:
    modelled = _modelled(operation, fault)
    if protocol == "query":
        return _query_error(operation, modelled, request_id)
    headers = [("x-amzn-requestid", request_id), ("x-amzn-errortype", modelled.wire_code)]
    if operation is not None and operation.service.metadata.aws_query_compatible is not None:
        headers.append(("x-amzn-query-error", f"{modelled.query_code};{'Sender' if modelled.sender else 'Receiver'}"))
    if protocol == "rest-json":
        status, located, body = _rest_parts(operation, modelled)
        return HttpResponse(status, (*headers, *located), body)
    members = {"__type": modelled.wire_code, **_members(operation, modelled, cbor=protocol == "smithy-rpc-v2-cbor")}
    if protocol == "smithy-rpc-v2-cbor":
        headers += [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")]
        return HttpResponse(modelled.status, tuple(headers), encode_cbor(members))
    version = operation.service.metadata.json_version if operation is not None else "1.1"
    headers.append(("content-type", f"application/x-amz-json-{version}"))
    return HttpResponse(modelled.status, tuple(headers), encode_json(members))


class _Modelled(msgspec.Struct, frozen=True):
    """A fault beside what the model knows of it."""

    wire_code: str
    query_code: str
    status: int
    sender: bool
    members: dict[str, Any]
    shape: Shape | None = None


def _modelled(operation: Operation | None, fault: _Fault) -> _Modelled:
    found = operation.errors.get(fault.code) if operation is not None else None
    if operation is None or found is None:
        return _Modelled(fault.code, fault.code, fault.status, fault.sender, {"message": fault.message})
    name, code = found
    shape = operation.service.shapes[name]
    sender = fault.sender if not (shape.fault or shape.error.sender_fault) else not shape.fault
    message_name = "Message" if "Message" in shape.members else "message"
    # A query-compatible service has two names for an error: the shape's in the body, the old code in a header.
    wire_code = name if operation.service.metadata.aws_query_compatible is not None else code
    return _Modelled(
        wire_code, code, shape.error.http_status_code or fault.status, sender, {message_name: fault.message, **fault.extra}, shape
    )


def _members(operation: Operation | None, modelled: _Modelled, *, cbor: bool) -> dict[str, Any]:
    if operation is None or modelled.shape is None:
        return modelled.members
    encoded: dict[str, Any] = structure_encoder(operation.service, modelled.shape, cbor=cbor)(modelled.members)
    return {**_unmodelled_message(modelled), **encoded}


def _unmodelled_message(modelled: _Modelled) -> dict[str, Any]:
    """Return the message where the exception's shape has no member for it: clients show it all the same."""
    if modelled.shape is None:
        return {}
    return {name: text for name, text in modelled.members.items() if name == "message" and name not in modelled.shape.members and text}


def _rest_parts(operation: Operation | None, modelled: _Modelled) -> tuple[int, list[tuple[str, str]], bytes]:
    if operation is None or modelled.shape is None:
        return modelled.status, [("content-type", "application/json")], encode_json(modelled.members)
    status, headers, body = RestEncoder(operation.service, modelled.shape).encode(modelled.members, modelled.status)
    unmodelled = _unmodelled_message(modelled)
    if unmodelled:
        body = encode_json({**unmodelled, **structure_encoder(operation.service, modelled.shape, cbor=False)(modelled.members)})
    return status, headers, body


def _query_error(operation: Operation | None, modelled: _Modelled, request_id: str) -> HttpResponse:
    namespace = namespace_attribute(operation.service.metadata.xml_namespace) if operation is not None else ""
    pieces = [f"<ErrorResponse{namespace}><Error><Type>{'Sender' if modelled.sender else 'Receiver'}</Type>"]
    pieces.append(f"<Code>{xml_text(modelled.query_code)}</Code>")
    message = modelled.members.get("Message", modelled.members.get("message", ""))
    if message:
        pieces.append(f"<Message>{xml_text(str(message))}</Message>")
    if operation is not None and modelled.shape is not None:
        rest = {name: item for name, item in modelled.members.items() if name not in {"message", "Message"}}
        xml_members(operation.service, modelled.shape)(rest, "", pieces)
    pieces.append(f"</Error><RequestId>{xml_text(request_id)}</RequestId></ErrorResponse>")
    headers = (("x-amzn-requestid", request_id), ("content-type", "text/xml"))
    return HttpResponse(modelled.status, headers, "".join(pieces).encode())
