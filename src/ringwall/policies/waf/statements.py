"""Statements: compiled once to objects that say whether a request matches, and what they cost.

Costs are in web ACL capacity units as the AWS WAF Developer Guide documents them per statement ("Rule statement list"): string match 2, or
10 where it searches; regex 3; pattern set 25; size 1; IP set 1, or 5 at any position of a header; label 1; 10 for each text transformation
but NONE, 10 for all query arguments, twice the base for a JSON body; logical statements are the sum of what is in them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ringwall.policies.waf.element import Element
from ringwall.policies.waf.errors import InvalidWafDocument, WafReferenceNotFound
from ringwall.policies.waf.fields import BODY_BYTES_DEFAULT, Answer, FieldToMatch, read_field
from ringwall.policies.waf.forwarded import Forwarded, read_forwarded
from ringwall.policies.waf.labels import LabelKey, read_label_key
from ringwall.policies.waf.request import RequestView
from ringwall.policies.waf.sets import PATTERN_MAX, IpSet, Patterns
from ringwall.policies.waf.transformations import Transformations, read_transformations

SEARCH_MAX = 200  # WAFV2 API reference, ByteMatchStatement$SearchString, in bytes
SIZE_MAX = 21474836480  # WAFV2 API reference, Size
NESTING_MAX = 32  # levels of logical statements; none is documented, this one bounds the evaluator
STATEMENTS_MAX = 100  # in one logical statement; bounds the document
TRANSFORMATION_COST = 10

UNSERVED_STATEMENTS = ("SqliMatchStatement", "XssMatchStatement", "GeoMatchStatement", "AsnMatchStatement", "ManagedRuleGroupStatement")
TOP_LEVEL_ONLY = ("RateBasedStatement", "RuleGroupReferenceStatement")


@dataclass(slots=True)
class Context:
    """One request on its way through a web ACL: what it is, the labels it has so far, and the parts of it that were transformed already."""

    request: RequestView
    body_limit: int = BODY_BYTES_DEFAULT
    labels: dict[str, None] = field(default_factory=dict)
    transformed: dict[tuple[str, tuple[str, ...]], Answer] = field(default_factory=dict)


Matcher = Callable[[Context], bool]


class Statement(NamedTuple):
    """A compiled statement and its cost in capacity units."""

    matches: Matcher
    capacity: int


class Scope(NamedTuple):
    """What a statement may refer to, and the label namespace that it stands in."""

    namespace: str
    ip_sets: Mapping[str, IpSet]
    patterns: Mapping[str, Patterns]


def read_statement(element: Element, scope: Scope, *, depth: int = 0) -> Statement:
    """Compile one statement that may be nested.

    Raises:
        InvalidWafDocument, WafElementUnserved, WafReferenceNotFound: as their names say.
    """
    if depth > NESTING_MAX:
        raise InvalidWafDocument(f"`{element.path}` is nested deeper than {NESTING_MAX} levels")
    for name in TOP_LEVEL_ONLY:
        if name in element:
            raise InvalidWafDocument(f"`{element.path}.{name}` cannot be nested in another statement")
    name = element.only(*_READERS, *_LOGICAL, unserved=UNSERVED_STATEMENTS)
    inner = element.element(name)
    if name in _LOGICAL:
        return _LOGICAL[name](inner, scope, depth)
    return _READERS[name](inner, scope)


class _Inspection(NamedTuple):
    """A field, the transformations of its parts, and the test of each part."""

    field: FieldToMatch
    transformations: Transformations
    test: Callable[[bytes], bool]

    def matches(self, context: Context) -> bool:
        key = (self.field.key, self.transformations.names)
        answer = context.transformed.get(key)
        if answer is None:  # many rules look at the same part in the same way: it is transformed once
            answer = self.field.read(context.request, context.body_limit)
            if not isinstance(answer, bool):
                answer = tuple(map(self.transformations.apply, answer))
            context.transformed[key] = answer
        return answer if isinstance(answer, bool) else any(map(self.test, answer))


def _inspecting(element: Element, base: int, test: Callable[[bytes], bool]) -> Statement:
    inspection = _Inspection(read_field(element), read_transformations(element), test)
    doubled = 2 * base if inspection.field.is_json else base
    cost = doubled + inspection.field.extra_capacity + TRANSFORMATION_COST * inspection.transformations.count
    return Statement(inspection.matches, cost)


def _known(element: Element, *names: str) -> None:
    element.known(*names, "FieldToMatch", "TextTransformations", unserved=("PreParseTextTransformations",))


def _byte_match(element: Element, _scope: Scope) -> Statement:
    _known(element, "SearchString", "PositionalConstraint")
    searched = element.octets("SearchString", most=SEARCH_MAX)
    constraint = element.word("PositionalConstraint", _POSITIONS)
    if constraint == "CONTAINS_WORD" and not all(_is_word(byte) for byte in searched):
        raise InvalidWafDocument(f"`{element.path}.SearchString` must be a word of letters, digits and underscores")
    test, base = _POSITIONS[constraint]
    return _inspecting(element, base, lambda value: test(value, searched))


def _is_word(byte: int) -> bool:
    return byte == 95 or bytes([byte]).isalnum()


def _contains_word(value: bytes, word: bytes) -> bool:
    start = value.find(word)
    while start >= 0:
        end = start + len(word)
        if (start == 0 or not _is_word(value[start - 1])) and (end == len(value) or not _is_word(value[end])):
            return True
        start = value.find(word, start + 1)
    return False


_POSITIONS: dict[str, tuple[Callable[[bytes, bytes], bool], int]] = {
    "EXACTLY": (operator.eq, 2),
    "STARTS_WITH": (bytes.startswith, 2),
    "ENDS_WITH": (bytes.endswith, 2),
    "CONTAINS": (operator.contains, 10),
    "CONTAINS_WORD": (_contains_word, 10),
}

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LE": operator.le,
    "LT": operator.lt,
    "GE": operator.ge,
    "GT": operator.gt,
}


def _regex_match(element: Element, _scope: Scope) -> Statement:
    _known(element, "RegexString")
    patterns = Patterns((element.text("RegexString", most=PATTERN_MAX),), f"{element.path}.RegexString")
    return _inspecting(element, 3, patterns.match)


def _pattern_set(element: Element, scope: Scope) -> Statement:
    _known(element, "ARN")
    patterns = scope.patterns.get(_arn(element))
    if patterns is None:
        raise WafReferenceNotFound(f"`{element.path}.ARN` names no regex pattern set of this account")
    return _inspecting(element, 25, patterns.match)


def _size(element: Element, _scope: Scope) -> Statement:
    _known(element, "ComparisonOperator", "Size")
    compare = _COMPARISONS[element.word("ComparisonOperator", _COMPARISONS)]
    size = element.integer("Size", 0, SIZE_MAX)
    return _inspecting(element, 1, lambda value: compare(len(value), size))


def _ip_set(element: Element, scope: Scope) -> Statement:
    element.known("ARN", "IPSetForwardedIPConfig")
    addresses = scope.ip_sets.get(_arn(element))
    if addresses is None:
        raise WafReferenceNotFound(f"`{element.path}.ARN` names no IP set of this account")
    forwarded = read_forwarded(element, "IPSetForwardedIPConfig", position=True)
    cost = 5 if forwarded is not None and forwarded.position == "ANY" else 1
    return Statement(_AddressMatch(addresses, forwarded).matches, cost)


class _AddressMatch(NamedTuple):
    addresses: IpSet
    forwarded: Forwarded | None

    def matches(self, context: Context) -> bool:
        if self.forwarded is not None:
            return self.forwarded.matches(context.request, self.addresses.__contains__)
        address = context.request.address
        return address is not None and address in self.addresses


def _label_match(element: Element, scope: Scope) -> Statement:
    key: LabelKey = read_label_key(element, scope.namespace)
    return Statement(lambda context: key.found_in(context.labels), 1)


def _and(element: Element, scope: Scope, depth: int) -> Statement:
    inner = _several(element, scope, depth)
    return Statement(lambda context: all(one.matches(context) for one in inner), sum(one.capacity for one in inner))


def _or(element: Element, scope: Scope, depth: int) -> Statement:
    inner = _several(element, scope, depth)
    return Statement(lambda context: any(one.matches(context) for one in inner), sum(one.capacity for one in inner))


def _several(element: Element, scope: Scope, depth: int) -> tuple[Statement, ...]:
    element.known("Statements")
    return tuple(read_statement(one, scope, depth=depth + 1) for one in element.elements("Statements", least=2, most=STATEMENTS_MAX))


def _not(element: Element, scope: Scope, depth: int) -> Statement:
    inner = read_statement(element.known("Statement").element("Statement"), scope, depth=depth + 1)
    return Statement(lambda context: not inner.matches(context), inner.capacity)


def _arn(element: Element) -> str:
    return element.text("ARN", most=2048)


_READERS: dict[str, Callable[[Element, Scope], Statement]] = {
    "ByteMatchStatement": _byte_match,
    "RegexMatchStatement": _regex_match,
    "RegexPatternSetReferenceStatement": _pattern_set,
    "SizeConstraintStatement": _size,
    "IPSetReferenceStatement": _ip_set,
    "LabelMatchStatement": _label_match,
}

_LOGICAL: dict[str, Callable[[Element, Scope, int], Statement]] = {"AndStatement": _and, "OrStatement": _or, "NotStatement": _not}
