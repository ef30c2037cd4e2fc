"""What each statement and each part of a request means, in tables whose keys are sentences."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest

from ringwall.policies.waf import (
    InvalidWafDocument,
    References,
    WafElementUnserved,
    WafReferenceNotFound,
    compile_ip_set,
    compile_patterns,
)
from tests.unit.waf.documents import NONE, byte_match, matches, request

BODY = {"Body": {"OversizeHandling": "CONTINUE"}}
URI = {"UriPath": {}}
LONG = b"a" * 16384 + b"needle"


def json_body(pattern: dict[str, Any] | None = None, scope: str = "ALL", **more: str) -> dict[str, Any]:
    return {"JsonBody": {"MatchPattern": pattern or {"All": {}}, "MatchScope": scope, **more}}


def pairs(kind: str, pattern: dict[str, Any], scope: str = "ALL", oversize: str = "CONTINUE") -> dict[str, Any]:
    return {kind: {"MatchPattern": pattern, "MatchScope": scope, "OversizeHandling": oversize}}


def size(operator: str, number: int, field: dict[str, Any]) -> dict[str, Any]:
    return {"SizeConstraintStatement": {"FieldToMatch": field, "ComparisonOperator": operator, "Size": number, "TextTransformations": NONE}}


def regex(pattern: str, field: dict[str, Any] = URI) -> dict[str, Any]:
    return {"RegexMatchStatement": {"RegexString": pattern, "FieldToMatch": field, "TextTransformations": NONE}}


JSON = b'{"a":{"c":"d","b":{"e":{"f":"g"}}},"n":[1,true,"x\\u0041"]}'

CASES: dict[str, tuple[Any, dict[str, Any], bool]] = {
    "a path is matched as it stands on the wire": (request(b"/%61dmin"), byte_match(b"admin", URI), False),
    "a transformation undoes the encoding first": (request(b"/%61dmin"), byte_match(b"admin", URI, "CONTAINS", "URL_DECODE"), True),
    "transformations run in the order of their priorities": (
        request(b"/%2541dmin"),
        byte_match(b"/admin", URI, "EXACTLY", "URL_DECODE", "URL_DECODE", "LOWERCASE"),
        True,
    ),
    "EXACTLY needs all": (request(b"/admin/"), byte_match(b"/admin", URI, "EXACTLY"), False),
    "STARTS_WITH needs the beginning": (request(b"/admin/"), byte_match(b"/admin", URI, "STARTS_WITH"), True),
    "ENDS_WITH needs the end": (request(b"/admin/"), byte_match(b"/admin", URI, "ENDS_WITH"), False),
    "CONTAINS_WORD finds a word between other characters": (
        request(query=b"x;BadBot;"),
        byte_match(b"BadBot", {"QueryString": {}}, "CONTAINS_WORD"),
        True,
    ),
    "CONTAINS_WORD finds no part of a word": (
        request(query=b"xBadBot_"),
        byte_match(b"BadBot", {"QueryString": {}}, "CONTAINS_WORD"),
        False,
    ),
    "CONTAINS_WORD finds the second of two": (request(query=b"aBot Bot"), byte_match(b"Bot", {"QueryString": {}}, "CONTAINS_WORD"), True),
    "a header's name has no case": (
        request(headers=[("user-agent", b"curl")]),
        byte_match(b"curl", {"SingleHeader": {"Name": "User-Agent"}}),
        True,
    ),
    "the second header of a name is looked at": (
        request(headers=[("x", b"a"), ("x", b"curl")]),
        byte_match(b"curl", {"SingleHeader": {"Name": "x"}}),
        True,
    ),
    "a header that is not there matches nothing": (request(), size("LT", 10, {"SingleHeader": {"Name": "x"}}), False),
    "an argument's name has no case": (request(query=b"User=ada"), byte_match(b"ada", {"SingleQueryArgument": {"Name": "uSER"}}), True),
    "an argument's name may be encoded": (
        request(query=b"%55ser=ada"),
        byte_match(b"ada", {"SingleQueryArgument": {"Name": "user"}}),
        True,
    ),
    "every argument of a name is looked at": (
        request(query=b"u=x&u=ada"),
        byte_match(b"ada", {"SingleQueryArgument": {"Name": "u"}}),
        True,
    ),
    "all arguments means their values": (request(query=b"name=1&b=value"), byte_match(b"name", {"AllQueryArguments": {}}), False),
    "all arguments finds a value": (request(query=b"name=1&b=value"), byte_match(b"value", {"AllQueryArguments": {}}), True),
    "the method": (request(method="DELETE"), byte_match(b"DELETE", {"Method": {}}, "EXACTLY"), True),
    "the order of headers": (
        request(headers=[("host", b"h"), ("accept", b"*")]),
        byte_match(b"host:accept", {"HeaderOrder": {"OversizeHandling": "CONTINUE"}}, "EXACTLY"),
        True,
    ),
    "headers' names": (request(headers=[("x-evil", b"1")]), byte_match(b"evil", pairs("Headers", {"All": {}}, "KEY")), True),
    "headers' values only": (request(headers=[("x-evil", b"1")]), byte_match(b"evil", pairs("Headers", {"All": {}}, "VALUE")), False),
    "headers that are excluded": (
        request(headers=[("X-a".lower(), b"evil")]),
        byte_match(b"evil", pairs("Headers", {"ExcludedHeaders": ["X-A"]})),
        False,
    ),
    "headers that are included": (
        request(headers=[("x-a", b"evil")]),
        byte_match(b"evil", pairs("Headers", {"IncludedHeaders": ["X-A"]})),
        True,
    ),
    "cookies have names with case": (
        request(headers=[("cookie", b"Id=evil; x=1")]),
        byte_match(b"evil", pairs("Cookies", {"IncludedCookies": ["id"]})),
        False,
    ),
    "cookies of two headers": (
        request(headers=[("cookie", b"x=1"), ("cookie", b"id=evil")]),
        byte_match(b"evil", pairs("Cookies", {"IncludedCookies": ["id"]}, "VALUE")),
        True,
    ),
    "more than 200 headers count as a match where the rule says so": (
        request(headers=[(f"h{n}", b"") for n in range(201)]),
        byte_match(b"none", pairs("Headers", {"All": {}}, oversize="MATCH")),
        True,
    ),
    "200 headers are not too many": (
        request(headers=[(f"h{n}", b"") for n in range(200)]),
        byte_match(b"none", pairs("Headers", {"All": {}}, oversize="MATCH")),
        False,
    ),
    "headers beyond 8 KB are not looked at": (
        request(headers=[("a", b"x" * 8192), ("b", b"evil")]),
        byte_match(b"evil", pairs("Headers", {"All": {}})),
        False,
    ),
    "a body beyond the limit is not looked at": (request(body=LONG), byte_match(b"needle", BODY), False),
    "a body beyond the limit counts as a match where the rule says so": (
        request(body=LONG),
        byte_match(b"other", {"Body": {"OversizeHandling": "MATCH"}}),
        True,
    ),
    "a body beyond the limit counts as none where the rule says so": (
        request(body=b"needle" + LONG),
        byte_match(b"needle", {"Body": {"OversizeHandling": "NO_MATCH"}}),
        False,
    ),
    "a body's size is counted up to the limit": (request(body=LONG), size("GT", 16384, BODY), False),
    "size after transformations": (
        request(query=b"%41%41"),
        {
            "SizeConstraintStatement": {
                "FieldToMatch": {"QueryString": {}},
                "ComparisonOperator": "EQ",
                "Size": 2,
                "TextTransformations": [{"Priority": 5, "Type": "URL_DECODE"}],
            }
        },
        True,
    ),
    "a regex is searched": (request(b"/x/wp-login.php"), regex(r"wp-[a-z]+\.php$"), True),
    "a regex runs on bytes": (request(b"/\xff\xfe"), regex(r"\xff"), True),
    "JSON keys below a pointer": (request(body=JSON), byte_match(b"e", json_body({"IncludedPaths": ["/a/b"]}, "KEY"), "EXACTLY"), True),
    "the pointer's own key is not looked at": (
        request(body=JSON),
        byte_match(b"b", json_body({"IncludedPaths": ["/a/b"]}, "KEY"), "EXACTLY"),
        False,
    ),
    "JSON values below a pointer": (request(body=JSON), byte_match(b"g", json_body({"IncludedPaths": ["/a/b"]}, "VALUE"), "EXACTLY"), True),
    "a value beside the pointer": (request(body=JSON), byte_match(b"d", json_body({"IncludedPaths": ["/a/b"]}), "EXACTLY"), False),
    "numbers and words are values": (request(body=JSON), byte_match(b"true", json_body({"IncludedPaths": ["/n/1"]}), "EXACTLY"), True),
    "escapes in JSON are undone": (request(body=JSON), byte_match(b"xA", json_body(scope="VALUE"), "EXACTLY"), True),
    "JSON with a missing comma is read over": (request(body=b'{"a":"1""b":"evil"}'), byte_match(b"evil", json_body()), True),
    "JSON with a missing colon is read over": (request(body=b'{"a":"1","b""evil"}'), byte_match(b"evil", json_body(scope="VALUE")), True),
    "JSON with extra colons is read over": (request(body=b'{"a"::"evil"}'), byte_match(b"evil", json_body(scope="VALUE")), True),
    "broken JSON is read up to the fault": (request(body=b'{"a":"x",?"b":"evil"}'), byte_match(b"evil", json_body()), False),
    "broken JSON as a match": (request(body=b'{"a":'), byte_match(b"evil", json_body(InvalidFallbackBehavior="MATCH")), True),
    "broken JSON as none": (request(body=b'{"a":"evil"'), byte_match(b"evil", json_body(InvalidFallbackBehavior="NO_MATCH")), False),
    "broken JSON as text": (request(body=b"?evil"), byte_match(b"evil", json_body(InvalidFallbackBehavior="EVALUATE_AS_STRING")), True),
    "duplicate keys end the reading": (
        request(body=b'{"a":1,"a":"evil"}'),
        byte_match(b"evil", json_body(InvalidFallbackBehavior="MATCH")),
        True,
    ),
    "a root that is no object or array": (request(body=b'"evil"'), byte_match(b"evil", json_body()), False),
    "too deep a nesting": (request(body=b"[" * 70 + b"]" * 70), byte_match(b"x", json_body(InvalidFallbackBehavior="MATCH")), True),
    "and": (request(b"/a", b"b"), {"AndStatement": {"Statements": [byte_match(b"a", URI), byte_match(b"x", {"QueryString": {}})]}}, False),
    "or": (request(b"/a", b"b"), {"OrStatement": {"Statements": [byte_match(b"a", URI), byte_match(b"x", {"QueryString": {}})]}}, True),
    "not": (request(b"/a"), {"NotStatement": {"Statement": byte_match(b"a", URI)}}, False),
}


@pytest.mark.parametrize(("asked", "statement", "wanted"), CASES.values(), ids=CASES.keys())
def test_a_statement(asked: Any, statement: dict[str, Any], wanted: bool):
    assert matches(asked, statement) is wanted


SETS = References(
    ip_sets={"ipv4": compile_ip_set("IPV4", ["10.0.0.0/8", "192.0.2.44/32"]), "ipv6": compile_ip_set("IPV6", ["2001:db8::/32"])},
    patterns={"patterns": compile_patterns(["ab+c", "^x"])},
)


def ip(arn: str = "ipv4", position: str = "", fallback: str = "NO_MATCH") -> dict[str, Any]:
    config = (
        {"IPSetForwardedIPConfig": {"HeaderName": "X-Forwarded-For", "FallbackBehavior": fallback, "Position": position}}
        if position
        else {}
    )
    return {"IPSetReferenceStatement": {"ARN": arn, **config}}


def forwarded(*values: bytes) -> Any:
    return request(headers=[("x-forwarded-for", value) for value in values], ip="10.1.1.1")


ADDRESSES: dict[str, tuple[Any, dict[str, Any], bool]] = {
    "an address inside": (request(ip="10.255.0.1"), ip(), True),
    "an address outside": (request(ip="11.0.0.1"), ip(), False),
    "one address": (request(ip="192.0.2.44"), ip(), True),
    "its neighbour": (request(ip="192.0.2.45"), ip(), False),
    "an IPv4 address inside an IPv6 one": (request(ip="::ffff:10.0.0.1"), ip(), True),
    "IPv6": (request(ip="2001:db8:ffff::1"), ip("ipv6"), True),
    "no address": (request(ip=""), ip(), False),
    "the first forwarded": (forwarded(b"10.0.0.1, 203.0.113.9"), ip(position="FIRST"), True),
    "the last forwarded": (forwarded(b"10.0.0.1, 203.0.113.9"), ip(position="LAST"), False),
    "any forwarded": (forwarded(b"203.0.113.9", b"10.0.0.1:443, 203.0.113.8"), ip(position="ANY"), True),
    "any of the last ten": (forwarded(b"10.0.0.1," + b",".join([b"203.0.113.9"] * 10)), ip(position="ANY"), False),
    "a forwarded one that is none": (forwarded(b"unknown"), ip(position="FIRST", fallback="MATCH"), True),
    "no header": (forwarded(), ip(position="FIRST", fallback="MATCH"), False),
    "no header, the other way round": (forwarded(), {"NotStatement": {"Statement": ip(position="FIRST")}}, True),
    "a pattern set": (
        request(b"xabbc"),
        {"RegexPatternSetReferenceStatement": {"ARN": "patterns", "FieldToMatch": URI, "TextTransformations": NONE}},
        True,
    ),
    "a pattern set that finds nothing": (
        request(b"ac"),
        {"RegexPatternSetReferenceStatement": {"ARN": "patterns", "FieldToMatch": URI, "TextTransformations": NONE}},
        False,
    ),
}


@pytest.mark.parametrize(("asked", "statement", "wanted"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_a_reference(asked: Any, statement: dict[str, Any], wanted: bool):
    assert matches(asked, statement, SETS) is wanted


def changed(**members: Any) -> dict[str, Any]:
    inner = byte_match(b"x", URI)["ByteMatchStatement"]
    return {"ByteMatchStatement": {name: value for name, value in {**inner, **members}.items() if value != "absent"}}


REFUSED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "no statement": ({}, InvalidWafDocument),
    "two statements": ({**byte_match(b"a", URI), **regex("a")}, InvalidWafDocument),
    "an unknown statement": ({"FutureStatement": {}}, InvalidWafDocument),
    "an unknown member": (changed(Future=1), InvalidWafDocument),
    "a missing member": (changed(PositionalConstraint="absent"), InvalidWafDocument),
    "an unknown position": (changed(PositionalConstraint="NEAR"), InvalidWafDocument),
    "a search string of 201 bytes": (changed(SearchString=b"a" * 201), InvalidWafDocument),
    "a search text that is no base64": (changed(SearchString="%%"), InvalidWafDocument),
    "a word with other characters": (changed(SearchString=b"a b", PositionalConstraint="CONTAINS_WORD"), InvalidWafDocument),
    "no transformation": (changed(TextTransformations=[]), InvalidWafDocument),
    "eleven transformations": (changed(TextTransformations=[{"Priority": n, "Type": "NONE"} for n in range(11)]), InvalidWafDocument),
    "an unknown transformation": (changed(TextTransformations=[{"Priority": 0, "Type": "ROT13"}]), InvalidWafDocument),
    "two transformations of one priority": (changed(TextTransformations=[*NONE, *NONE]), InvalidWafDocument),
    "transformations before parsing": (changed(PreParseTextTransformations=NONE), WafElementUnserved),
    "two fields": (changed(FieldToMatch={"UriPath": {}, "Method": {}}), InvalidWafDocument),
    "an unknown field": (changed(FieldToMatch={"Trailer": {}}), InvalidWafDocument),
    "a field that is not served": (changed(FieldToMatch={"JA3Fingerprint": {"FallbackBehavior": "MATCH"}}), WafElementUnserved),
    "a member in an empty field": (changed(FieldToMatch={"UriPath": {"Name": "x"}}), InvalidWafDocument),
    "an argument's name of 31 characters": (changed(FieldToMatch={"SingleQueryArgument": {"Name": "a" * 31}}), InvalidWafDocument),
    "headers without oversize handling": (
        changed(FieldToMatch={"Headers": {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}}),
        InvalidWafDocument,
    ),
    "a pattern that is All and a list": (changed(FieldToMatch=pairs("Headers", {"All": {}, "IncludedHeaders": ["a"]})), InvalidWafDocument),
    "a JSON pointer that is none": (changed(FieldToMatch=json_body({"IncludedPaths": ["a/b"]})), InvalidWafDocument),
    "a JSON pointer with a wrong escape": (changed(FieldToMatch=json_body({"IncludedPaths": ["/a~2"]})), InvalidWafDocument),
    "a broken regex": (regex("("), InvalidWafDocument),
    "a back-reference": (regex(r"(a)\1"), InvalidWafDocument),
    "a look-ahead": (regex("(?=a)"), InvalidWafDocument),
    "a regex that is too large": (regex("((a{1000}){1000}){1000}"), InvalidWafDocument),
    "a regex with other letters": (regex("ä"), InvalidWafDocument),
    "a size below nothing": (size("EQ", -1, URI), InvalidWafDocument),
    "a size that is a truth value": (size("EQ", True, URI), InvalidWafDocument),
    "an unknown comparison": (size("ABOUT", 1, URI), InvalidWafDocument),
    "an IP set that is not there": (ip("none"), WafReferenceNotFound),
    "one statement in And": ({"AndStatement": {"Statements": [byte_match(b"a", URI)]}}, InvalidWafDocument),
    "SQL injection": ({"SqliMatchStatement": {"FieldToMatch": URI, "TextTransformations": NONE}}, WafElementUnserved),
    "cross-site scripting": ({"XssMatchStatement": {"FieldToMatch": URI, "TextTransformations": NONE}}, WafElementUnserved),
    "geography": ({"GeoMatchStatement": {"CountryCodes": ["AT"]}}, WafElementUnserved),
    "a managed rule group": ({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "x"}}, WafElementUnserved),
    "SQL injection inside Not": ({"NotStatement": {"Statement": {"SqliMatchStatement": {}}}}, WafElementUnserved),
    "a rate inside Not": ({"NotStatement": {"Statement": {"RateBasedStatement": {"Limit": 10}}}}, InvalidWafDocument),
    "a rule group inside Not": ({"NotStatement": {"Statement": {"RuleGroupReferenceStatement": {"ARN": "x"}}}}, InvalidWafDocument),
    "nesting without end": (
        reduce(lambda inner, _: {"NotStatement": {"Statement": inner}}, range(40), byte_match(b"a", URI)),
        InvalidWafDocument,
    ),
}


@pytest.mark.parametrize(("statement", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_a_statement_is_refused(statement: dict[str, Any], error: type[Exception]):
    with pytest.raises(error):
        matches(request(), statement, SETS)


def test_a_search_string_may_be_base64_text_as_in_json():
    assert matches(request(b"/admin"), changed(SearchString="YWRtaW4="))


@pytest.mark.parametrize(
    ("version", "addresses"),
    [
        ("IPV4", ["10.0.0.1"]),
        ("IPV4", ["10.0.0.1/8"]),
        ("IPV4", ["0.0.0.0/0"]),
        ("IPV4", ["2001:db8::/32"]),
        ("IPV6", ["10.0.0.0/8"]),
        ("IPV4", ["10.0.0.0/8", "10.0.0.0/8"]),
        ("IPV5", []),
        ("IPV4", ["x/8"]),
    ],
)
def test_an_address_is_refused(version: str, addresses: list[str]):
    with pytest.raises(InvalidWafDocument):
        compile_ip_set(version, addresses)


@pytest.mark.parametrize("patterns", [[], ["a"] * 11, ["("], [""]])
def test_a_pattern_set_is_refused(patterns: list[str]):
    with pytest.raises(InvalidWafDocument):
        compile_patterns(patterns)
