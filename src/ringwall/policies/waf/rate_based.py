"""Rate-based statements: which requests are counted together, and when there were too many.

Source: WAFV2 API reference, RateBasedStatement; AWS WAF Developer Guide, "Using rate-based rule statements" (2 capacity units, 30 for each
custom key, and those of the scope-down statement). AWS looks at the rate about every ten seconds; here every request is counted at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ringwall.policies.waf.element import Element
from ringwall.policies.waf.errors import InvalidWafDocument
from ringwall.policies.waf.fields import NAME_MAX
from ringwall.policies.waf.forwarded import Forwarded, read_forwarded
from ringwall.policies.waf.labels import read_namespace
from ringwall.policies.waf.rates import CountAsked
from ringwall.policies.waf.statements import TRANSFORMATION_COST, Context, Scope, Statement, read_statement
from ringwall.policies.waf.transformations import Transformations, read_transformations

WINDOWS_S = (60, 120, 300, 600)
WINDOW_DEFAULT_S = 300
LIMIT_MIN, LIMIT_MAX = 10, 2_000_000_000
KEYS_MAX = 5
CAPACITY = 2
KEY_CAPACITY = 30

_UNSERVED_KEYS = ("JA3Fingerprint", "JA4Fingerprint", "ASN")
_MEMBERS = ("Limit", "EvaluationWindowSec", "AggregateKeyType", "ScopeDownStatement", "ForwardedIPConfig", "CustomKeys")

Key = Callable[[Context], bytes | None]
"""The value of an aggregation key; None where the request has none, and is not counted."""


class RateRule(NamedTuple):
    """A compiled rate-based statement.

    fingerprint: of its settings; other settings count afresh.
    """

    limit: int
    window_s: int
    keys: tuple[Key, ...]
    scope_down: Statement | None
    fallback: Forwarded | None
    fingerprint: str
    capacity: int

    def asks(self, context: Context, rule: str) -> CountAsked | bool:
        """Say what is to be counted for a request; for one that is not counted, whether it matches."""
        if self.scope_down is not None and not self.scope_down.matches(context):
            return False
        values = []
        for key in self.keys:
            value = key(context)
            if value is None:
                return self._without_address(context)
            values.append(value)
        instance = hashlib.sha256(b"".join(len(value).to_bytes(8, "big") + value for value in values)).digest()
        return CountAsked(rule, instance, self.window_s)

    def _without_address(self, context: Context) -> bool:
        """Apply the fallback where the header of the forwarded address is there, and the address in it is not valid."""
        if self.fallback is None:
            return False
        found = self.fallback.addresses(context.request)
        return found == [None] and self.fallback.fallback_matches


def read_rate_rule(element: Element, scope: Scope, settings: Mapping[str, Any]) -> RateRule:
    """Compile a RateBasedStatement; `settings` is the statement as given, of which the fingerprint is made.

    Raises:
        InvalidWafDocument, WafElementUnserved, WafReferenceNotFound: as their names say.
    """
    element.known(*_MEMBERS)
    kind = element.word("AggregateKeyType", ("IP", "FORWARDED_IP", "CUSTOM_KEYS", "CONSTANT"))
    window_s = element.integer("EvaluationWindowSec", 1, 600) if "EvaluationWindowSec" in element else WINDOW_DEFAULT_S
    if window_s not in WINDOWS_S:
        raise InvalidWafDocument(f"`{element.path}.EvaluationWindowSec` must be one of 60, 120, 300, 600")
    scope_down = read_statement(element.element("ScopeDownStatement"), scope) if "ScopeDownStatement" in element else None
    forwarded = read_forwarded(element, "ForwardedIPConfig", position=False)
    keys, keys_capacity = _keys(element, kind, forwarded)
    if kind == "CONSTANT" and scope_down is None:
        raise InvalidWafDocument(f"`{element.path}` needs a ScopeDownStatement to count all requests together")
    canonical = json.dumps(settings, sort_keys=True, default=lambda value: value.hex() if isinstance(value, bytes) else repr(value))
    return RateRule(
        limit=element.integer("Limit", LIMIT_MIN, LIMIT_MAX),
        window_s=window_s,
        keys=keys,
        scope_down=scope_down,
        fallback=forwarded,
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest()[:16],
        capacity=CAPACITY + keys_capacity + (scope_down.capacity if scope_down is not None else 0),
    )


def _keys(element: Element, kind: str, forwarded: Forwarded | None) -> tuple[tuple[Key, ...], int]:
    if (kind == "CUSTOM_KEYS") != ("CustomKeys" in element):
        raise InvalidWafDocument(f"`{element.path}.CustomKeys` goes with the aggregate key type CUSTOM_KEYS, and only with it")
    if kind == "IP":
        return (_address,), 0
    if kind == "FORWARDED_IP":
        return (_forwarded(element, forwarded),), 0
    if kind == "CONSTANT":
        return (), 0
    given = element.elements("CustomKeys", most=KEYS_MAX)
    names = [one.only(*_CUSTOM_KEYS, "ForwardedIP", unserved=_UNSERVED_KEYS) for one in given]
    if names in (["IP"], ["ForwardedIP"]):
        raise InvalidWafDocument(f"`{element.path}.CustomKeys` must have another key beside the address")
    read = [
        (_forwarded(element, forwarded), 0) if name == "ForwardedIP" else _CUSTOM_KEYS[name](one.element(name))
        for name, one in zip(names, given, strict=True)
    ]
    return tuple(key for key, _ in read), sum(KEY_CAPACITY + cost for _, cost in read)


def _address(context: Context) -> bytes | None:
    address = context.request.address
    return None if address is None else address.packed


def _forwarded(element: Element, forwarded: Forwarded | None) -> Key:
    if forwarded is None:
        raise InvalidWafDocument(f"`{element.path}` needs a ForwardedIPConfig")

    def key(context: Context) -> bytes | None:
        found = forwarded.addresses(context.request)
        return None if not found or found[0] is None else found[0].packed

    return key


def _address_key(element: Element) -> tuple[Key, int]:
    element.known()
    return _address, 0


def _method_key(element: Element) -> tuple[Key, int]:
    element.known()
    return (lambda context: context.request.method.encode("latin-1", "replace")), 0


def _label_key(element: Element) -> tuple[Key, int]:
    namespace = read_namespace(element)

    def key(context: Context) -> bytes | None:
        found = sorted(label for label in context.labels if label.startswith(namespace) or f":{namespace}" in label)
        return "\n".join(found).encode() if found else None

    return key, 0


def _named(values: Callable[[Context, str], tuple[bytes, ...]]) -> Callable[[Element], tuple[Key, int]]:
    def read(element: Element) -> tuple[Key, int]:
        name = element.known("Name", "TextTransformations").text("Name", most=NAME_MAX)
        steps = read_transformations(element)
        return (lambda context: _joined(values(context, name), steps)), TRANSFORMATION_COST * steps.count

    return read


def _whole(value: Callable[[Context], bytes]) -> Callable[[Element], tuple[Key, int]]:
    def read(element: Element) -> tuple[Key, int]:
        element.known("TextTransformations")
        steps = read_transformations(element)
        return (lambda context: _joined((value(context),), steps)), TRANSFORMATION_COST * steps.count

    return read


def _joined(values: tuple[bytes, ...], steps: Transformations) -> bytes | None:
    return b"\n".join(steps.apply(value) for value in values) if any(values) else None


_CUSTOM_KEYS: dict[str, Callable[[Element], tuple[Key, int]]] = {
    "Header": _named(lambda context, name: context.request.header(name.lower())),
    "Cookie": _named(lambda context, name: tuple(value for key, value in context.request.cookies if key == name.encode())),
    "QueryArgument": _named(lambda context, name: context.request.argument(name.lower().encode())),
    "QueryString": _whole(lambda context: context.request.query),
    "UriPath": _whole(lambda context: context.request.path),
    "HTTPMethod": _method_key,
    "IP": _address_key,
    "LabelNamespace": _label_key,
}
