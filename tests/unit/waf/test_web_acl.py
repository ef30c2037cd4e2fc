"""Rules in their order, labels, rule groups, rates, answers and capacity."""

from __future__ import annotations

from typing import Any

import pytest

from ringwall.policies.waf import (
    DEFAULT_ACTION,
    InvalidWafDocument,
    RateTable,
    References,
    WafElementUnserved,
    WafLimitsExceeded,
    WafReferenceNotFound,
    capacity_of,
    compile_ip_set,
    compile_patterns,
    compile_rule_group,
    compile_web_acl,
    evaluate,
    rate_names,
)
from tests.unit.waf.documents import ACCOUNT, NONE, VISIBLE, byte_match, document, judge, request, rule, steps

URI = {"UriPath": {}}
ANY = {"SizeConstraintStatement": {"FieldToMatch": URI, "ComparisonOperator": "GE", "Size": 0, "TextTransformations": NONE}}


def label(key: str, scope: str = "LABEL") -> dict[str, Any]:
    return {"LabelMatchStatement": {"Scope": scope, "Key": key}}


def labelled(name: str, *labels: str, statement: dict[str, Any] = ANY) -> dict[str, Any]:
    return rule(name, statement, "Count", RuleLabels=[{"Name": one} for one in labels])


def test_without_rules_the_default_action_decides():
    assert judge(request()).action == "ALLOW"
    decision = judge(request(), default="Block")
    assert (decision.action, decision.rule) == ("BLOCK", DEFAULT_ACTION)


def test_the_lowest_priority_comes_first_wherever_it_stands():
    first = {**rule("first", ANY, "Allow"), "Priority": 1}
    second = {**rule("second", ANY, "Block"), "Priority": 2}
    acl = compile_web_acl({**document(), "Rules": [second, first]}, References(), account_id=ACCOUNT, name="acl")
    decision = evaluate(acl, request(), RateTable(), owner="acl")
    assert (decision.action, decision.rule) == ("ALLOW", "first")


def test_a_rule_that_counts_does_not_end_the_run():
    decision = judge(request(), labelled("seen", "a"), rule("stop", ANY, "Block"))
    assert (decision.action, decision.rule, decision.counted) == ("BLOCK", "stop", ("seen",))
    assert decision.labels == (f"awswaf:{ACCOUNT}:webacl:acl:a",)


LABELS: dict[str, tuple[dict[str, Any], bool]] = {
    "by its name": (label("name"), True),
    "by its name and a namespace": (label("two:name"), True),
    "by all its namespaces": (label("one:two:name"), True),
    "fully qualified": (label(f"awswaf:{ACCOUNT}:webacl:acl:one:two:name"), True),
    "fully qualified of another web ACL": (label(f"awswaf:{ACCOUNT}:webacl:other:one:two:name"), False),
    "by part of its name": (label("ame"), False),
    "by another case": (label("Name"), False),
    "by a namespace as if it were the name": (label("two"), False),
    "by its first namespace": (label("one:", "NAMESPACE"), True),
    "by its second namespace": (label("two", "NAMESPACE"), True),
    "by its name as if it were a namespace": (label("name", "NAMESPACE"), False),
    "by the web ACL's namespace": (label(f"awswaf:{ACCOUNT}:webacl:acl:", "NAMESPACE"), True),
    "by another account's namespace": (label("awswaf:444455556666:", "NAMESPACE"), False),
}


@pytest.mark.parametrize(("statement", "wanted"), LABELS.values(), ids=LABELS.keys())
def test_a_label_is_found(statement: dict[str, Any], wanted: bool):
    decision = judge(request(), labelled("add", "one:two:name"), rule("look", statement))
    assert (decision.action == "BLOCK") is wanted


def test_a_label_is_not_found_by_a_rule_before_it():
    assert judge(request(), rule("look", label("late")), labelled("add", "late")).action == "ALLOW"


@pytest.mark.parametrize("name", ["aws", "x:managed", "a::b", ":a", "a:", "1:2:3:4:5:6:7", "a" * 129, "ä"])
def test_a_label_is_refused(name: str):
    with pytest.raises(InvalidWafDocument):
        judge(request(), labelled("add", name))


