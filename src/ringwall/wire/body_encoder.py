"""Members to values of JSON and CBOR bodies: compiled once per shape. Members that the model has not never leave."""

from __future__ import annotations

import binascii
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ringwall.errors import Bug
from ringwall.wire.model import Ref, Service, Shape
from ringwall.wire.timestamp import UNIX, aware, form_of, number_from_moment, text_from_moment

Encoder = Callable[[Any], Any]


def encoder_of(service: Service, ref: Ref, *, cbor: bool) -> Encoder | None:
    """Return the compiled encoder for a use of a shape; None where values go out as they are."""
    shape = service.shapes[ref.shape]
    if shape.document:
        return None
    if shape.type not in {"structure", "list", "map"}:
        return _scalar_encoder(shape, ref, cbor=cbor)
    key = (ref.shape, ref.timestamp_format, "encode-cbor" if cbor else "encode-json")
    return service.compile_once(key, lambda: _compile(service, shape, cbor=cbor))


def _compile(service: Service, shape: Shape, *, cbor: bool) -> Encoder:
    if shape.type == "structure":
        return structure_encoder(service, shape, cbor=cbor)
    if shape.type == "list":
        return _list_encoder(service, shape, cbor=cbor)
    return _map_encoder(service, shape, cbor=cbor)


def structure_encoder(service: Service, shape: Shape, *, cbor: bool) -> Encoder:
    """Compile the members of a structure that stand in a body."""
    members = {
        name: (ref.location_name or name, encoder_of(service, ref, cbor=cbor)) for name, ref in shape.members.items() if not ref.location
    }
    plain = frozenset(name for name, (wire, encoder) in members.items() if encoder is None and wire == name)

    def encode(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Bug("a handler answered with something else where the model has a structure")
        if value.keys() <= plain and None not in value.values():
            return value  # it goes out as it is
        out: dict[str, Any] = {}
        for name, item in value.items():
            member = members.get(name)
            if member is not None and item is not None:
                wire, encoder = member
                out[wire] = item if encoder is None else encoder(item)
        return out

    return encode


def _list_encoder(service: Service, shape: Shape, *, cbor: bool) -> Encoder:
    encoder = encoder_of(service, shape.member, cbor=cbor) if shape.member is not None else None

    def encode(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise Bug("a handler answered with something else where the model has a list")
        if encoder is None:
            return list(value)
        return [None if item is None else encoder(item) for item in value]

    return encode


def _map_encoder(service: Service, shape: Shape, *, cbor: bool) -> Encoder:
    encoder = encoder_of(service, shape.value, cbor=cbor) if shape.value is not None else None

    def encode(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Bug("a handler answered with something else where the model has a map")
        if encoder is None:
            return value
        return {key: None if item is None else encoder(item) for key, item in value.items()}

    return encode


def _scalar_encoder(shape: Shape, ref: Ref, *, cbor: bool) -> Encoder | None:
    if shape.type == "timestamp":
        form = form_of(ref.timestamp_format or shape.timestamp_format, UNIX)
        return _cbor_moment if cbor else _json_moment(form)
    if shape.type == "blob":
        return _as_bytes if cbor else base64_text
    if shape.type in {"float", "double"} and not cbor:
        return json_float
    return None


def _json_moment(form: str) -> Encoder:
    def encode(value: Any) -> Any:
        moment = _as_moment(value)
        return number_from_moment(moment) if form == UNIX else text_from_moment(moment, form)

    return encode


def _cbor_moment(value: Any) -> datetime:
    return aware(_as_moment(value))


def _as_moment(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise Bug("a handler answered with something else where the model has a timestamp")
    return value


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes | bytearray):
        raise Bug("a handler answered with something else where the model has a blob")
    return bytes(value)


def base64_text(value: Any) -> str:
    """Write a blob as text."""
    return binascii.b2a_base64(_as_bytes(value), newline=False).decode()


def json_float(value: Any) -> Any:
    """Write a number; NaN and the infinities, which JSON has not, become the words that AWS uses."""
    if isinstance(value, float) and not math.isfinite(value):
        return float_word(value)
    return value


def float_word(value: float) -> str:
    """Name a number that is not finite."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
