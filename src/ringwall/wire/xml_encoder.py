"""Members to XML, as the query protocol answers: compiled once per shape to functions that append to a list of pieces."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ringwall.errors import Bug
from ringwall.wire.model import Namespace, Ref, Service, Shape
from ringwall.wire.scalar_words import words_of
from ringwall.wire.timestamp import ISO8601

XmlEncoder = Callable[[Any, str, list[str]], None]
"""Takes a value, the element's name and the pieces to append to."""

# XML 1.0 section 2.2: characters that no document may hold, not even escaped. U+FFFD stands for them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;"})


def xml_text(text: str) -> str:
    """Escape text for an element or an attribute."""
    return _FORBIDDEN.sub("�", text).translate(_SPECIAL)


def xml_encoder_of(service: Service, ref: Ref) -> XmlEncoder:
    """Return the compiled encoder for a use of a shape."""
    namespace = namespace_attribute(ref.xml_namespace or service.shapes[ref.shape].xml_namespace)
    key = (ref.shape, f"{ref.timestamp_format}|{ref.flattened}|{namespace}", "encode-xml")
    return service.compile_once(key, lambda: _compile(service, ref, namespace))


def _compile(service: Service, ref: Ref, namespace: str) -> XmlEncoder:
    shape = service.shapes[ref.shape]
    flat = ref.flattened or shape.flattened
    if shape.type == "structure":
        return _structure(service, shape, namespace)
    if shape.type == "list":
        return _list(service, shape, namespace, flat=flat)
    if shape.type == "map":
        return _map(service, shape, namespace, flat=flat)

    def scalar(value: Any, name: str, pieces: list[str]) -> None:
        pieces.append(f"<{name}{namespace}>{xml_text(words_of(value, shape, ref, ISO8601))}</{name}>")

    return scalar


def namespace_attribute(namespace: Namespace | str) -> str:
    """Write a namespace's declaration, with a space before it."""
    if not namespace:
        return ""
    uri, prefix = (namespace, "") if isinstance(namespace, str) else (namespace.uri, namespace.prefix)
    return f' xmlns{":" if prefix else ""}{prefix}="{xml_text(uri)}"'


def xml_members(service: Service, shape: Shape) -> XmlEncoder:
    """Compile the members of a structure without an element around them (the name is not used)."""
    members = [
        (name, ref.location_name or name, xml_encoder_of(service, ref))
        for name, ref in shape.members.items()
        if not ref.location and not ref.xml_attribute
    ]

    def encode(value: Any, _name: str, pieces: list[str]) -> None:
        if not isinstance(value, dict):
            raise Bug("a handler answered with something else where the model has a structure")
        for name, wire, encoder in members:
            item = value.get(name)
            if item is not None:
                encoder(item, wire, pieces)

    return encode


def _structure(service: Service, shape: Shape, namespace: str) -> XmlEncoder:
    inner = xml_members(service, shape)
    attributes = [(name, ref.location_name or name, ref) for name, ref in shape.members.items() if ref.xml_attribute]

    def encode(value: Any, name: str, pieces: list[str]) -> None:
        pieces.append(f"<{name}{namespace}")
        for member, wire, ref in attributes:
            if isinstance(value, dict) and value.get(member) is not None:
                pieces.append(f' {wire}="{xml_text(words_of(value[member], service.shapes[ref.shape], ref, ISO8601))}"')
        pieces.append(">")
        inner(value, name, pieces)
        pieces.append(f"</{name}>")

    return encode


def _list(service: Service, shape: Shape, namespace: str, *, flat: bool) -> XmlEncoder:
    if shape.member is None:
        raise Bug("the model has a list without a member")
    item_encoder = xml_encoder_of(service, shape.member)
    item_name = shape.member.location_name

    def encode(value: Any, name: str, pieces: list[str]) -> None:
        if not isinstance(value, list | tuple):
            raise Bug("a handler answered with something else where the model has a list")
        if not flat:
            pieces.append(f"<{name}{namespace}>")
        for item in value:
            item_encoder(item, item_name or (name if flat else "member"), pieces)
        if not flat:
            pieces.append(f"</{name}>")

    return encode


def _map(service: Service, shape: Shape, namespace: str, *, flat: bool) -> XmlEncoder:
    if shape.key is None or shape.value is None:
        raise Bug("the model has a map without a key or a value")
    key_name, value_name = shape.key.location_name or "key", shape.value.location_name or "value"
    key_encoder, value_encoder = xml_encoder_of(service, shape.key), xml_encoder_of(service, shape.value)

    def encode(value: Any, name: str, pieces: list[str]) -> None:
        if not isinstance(value, dict):
            raise Bug("a handler answered with something else where the model has a map")
        opening, closing = (f"<{name}{namespace}>", f"</{name}>") if flat else ("<entry>", "</entry>")
        if not flat:
            pieces.append(f"<{name}{namespace}>")
        for key, item in value.items():
            pieces.append(opening)
            key_encoder(key, key_name, pieces)
            value_encoder(item, value_name, pieces)
            pieces.append(closing)
        if not flat:
            pieces.append(f"</{name}>")

    return encode