def test_a_block_may_answer_with_a_page():
    action = {
        "Block": {
            "CustomResponse": {
                "ResponseCode": 429,
                "CustomResponseBodyKey": "page",
                "ResponseHeaders": [{"Name": "Retry-After", "Value": "60"}],
            }
        }
    }
    bodies = {"page": {"ContentType": "APPLICATION_JSON", "Content": '{"wait":60}'}}
    decision = judge(request(), rule("stop", ANY, action), CustomResponseBodies=bodies)
    assert decision.response == (429, (("retry-after", "60"), ("content-type", "application/json")), b'{"wait":60}')


def test_headers_are_put_into_a_request_that_goes_on():
    def inserting(word: str, value: str) -> dict[str, Any]:
        return {word: {"CustomRequestHandling": {"InsertHeaders": [{"Name": "Seen", "Value": value}]}}}

    counted = judge(request(), rule("one", ANY, inserting("Count", "a")))
    assert counted.inserted == (("x-amzn-waf-seen", "a"),)
    blocked = judge(request(), rule("one", ANY, inserting("Count", "a")), rule("two", ANY, "Block"))
    assert blocked.inserted == ()


ACTIONS_REFUSED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "none": ({}, InvalidWafDocument),
    "two": ({"Block": {}, "Allow": {}}, InvalidWafDocument),
    "a puzzle": ({"Captcha": {}}, WafElementUnserved),
    "a challenge": ({"Challenge": {}}, WafElementUnserved),
    "money": ({"Monetize": {}}, WafElementUnserved),
    "a status that AWS has not": ({"Block": {"CustomResponse": {"ResponseCode": 418}}}, InvalidWafDocument),
    "a body that is not there": ({"Block": {"CustomResponse": {"ResponseCode": 403, "CustomResponseBodyKey": "x"}}}, InvalidWafDocument),
    "a content type": (
        {"Block": {"CustomResponse": {"ResponseCode": 403, "ResponseHeaders": [{"Name": "Content-Type", "Value": "x"}]}}},
        InvalidWafDocument,
    ),
    "a header that ends early": (
        {"Block": {"CustomResponse": {"ResponseCode": 403, "ResponseHeaders": [{"Name": "x", "Value": "a\r\nset-cookie: b"}]}}},
        InvalidWafDocument,
    ),
    "a header twice": (
        {"Allow": {"CustomRequestHandling": {"InsertHeaders": [{"Name": "x", "Value": "a"}, {"Name": "X", "Value": "b"}]}}},
        InvalidWafDocument,
    ),
}


@pytest.mark.parametrize(("action", "error"), ACTIONS_REFUSED.values(), ids=ACTIONS_REFUSED.keys())
def test_an_action_is_refused(action: dict[str, Any], error: type[Exception]):
    with pytest.raises(error):
        judge(request(), rule("r", ANY, action))


ACLS_REFUSED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "two names": ({"Rules": [rule("a", ANY), {**rule("a", ANY), "Priority": 1}]}, InvalidWafDocument),
    "two priorities": ({"Rules": [rule("a", ANY), rule("b", ANY)]}, InvalidWafDocument),
    "a default that counts": ({"DefaultAction": {"Count": {}}}, InvalidWafDocument),
    "an unknown member": ({"Future": {}}, InvalidWafDocument),
    "a puzzle's settings": ({"CaptchaConfig": {}}, WafElementUnserved),
    "token domains": ({"TokenDomains": ["x.example"]}, WafElementUnserved),
    "an override without a group": ({"Rules": [rule("a", ANY, OverrideAction={"None": {}})]}, InvalidWafDocument),
    "a group that is not there": (
        {"Rules": [rule("a", {"RuleGroupReferenceStatement": {"ARN": "none"}}, OverrideAction={"None": {}})]},
        WafReferenceNotFound,
    ),
    "a limit for another resource": (
        {"AssociationConfig": {"RequestBody": {"CLOUDFRONT": {"DefaultSizeInspectionLimit": "KB_64"}}}},
        WafElementUnserved,
    ),
    "no visibility": ({"VisibilityConfig": None}, InvalidWafDocument),
}


@pytest.mark.parametrize(("members", "error"), ACLS_REFUSED.values(), ids=ACLS_REFUSED.keys())
def test_a_web_acl_is_refused(members: dict[str, Any], error: type[Exception]):
    with pytest.raises(error):
        compile_web_acl({**document(), **members}, References(), account_id=ACCOUNT, name="acl")


