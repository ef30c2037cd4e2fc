"""FieldToMatch: which parts of a request a statement looks at, and what it does where there is more than may be looked at.

A field gives the parts to inspect (a match in any of them is a match), or an answer without looking: the oversize or fallback setting
decided. Limits are AWS's: 8,192 bytes and 200 names for headers and cookies, the web ACL's body limit for bodies.
Source: AWS WAF Developer Guide, "Request component options" and "Handling oversize web request components".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ringwall.policies.waf.element import Element
from ringwall.policies.waf.errors import InvalidWafDocument
from ringwall.policies.waf.json_body import JsonElement, read_json, read_pointer
from ringwall.policies.waf.request import RequestView

MAP_BYTES = 8192
MAP_NAMES = 200
NAME_MAX = 64
ARGUMENT_NAME_MAX = 30
NAMES_MAX = 199
POINTERS_MAX = 199
BODY_BYTES_DEFAULT = 16384

UNSERVED_FIELDS = ("JA3Fingerprint", "JA4Fingerprint", "UriFragment")
_OVERSIZE = ("CONTINUE", "MATCH", "NO_MATCH")
_SCOPES = ("ALL", "KEY", "VALUE")

Parts = Sequence[bytes]
Answer = Parts | bool
"""Parts to inspect, or the statement's outcome where it is decided without them."""

Field = Callable[[RequestView, int], Answer]
"""(request, body limit in bytes) -> answer."""


class FieldToMatch(NamedTuple):
    """A compiled FieldToMatch: how it reads, its one member's name, and what that means for the capacity.

    key: the same for fields that read the same.
    """

    read: Field
    name: str
    key: str

    @property
    def is_json(self) -> bool:
        """Whether the body is parsed, which doubles a statement's base cost."""
        return self.name == "JsonBody"

    @property
    def extra_capacity(self) -> int:
        """What the field adds to a statement's base cost."""
        return 10 if self.name == "AllQueryArguments" else 0


def read_field(element: Element) -> FieldToMatch:
    """Compile `FieldToMatch` of a statement.

    Raises:
        InvalidWafDocument, WafElementUnserved: not exactly one member, or one that is malformed or not served.
    """
    field = element.element("FieldToMatch")
    name = field.only(*_FIELDS, unserved=UNSERVED_FIELDS)
    return FieldToMatch(_FIELDS[name](field.element(name)), name, repr(field))


def _method(element: Element) -> Field:
    element.known()
    return lambda request, _limit: (request.method.encode("latin-1", "replace"),)


def _uri_path(element: Element) -> Field:
    element.known()
    return lambda request, _limit: (request.path,)


def _query_string(element: Element) -> Field:
    element.known()
    return lambda request, _limit: (request.query,)


def _single_header(element: Element) -> Field:
    name = element.known("Name").text("Name", most=NAME_MAX).lower()
    return lambda request, _limit: request.header(name)


def _single_argument(element: Element) -> Field:
    name = element.known("Name").text("Name", most=ARGUMENT_NAME_MAX).lower().encode()
    return lambda request, _limit: request.argument(name)


def _all_arguments(element: Element) -> Field:
    element.known()
    return lambda request, _limit: tuple(value for _, value in request.arguments)


def _body(element: Element) -> Field:
    oversize = element.known("OversizeHandling").word("OversizeHandling", _OVERSIZE, "CONTINUE")

    def read(request: RequestView, limit: int) -> Answer:
        return _oversize(oversize, (request.body[:limit],), too_large=len(request.body) > limit)

    return read


def _json_body(element: Element) -> Field:
    element.known("MatchPattern", "MatchScope", "InvalidFallbackBehavior", "OversizeHandling")
    oversize = element.word("OversizeHandling", _OVERSIZE, "CONTINUE")
    fallback = element.word("InvalidFallbackBehavior", ("MATCH", "NO_MATCH", "EVALUATE_AS_STRING", ""), "")
    scope = element.word("MatchScope", _SCOPES)
    pointers = _pointers(element.element("MatchPattern"))

    def wanted(one: JsonElement) -> bool:
        if scope != "ALL" and one.is_key != (scope == "KEY"):
            return False
        # a key is below a pointer only where it is not the pointer's own last part
        return pointers is None or any(one.pointer[: len(each)] == each and not (one.is_key and one.pointer == each) for each in pointers)

    def read(request: RequestView, limit: int) -> Answer:
        body = request.body[:limit]
        if len(request.body) > limit and oversize != "CONTINUE":
            return oversize == "MATCH"
        if not body:
            return ()
        found = read_json(body)
        if not found.complete and fallback:
            return (body,) if fallback == "EVALUATE_AS_STRING" else fallback == "MATCH"
        return tuple(one.text for one in found.elements if wanted(one))

    return read


