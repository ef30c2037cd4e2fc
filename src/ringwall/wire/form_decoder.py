"""The query protocol's input: a flat form whose names are paths (`Tags.member.1.Key=team`), read as a tree and then by shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from ringwall.errors import LimitExceeded
from ringwall.wire.constraint import Check, Violations, check_members, check_of, missing
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.model import Ref, Service, Shape
from ringwall.wire.scalar_text import reader_of
from ringwall.wire.timestamp import ISO8601

FORM_FIELDS = 10_000
"""A form with more is refused: short names make a small body a large tree."""
FORM_BYTES = 1024 * 1024
"""A longer form is refused: percent-decoding costs eighty bytes of memory for one of input. AWS's largest (a template) is 51,200 bytes."""

_INDEX_DIGITS = 9


class Node:
    """What a form says under one name: a value of its own, names below it, or both."""

    __slots__ = ("below", "value")

    def __init__(self) -> None:
        self.value: str | None = None
        self.below: dict[str, Node] = {}


FormDecoder = Callable[[Node, str, Violations], Any]


def parse_form(body: bytes) -> dict[str, str]:
    """Read `application/x-www-form-urlencoded` (WHATWG URL section 5.1), strictly.

    Raises:
        MalformedRequest: not UTF-8, or a name twice.
        LimitExceeded: more than `FORM_FIELDS` fields or `FORM_BYTES` bytes.
    """
    if len(body) > FORM_BYTES:
        raise LimitExceeded(f"the form is too long: it exceeds the maximum of {FORM_BYTES} bytes")
    if body.count(b"&") >= FORM_FIELDS:
        raise LimitExceeded(f"the form has more than {FORM_FIELDS} fields")
    form: dict[str, str] = {}
    for pair in body.split(b"&"):
        if not pair:
            continue
        raw_name, _, raw_value = pair.partition(b"=")
        name, value = _decoded(raw_name), _decoded(raw_value)
        if name in form:
            raise MalformedRequest("the form has a name twice")
        form[name] = value
    return form


def _decoded(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise MalformedRequest("the form is not UTF-8") from None


def grow_tree(form: dict[str, str], depth: int) -> Node:
    """Arrange a form's names by their dots.

    Raises:
        LimitExceeded: a name has more than `depth` dots.
    """
    root = Node()
    for name, value in form.items():
        if name.count(".") > depth:
            raise LimitExceeded(f"the form is nested more than {depth} levels deep")
        node = root
        for part in name.split("."):
            node = node.below.setdefault(part, Node())
        node.value = value
    return root


def form_decoder_of(service: Service, ref: Ref) -> FormDecoder:
    """Return the compiled decoder of a use of a shape in forms."""
    key = (ref.shape, f"{ref.timestamp_format}|{ref.flattened}|{ref.location_name}", "decode-form")
    return service.compile_once(key, lambda: _compile(service, ref))


def _compile(service: Service, ref: Ref) -> FormDecoder:
    shape = service.shapes[ref.shape]
    if shape.type == "structure":
        return _structure(service, shape)
    if shape.type == "list":
        return _list(service, shape, ref)
    if shape.type == "map":
        return _map(service, shape, ref)
    return _scalar(shape, ref)


def _other_name(service: Service, ref: Ref) -> str:
    """Return the name of a flattened list's items, by which botocore calls the list where Smithy calls it by the member's."""
    shape = service.shapes[ref.shape]
    flat = shape.type == "list" and (shape.flattened or ref.flattened)
    return shape.member.location_name if flat and shape.member is not None else ""


def _structure(service: Service, shape: Shape) -> FormDecoder:
    members = {ref.location_name or name: (name, form_decoder_of(service, ref)) for name, ref in shape.members.items()}
    for name, ref in shape.members.items():
        other = _other_name(service, ref)
        if other:
            members.setdefault(other, (name, form_decoder_of(service, ref)))
    required = tuple(name for name in shape.required if name in shape.members)
    union = shape.union

    def decode(node: Node, path: str, violations: Violations) -> dict[str, Any]:
        out: dict[str, Any] = {}
        prefix = f"{path}." if path else ""
        for key, below in node.below.items():
            member = members.get(key)
            if member is not None:
                if member[0] in out:
                    raise MalformedRequest(f"`{prefix}{member[0]}` is there under two names")
                out[member[0]] = member[1](below, prefix + member[0], violations)
        check_members(out, required, violations, path, union=union)
        return out

    return decode


def _entries(node: Node, path: str) -> list[tuple[int, Node]]:
    """Return the numbered nodes below one, in order.

    Raises:
        MalformedRequest: something else stands among them.
    """
    found = []
    for text, below in node.below.items():
        if not (text.isascii() and text.isdigit()) or len(text) > _INDEX_DIGITS or (text != "0" and text.startswith("0")):
            raise MalformedRequest(f"`{path}` has an entry that is not a number")
        found.append((int(text), below))
    return sorted(found, key=lambda pair: pair[0])


def _list(service: Service, shape: Shape, ref: Ref) -> FormDecoder:
    if shape.member is None:
        raise MalformedRequest("the model has a list without a member")
    flat = shape.flattened or ref.flattened
    item_name = shape.member.location_name or "member"
    item_decoder = form_decoder_of(service, shape.member)
    check = check_of(shape)

    def decode(node: Node, path: str, violations: Violations) -> list[Any]:
        holder = node if flat else node.below.get(item_name)
        entries = [] if holder is None else _entries(holder, path)
        out = [item_decoder(below, f"{path}.{index}.member", violations) for index, (_, below) in enumerate(entries, 1)]
        if check is not None:
            check(out, path, violations)
        return out

    return decode


def _map(service: Service, shape: Shape, ref: Ref) -> FormDecoder:
    if shape.key is None or shape.value is None:
        raise MalformedRequest("the model has a map without a key or a value")
    flat = shape.flattened or ref.flattened
    key_name, value_name = shape.key.location_name or "key", shape.value.location_name or "value"
    key_decoder, value_decoder = form_decoder_of(service, shape.key), form_decoder_of(service, shape.value)
    check = check_of(shape)

    def decode(node: Node, path: str, violations: Violations) -> dict[str, Any]:
        holder = node if flat else node.below.get("entry")
        out: dict[str, Any] = {}
        for index, (_, below) in enumerate([] if holder is None else _entries(holder, path), 1):
            entry = f"{path}.{index}"
            if key_name not in below.below or value_name not in below.below:
                missing(violations, f"{entry}.{key_name if key_name not in below.below else value_name}")
                continue
            key = key_decoder(below.below[key_name], f"{entry}.key", violations)
            if key in out:
                raise MalformedRequest(f"`{path}` has a key twice")
            out[key] = value_decoder(below.below[value_name], f"{entry}.value", violations)
        if check is not None:
            check(out, path, violations)
        return out

    return decode


def _scalar(shape: Shape, ref: Ref) -> FormDecoder:
    read = reader_of(shape, ref, ISO8601)
    check: Check | None = check_of(shape)

    def decode(node: Node, path: str, violations: Violations) -> Any:
        if node.value is None or node.below:
            raise MalformedRequest(f"`{path}` must be a single value")
        value = read(node.value, path)
        if check is not None:
            check(value, path, violations)
        return value

    return decode