def test_the_body_limit_can_be_raised():
    body = b"a" * 60_000 + b"needle"
    found = rule("r", byte_match(b"needle", {"Body": {}}))
    assert judge(request(body=body), found).action == "ALLOW"
    raised = {"AssociationConfig": {"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_64"}}}}
    assert judge(request(body=body), found, **raised).action == "BLOCK"


def group(*rules: dict[str, Any], capacity: int = 100) -> References:
    numbered = [{**one, "Priority": number} for number, one in enumerate(rules)]
    made = compile_rule_group(
        {"Rules": numbered, "VisibilityConfig": VISIBLE}, References(), account_id=ACCOUNT, name="g", capacity=capacity
    )
    return References(groups={"group": made})


def use(override: str = "None", **members: Any) -> dict[str, Any]:
    return rule("use", {"RuleGroupReferenceStatement": {"ARN": "group", **members}}, OverrideAction={override: {}})


def test_a_rule_group_runs_in_its_own_namespace():
    held = group(labelled("add", "x"), rule("stop", label("x")))
    decision = judge(request(), use(), references=held)
    assert (decision.action, decision.rule, decision.labels) == ("BLOCK", "use/stop", (f"awswaf:{ACCOUNT}:rulegroup:g:x",))
    assert judge(request(), use("Count"), rule("outside", label("x")), references=held).action == "ALLOW"


def test_what_a_rule_group_decides_may_be_counted_only():
    decision = judge(request(), use("Count"), rule("after", ANY, "Allow"), references=group(rule("stop", ANY)))
    assert (decision.action, decision.rule, decision.counted) == ("ALLOW", "after", ("use/stop",))


def test_one_rule_of_a_group_may_do_something_else():
    held = group(rule("stop", ANY), rule("later", ANY))
    counted = use(RuleActionOverrides=[{"Name": "stop", "ActionToUse": {"Count": {}}}])
    decision = judge(request(), counted, references=held)
    assert (decision.rule, decision.counted) == ("use/later", ("use/stop",))
    excluded = use(ExcludedRules=[{"Name": "stop"}, {"Name": "later"}])
    assert judge(request(), excluded, references=held).action == "ALLOW"
    with pytest.raises(InvalidWafDocument):
        judge(request(), use(ExcludedRules=[{"Name": "none"}]), references=held)


def test_a_rule_group_keeps_within_its_capacity():
    with pytest.raises(WafLimitsExceeded):
        group(rule("r", byte_match(b"x", URI)), capacity=9)
    with pytest.raises(WafLimitsExceeded):
        group(capacity=5001)
    with pytest.raises(InvalidWafDocument):
        group(use())


def rate(**members: Any) -> dict[str, Any]:
    return rule("rate", {"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP", "EvaluationWindowSec": 60, **members}})


def blocked(rates: RateTable, asked: Any, *rules: dict[str, Any]) -> bool:
    return judge(asked, *rules, rates=rates).action == "BLOCK"


def test_the_eleventh_request_of_an_address_is_over_a_limit_of_ten():
    rates = RateTable()
    assert [blocked(rates.at(5.0), request(), rate()) for _ in range(12)] == [False] * 10 + [True] * 2
    assert not blocked(rates, request(ip="203.0.113.9"), rate())


def test_a_rate_is_forgotten_when_its_window_has_passed():
    rates = RateTable()
    for _ in range(11):
        blocked(rates.at(5.0), request(), rate())
    assert blocked(rates.at(64.9), request(), rate())
    assert not blocked(rates.at(5.0 + 60 + 60), request(), rate())


def test_other_settings_count_afresh():
    rates = RateTable()
    for _ in range(11):
        blocked(rates, request(), rate())
    assert not blocked(rates, request(), rate(Limit=11))


def test_only_requests_in_scope_are_counted():
    rates, scoped = RateTable(), rate(ScopeDownStatement=byte_match(b"/login", URI, "STARTS_WITH"))
    for _ in range(11):
        assert not blocked(rates, request(b"/"), scoped)
    assert [blocked(rates, request(b"/login"), scoped) for _ in range(11)] == [False] * 10 + [True]