def _pointers(pattern: Element) -> tuple[tuple[str, ...], ...] | None:
    if pattern.only("All", "IncludedPaths") == "All":
        pattern.empty("All")
        return None
    pointers = []
    for text in pattern.texts("IncludedPaths", most=POINTERS_MAX, longest=512):
        pointer = read_pointer(text)
        if pointer is None:
            raise InvalidWafDocument(f"`{pattern.path}.IncludedPaths` holds `{text[:64]}`, which is no JSON Pointer")
        pointers.append(pointer)
    return tuple(pointers)


def _headers(element: Element) -> Field:
    return _map(
        element,
        "IncludedHeaders",
        "ExcludedHeaders",
        lambda request: [(name.encode("latin-1", "replace"), value) for name, value in request.headers],
    )


def _cookies(element: Element) -> Field:
    return _map(element, "IncludedCookies", "ExcludedCookies", lambda request: list(request.cookies))


def _map(element: Element, included: str, excluded: str, pairs_of: Callable[[RequestView], list[tuple[bytes, bytes]]]) -> Field:
    """Compile Headers or Cookies; names of headers are compared without regard to case, those of cookies exactly."""
    element.known("MatchPattern", "MatchScope", "OversizeHandling")
    scope = element.word("MatchScope", _SCOPES)
    oversize = element.word("OversizeHandling", _OVERSIZE)
    pattern = element.element("MatchPattern")
    choice = pattern.only("All", included, excluded)
    names: frozenset[bytes] = frozenset()
    folded = included == "IncludedHeaders"
    if choice == "All":
        pattern.empty("All")
    else:
        given = pattern.texts(choice, most=NAMES_MAX, longest=NAME_MAX)
        names = frozenset((name.lower() if folded else name).encode() for name in given)

    def wanted(name: bytes) -> bool:
        return choice == "All" or ((name.lower() if folded else name) in names) == (choice == included)

    def read(request: RequestView, _limit: int) -> Answer:
        seen, too_large = _within_limits(pairs_of(request))
        chosen = [pair for pair in seen if wanted(pair[0])]
        keys = [name for name, _ in chosen] if scope != "VALUE" else []
        values = [value for _, value in chosen] if scope != "KEY" else []
        return _oversize(oversize, keys + values, too_large=too_large)

    return read


def _header_order(element: Element) -> Field:
    oversize = element.known("OversizeHandling").word("OversizeHandling", _OVERSIZE)

    def read(request: RequestView, _limit: int) -> Answer:
        names = [name.encode("latin-1", "replace") for name, _ in request.headers if not name.startswith(":")]
        order = b":".join(names[:MAP_NAMES])
        return _oversize(oversize, (order[:MAP_BYTES],), too_large=len(names) > MAP_NAMES or len(order) > MAP_BYTES)

    return read


def _within_limits(pairs: list[tuple[bytes, bytes]]) -> tuple[list[tuple[bytes, bytes]], bool]:
    """Return the names and values that may be looked at, and whether there were more."""
    seen: list[tuple[bytes, bytes]] = []
    left = MAP_BYTES
    for name, value in pairs[:MAP_NAMES]:
        if len(name) + len(value) > left:
            seen.append((name[:left], value[: max(0, left - len(name))]))
            return seen, True
        seen.append((name, value))
        left -= len(name) + len(value)
    return seen, len(pairs) > MAP_NAMES


def _oversize(handling: str, parts: Parts, *, too_large: bool) -> Answer:
    return parts if not too_large or handling == "CONTINUE" else handling == "MATCH"


_FIELDS: dict[str, Callable[[Element], Field]] = {
    "SingleHeader": _single_header,
    "Headers": _headers,
    "SingleQueryArgument": _single_argument,
    "AllQueryArguments": _all_arguments,
    "UriPath": _uri_path,
    "QueryString": _query_string,
    "Body": _body,
    "JsonBody": _json_body,
    "Method": _method,
    "Cookies": _cookies,
    "HeaderOrder": _header_order,
}
