"""What a rule does with a request that matches it: let it through, block it, or count it; and what it answers or adds.

Source: WAFV2 API reference, RuleAction, CustomResponse, CustomRequestHandling; AWS WAF Developer Guide, "Supported status codes for custom
response", and its quotas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from ringwall.policies.waf.element import Element
from ringwall.policies.waf.errors import InvalidWafDocument

Verdict = Literal["ALLOW", "BLOCK", "COUNT"]

UNSERVED_ACTIONS = ("Captcha", "Challenge", "Monetize")
HEADERS_MAX = 10  # AWS WAF quotas: custom headers per action
BODIES_MAX = 50
BODIES_BYTES = 51_200  # all response bodies of a web ACL or rule group together
STATUS_CODES = frozenset(
    {200, 201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 411, 412, 413, 414, 415, 416, 421, 429}
    | {500, 501, 502, 503, 504}
)
PREFIX = "x-amzn-waf-"
_CONTENT_TYPES = {"TEXT_PLAIN": "text/plain", "TEXT_HTML": "text/html", "APPLICATION_JSON": "application/json"}


class Response(NamedTuple):
    """What a blocked client is answered instead of 403."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Action(NamedTuple):
    """A verdict, with the response of a block, or the headers that are put into a request that goes on."""

    verdict: Verdict
    response: Response | None = None
    inserted: tuple[tuple[str, str], ...] = ()


COUNT = Action("COUNT")

Bodies = Mapping[str, tuple[str, bytes]]
"""Response bodies by key: content type and content."""


def read_bodies(element: Element) -> Bodies:
    """Read `CustomResponseBodies` of a web ACL or rule group."""
    if "CustomResponseBodies" not in element:
        return {}
    given = element.value("CustomResponseBodies")
    if not isinstance(given, Mapping) or not 1 <= len(given) <= BODIES_MAX:
        raise InvalidWafDocument(f"`CustomResponseBodies` must be a map of 1 to {BODIES_MAX}")
    bodies: dict[str, tuple[str, bytes]] = {}
    for key, value in given.items():
        body = Element(value, f"{element.path}.CustomResponseBodies.{str(key)[:64]}").known("ContentType", "Content")
        kind = _CONTENT_TYPES[body.word("ContentType", _CONTENT_TYPES)]
        bodies[key] = kind, body.text("Content", most=10_240).encode()
    if sum(len(content) for _, content in bodies.values()) > BODIES_BYTES:
        raise InvalidWafDocument(f"`CustomResponseBodies` must be {BODIES_BYTES} bytes at most together")
    return bodies


def read_action(element: Element, bodies: Bodies, *, may_count: bool = True) -> Action:
    """Read a RuleAction, or a DefaultAction, which does not count.

    Raises:
        InvalidWafDocument, WafElementUnserved: as their names say.
    """
    words = ("Allow", "Block", "Count") if may_count else ("Allow", "Block")
    name = element.only(*words, unserved=UNSERVED_ACTIONS)
    action = element.element(name)
    if name == "Block":
        return Action("BLOCK", response=_response(action.known("CustomResponse"), bodies))
    action.known("CustomRequestHandling")
    inserted: tuple[tuple[str, str], ...] = ()
    if "CustomRequestHandling" in action:
        handling = action.element("CustomRequestHandling").known("InsertHeaders")
        inserted = tuple((PREFIX + key, value) for key, value in _headers(handling, "InsertHeaders"))
    return Action("ALLOW" if name == "Allow" else "COUNT", inserted=inserted)


def _response(action: Element, bodies: Bodies) -> Response | None:
    if "CustomResponse" not in action:
        return None
    element = action.element("CustomResponse").known("ResponseCode", "CustomResponseBodyKey", "ResponseHeaders")
    status = element.integer("ResponseCode", 200, 599)
    if status not in STATUS_CODES:
        raise InvalidWafDocument(f"`{element.path}.ResponseCode` is not one of the status codes of custom responses")
    headers = _headers(element, "ResponseHeaders") if "ResponseHeaders" in element else []
    if any(name == "content-type" for name, _ in headers):
        raise InvalidWafDocument(f"`{element.path}.ResponseHeaders` may not set content-type")
    body = b""
    if "CustomResponseBodyKey" in element:
        key = element.text("CustomResponseBodyKey", most=128)
        if key not in bodies:
            raise InvalidWafDocument(f"`{element.path}.CustomResponseBodyKey` names no body of `CustomResponseBodies`")
        kind, body = bodies[key]
        headers.append(("content-type", kind))
    return Response(status, tuple(headers), body)


def _headers(element: Element, member: str) -> list[tuple[str, str]]:
    headers: dict[str, str] = {}
    for one in element.elements(member, most=HEADERS_MAX):
        one.known("Name", "Value")
        name, value = one.text("Name", most=64).lower(), one.text("Value", most=255)
        if not all(character.isalnum() or character in "._$-" for character in name) or not name.isascii():
            raise InvalidWafDocument(f"`{one.path}.Name` must be of letters, digits and `._$-`")
        if not all(" " <= character <= "~" for character in value):  # no line breaks: a header must not end early
            raise InvalidWafDocument(f"`{one.path}.Value` must be of printable ASCII characters")
        if name in headers:
            raise InvalidWafDocument(f"`{element.path}.{member}` has `{name}` twice")
        headers[name] = value
    return list(headers.items())
