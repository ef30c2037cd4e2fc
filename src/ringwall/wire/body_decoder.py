"""Values of JSON and CBOR bodies to members: compiled once per shape, constraints included.

A compiled decoder takes (value, path, violations) and returns what a handler gets: botocore's member names, moments as datetimes, blobs as
bytes. A wrong type is refused at once; broken constraints are collected. Members that the model has not are ignored, as AWS does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ringwall.wire.constraint import Check, Violations, check_members, check_of, integer_bounds, is_integer, missing
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.model import Ref, Service, Shape
from ringwall.wire.scalar_text import read_base64
from ringwall.wire.timestamp import UNIX, form_of, moment_from_number, moment_from_text

Decoder = Callable[[Any, str, Violations], Any]

_FLOAT_WORDS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def decoder_of(service: Service, ref: Ref, *, cbor: bool) -> Decoder:
    """Return the compiled decoder for a use of a shape."""
    key = (ref.shape, ref.timestamp_format, "decode-cbor" if cbor else "decode-json")
    return service.compile_once(key, lambda: _compile(service, ref, cbor=cbor))


def _compile(service: Service, ref: Ref, *, cbor: bool) -> Decoder:
    shape = service.shapes[ref.shape]
    if shape.document:
        return _refused_document if cbor else _document
    if shape.type == "structure":
        return structure_decoder(service, shape, cbor=cbor)
    if shape.type == "list":
        return _list_decoder(service, shape, cbor=cbor)
    if shape.type == "map":
        return _map_decoder(service, shape, cbor=cbor)
    return _scalar_decoder(shape, ref, cbor=cbor)


def _document(value: Any, _path: str, _violations: Violations) -> Any:
    return value


def _refused_document(_value: Any, path: str, _violations: Violations) -> Any:
    raise MalformedRequest(f"`{path}` is a document, which CBOR requests cannot carry (Smithy RPC v2 CBOR, serialization)")


def structure_decoder(service: Service, shape: Shape, *, cbor: bool) -> Decoder:
    """Compile the members of a structure that stand in a body, those with a place of their own (path, header, query) left out."""
    members = {
        ref.location_name or name: (name, decoder_of(service, ref, cbor=cbor)) for name, ref in shape.members.items() if not ref.location
    }
    required = tuple(name for name in shape.required if name in shape.members and not shape.members[name].location)
    union = shape.union

    def decode(value: Any, path: str, violations: Violations) -> dict[str, Any]:
        if type(value) is not dict:
            raise MalformedRequest(f"`{path or 'the body'}` must be a structure")
        out: dict[str, Any] = {}
        prefix = f"{path}." if path else ""
        for key, item in value.items():
            member = members.get(key)
            if member is not None and item is not None:
                out[member[0]] = member[1](item, prefix + member[0], violations)
        check_members(out, required, violations, path, union=union)
        return out

    return decode


def _list_decoder(service: Service, shape: Shape, *, cbor: bool) -> Decoder:
    if shape.member is None:
        raise MalformedRequest("the model has a list without a member")
    item_decoder = decoder_of(service, shape.member, cbor=cbor)
    check = check_of(shape)

    def decode(value: Any, path: str, violations: Violations) -> list[Any]:
        if type(value) is not list:
            raise MalformedRequest(f"`{path}` must be a list")
        if check is not None:
            check(value, path, violations)
        out = []
        for index, item in enumerate(value, 1):
            item_path = f"{path}.{index}.member"
            if item is None:
                missing(violations, item_path)
            else:
                out.append(item_decoder(item, item_path, violations))
        return out

    return decode


def _map_decoder(service: Service, shape: Shape, *, cbor: bool) -> Decoder:
    if shape.key is None or shape.value is None:
        raise MalformedRequest("the model has a map without a key or a value")
    value_decoder = decoder_of(service, shape.value, cbor=cbor)
    check = check_of(shape)
    key_check = check_of(service.shapes[shape.key.shape])

    def decode(value: Any, path: str, violations: Violations) -> dict[str, Any]:
        if type(value) is not dict:
            raise MalformedRequest(f"`{path}` must be a map")
        if check is not None:
            check(value, path, violations)
        out = {}
        for index, (key, item) in enumerate(value.items(), 1):  # keys may be anyone's text: paths count entries
            if type(key) is not str:
                raise MalformedRequest(f"`{path}` has a key that is not text")
            if key_check is not None:
                key_check(key, f"{path}.{index}.key", violations)
            if item is None:
                missing(violations, f"{path}.{index}.value")
            else:
                out[key] = value_decoder(item, f"{path}.{index}.value", violations)
        return out

    return decode


def _scalar_decoder(shape: Shape, ref: Ref, *, cbor: bool) -> Decoder:
    check = check_of(shape)
    if shape.type == "string":
        return _string_decoder(check)
    if shape.type == "timestamp":
        form = form_of(ref.timestamp_format or shape.timestamp_format, UNIX)
        return _cbor_moment if cbor else _json_moment(form)
    if shape.type == "boolean":
        return _boolean
    convert = _converter(shape, cbor=cbor)
    if check is None:
        return lambda value, path, _violations: convert(value, path)

    def decode(value: Any, path: str, violations: Violations) -> Any:
        converted = convert(value, path)
        check(converted, path, violations)
        return converted

    return decode


def _converter(shape: Shape, *, cbor: bool) -> Callable[[Any, str], Any]:
    if is_integer(shape.type):
        low, high = integer_bounds(shape.type)
        return lambda value, path: _integer(value, path, low, high)
    if shape.type in {"float", "double"}:
        return _float
    if shape.type == "blob":
        return _cbor_blob if cbor else _json_blob
    raise MalformedRequest(f"the model has a `{shape.type[:40]}`, which is no type that is known here")


def _string_decoder(check: Check | None) -> Decoder:
    def plain(value: Any, path: str, _violations: Violations) -> str:
        if type(value) is not str:
            raise MalformedRequest(f"`{path}` must be a string")
        return value

    if check is None:
        return plain

    def checked(value: Any, path: str, violations: Violations) -> str:
        if type(value) is not str:
            raise MalformedRequest(f"`{path}` must be a string")
        check(value, path, violations)
        return value

    return checked


def _boolean(value: Any, path: str, _violations: Violations) -> bool:
    if type(value) is not bool:
        raise MalformedRequest(f"`{path}` must be true or false")
    return value


def _integer(value: Any, path: str, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise MalformedRequest(f"`{path}` must be a whole number from {low} to {high}")
    return value


def _float(value: Any, path: str) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise MalformedRequest(f"`{path}` is out of range") from None
    word = _FLOAT_WORDS.get(value) if type(value) is str else None
    if word is None:
        raise MalformedRequest(f"`{path}` must be a number")
    return word


def _json_blob(value: Any, path: str) -> bytes:
    if type(value) is not str:
        raise MalformedRequest(f"`{path}` must be base64 in a string")
    return read_base64(value, path)


def _cbor_blob(value: Any, path: str) -> bytes:
    if type(value) is not bytes:
        raise MalformedRequest(f"`{path}` must be a byte string")
    return value


def _json_moment(form: str) -> Decoder:
    def decode(value: Any, path: str, _violations: Violations) -> datetime:
        try:
            if form == UNIX and type(value) in {int, float}:
                return moment_from_number(value)
            if type(value) is str and form != UNIX:
                return moment_from_text(value, form)
        except (ValueError, OverflowError) as error:
            raise MalformedRequest(f"`{path}` is not a timestamp ({form}): {error}") from None
        raise MalformedRequest(f"`{path}` must be a timestamp ({form})")

    return decode


def _cbor_moment(value: Any, path: str, _violations: Violations) -> datetime:
    if not isinstance(value, datetime):
        raise MalformedRequest(f"`{path}` must be a moment (tag 1)")
    return value