RATE_KEYS: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "a header": (
        {"Header": {"Name": "Key", "TextTransformations": NONE}},
        request(headers=[("key", b"a")]),
        request(headers=[("key", b"b")]),
    ),
    "a cookie": (
        {"Cookie": {"Name": "id", "TextTransformations": NONE}},
        request(headers=[("cookie", b"id=a")]),
        request(headers=[("cookie", b"id=b")]),
    ),
    "an argument": ({"QueryArgument": {"Name": "q", "TextTransformations": NONE}}, request(query=b"q=a"), request(query=b"q=b")),
    "the query": ({"QueryString": {"TextTransformations": NONE}}, request(query=b"a"), request(query=b"b")),
    "the path": ({"UriPath": {"TextTransformations": steps("LOWERCASE")}}, request(b"/A"), request(b"/b")),
    "the method": ({"HTTPMethod": {}}, request(), request(method="GET")),
    "the address": ({"IP": {}}, request(), request(ip="203.0.113.9")),
    "the forwarded address": (
        {"ForwardedIP": {}},
        request(headers=[("x-forwarded-for", b"10.0.0.1")]),
        request(headers=[("x-forwarded-for", b"10.0.0.2")]),
    ),
}


@pytest.mark.parametrize(("key", "one", "other"), RATE_KEYS.values(), ids=RATE_KEYS.keys())
def test_requests_are_counted_by(key: dict[str, Any], one: Any, other: Any):
    config = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH"}
    second = {"HTTPMethod": {}} if key != {"HTTPMethod": {}} else {"UriPath": {"TextTransformations": NONE}}
    counted, rates = rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=[key, second], ForwardedIPConfig=config), RateTable()
    assert [blocked(rates, one, counted) for _ in range(11)] == [False] * 10 + [True]
    assert not blocked(rates, other, counted)


def test_a_request_without_the_key_is_not_counted():
    counted, rates = (
        rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=[{"Header": {"Name": "key", "TextTransformations": NONE}}]),
        RateTable(),
    )
    assert not any(blocked(rates, request(), counted) for _ in range(20))


def test_requests_may_be_counted_all_together():
    counted, rates = rate(AggregateKeyType="CONSTANT", ScopeDownStatement=ANY), RateTable()
    assert [blocked(rates, request(ip=f"10.0.0.{n}"), counted) for n in range(11)] == [False] * 10 + [True]


def test_labels_may_be_counted():
    counted = rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=[{"LabelNamespace": {"Namespace": "who:"}}])
    rates = RateTable()
    a, b = (labelled(name, f"who:{name}", statement=byte_match(name.encode(), URI)) for name in "ab")
    assert [blocked(rates, request(b"a"), a, b, counted) for _ in range(11)] == [False] * 10 + [True]
    assert not blocked(rates, request(b"b"), a, b, counted)
    assert not any(blocked(rates, request(b"c"), a, b, counted) for _ in range(11))


def test_a_forwarded_address_that_is_none_falls_back():
    config = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}
    counted = rate(AggregateKeyType="FORWARDED_IP", ForwardedIPConfig=config)
    assert blocked(RateTable(), request(headers=[("x-forwarded-for", b"nobody")]), counted)
    assert not blocked(RateTable(), request(), counted)


RATES_REFUSED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "a limit below ten": ({"Limit": 9}, InvalidWafDocument),
    "a window of 61 seconds": ({"EvaluationWindowSec": 61}, InvalidWafDocument),
    "custom keys without their type": ({"CustomKeys": [{"HTTPMethod": {}}]}, InvalidWafDocument),
    "the type without custom keys": ({"AggregateKeyType": "CUSTOM_KEYS"}, InvalidWafDocument),
    "the address as the only custom key": ({"AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": [{"IP": {}}]}, InvalidWafDocument),
    "six custom keys": ({"AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": [{"HTTPMethod": {}}] * 6}, InvalidWafDocument),
    "everybody without a scope": ({"AggregateKeyType": "CONSTANT"}, InvalidWafDocument),
    "a forwarded address without a header": ({"AggregateKeyType": "FORWARDED_IP"}, InvalidWafDocument),
    "a TLS fingerprint": ({"AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": [{"JA3Fingerprint": {}}]}, WafElementUnserved),
    "an unknown member": ({"Future": 1}, InvalidWafDocument),
    "a rate in its scope": ({"ScopeDownStatement": {"RateBasedStatement": {}}}, InvalidWafDocument),
}


@pytest.mark.parametrize(("members", "error"), RATES_REFUSED.values(), ids=RATES_REFUSED.keys())
def test_a_rate_is_refused(members: dict[str, Any], error: type[Exception]):
    with pytest.raises(error):
        judge(request(), rate(**members))


def test_the_names_of_rates_are_those_that_are_counted():
    held = group(rate())
    acl = compile_web_acl(document(use(), rate()), held, account_id=ACCOUNT, name="acl")
    names = rate_names(acl, owner="acl")
    assert sorted(name.rpartition("|")[0] for name in names) == ["acl|rate", "acl|use/rate"]
    rates = RateTable()
    for _ in range(11):
        evaluate(acl, request(), rates, owner="acl")
    rates.keep_only("acl", names)
    assert evaluate(acl, request(), rates, owner="acl").rule == "use/rate"
    rates.keep_only("acl", frozenset())
    assert evaluate(acl, request(), rates, owner="acl").action == "ALLOW"


COSTS: dict[str, tuple[dict[str, Any], int]] = {
    "an exact string": (byte_match(b"x", URI, "EXACTLY"), 2),
    "a string that is searched": (byte_match(b"x", URI), 10),
    "two transformations": (byte_match(b"x", URI, "EXACTLY", "LOWERCASE", "NONE", "URL_DECODE"), 22),
    "all arguments": (byte_match(b"x", {"AllQueryArguments": {}}), 20),
    "a JSON body": (byte_match(b"x", {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}}, "CONTAINS", "LOWERCASE"), 30),
    "a size": (ANY, 1),
    "a regex": ({"RegexMatchStatement": {"RegexString": "x", "FieldToMatch": URI, "TextTransformations": NONE}}, 3),
    "a pattern set": ({"RegexPatternSetReferenceStatement": {"ARN": "patterns", "FieldToMatch": URI, "TextTransformations": NONE}}, 25),
    "an IP set": ({"IPSetReferenceStatement": {"ARN": "ips"}}, 1),
    "an IP set at any position": (
        {
            "IPSetReferenceStatement": {
                "ARN": "ips",
                "IPSetForwardedIPConfig": {"HeaderName": "x", "FallbackBehavior": "MATCH", "Position": "ANY"},
            }
        },
        5,
    ),
    "a label": (label("x"), 1),
    "logic": ({"NotStatement": {"Statement": {"OrStatement": {"Statements": [ANY, ANY, byte_match(b"x", URI, "EXACTLY")]}}}}, 4),
    "a rate": (rate()["Statement"], 2),
    "a rate in a scope": (rate(ScopeDownStatement=byte_match(b"x", URI))["Statement"], 12),
    "a rate by custom keys": (
        rate(
            AggregateKeyType="CUSTOM_KEYS",
            CustomKeys=[{"HTTPMethod": {}}, {"Header": {"Name": "x", "TextTransformations": steps("LOWERCASE")}}],
        )["Statement"],
        72,
    ),
}


@pytest.mark.parametrize(("statement", "wanted"), COSTS.values(), ids=COSTS.keys())
def test_the_capacity_of(statement: dict[str, Any], wanted: int):
    held = References(ip_sets={"ips": compile_ip_set("IPV4", [])}, patterns={"patterns": compile_patterns(["x"])})
    assert capacity_of([rule("r", statement)], held, account_id=ACCOUNT) == wanted


def test_a_group_costs_what_was_set_aside_for_it_and_an_acl_at_most_5000():
    held = group(rule("r", ANY), capacity=4999)
    assert compile_web_acl(document(use(), rule("one", ANY)), held, account_id=ACCOUNT, name="acl").capacity == 5000
    with pytest.raises(WafLimitsExceeded):
        compile_web_acl(document(use(), rule("one", ANY), rule("two", ANY)), held, account_id=ACCOUNT, name="acl")


def test_capacity_can_be_asked_of_a_rule_with_a_page():
    action = {"Block": {"CustomResponse": {"ResponseCode": 403, "CustomResponseBodyKey": "page"}}}
    assert capacity_of([rule("r", ANY, action)], References(), account_id=ACCOUNT) == 1
