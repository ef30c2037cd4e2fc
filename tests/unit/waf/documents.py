"""Short ways to write rule documents and requests."""

from __future__ import annotations

from typing import Any

from ringwall.policies.waf import Decision, RateTable, References, RequestView, compile_web_acl, evaluate

ACCOUNT = "111122223333"
VISIBLE = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
NONE = [{"Priority": 0, "Type": "NONE"}]


def request(
    path: bytes = b"/", query: bytes = b"", headers: Any = (), body: bytes = b"", *, method: str = "POST", ip: str = "198.51.100.7"
) -> RequestView:
    return RequestView(method, path, query, tuple(headers), body, ip)


def steps(*names: str) -> list[dict[str, Any]]:
    return [{"Priority": number, "Type": name} for number, name in enumerate(names)]


def byte_match(search: bytes, field: dict[str, Any], position: str = "CONTAINS", *names: str) -> dict[str, Any]:
    return {
        "ByteMatchStatement": {
            "SearchString": search,
            "FieldToMatch": field,
            "TextTransformations": steps(*names) or NONE,
            "PositionalConstraint": position,
        }
    }


def rule(name: str, statement: dict[str, Any], action: str | dict[str, Any] = "Block", **more: Any) -> dict[str, Any]:
    made = {"Name": name, "Priority": 0, "Statement": statement, "VisibilityConfig": VISIBLE, **more}
    if "OverrideAction" not in made:
        made["Action"] = {action: {}} if isinstance(action, str) else action
    return made


def document(*rules: dict[str, Any], default: str = "Allow", **more: Any) -> dict[str, Any]:
    numbered = [{**one, "Priority": number} for number, one in enumerate(rules)]
    return {"DefaultAction": {default: {}}, "Rules": numbered, "VisibilityConfig": VISIBLE, **more}


def judge(asked: RequestView, *rules: dict[str, Any], references: References | None = None, rates: Any = None, **more: Any) -> Decision:
    acl = compile_web_acl(document(*rules, **more), references or References(), account_id=ACCOUNT, name="acl")
    return evaluate(acl, asked, rates or RateTable(), owner="acl")


def matches(asked: RequestView, statement: dict[str, Any], references: References | None = None) -> bool:
    return judge(asked, rule("r", statement), references=references).action == "BLOCK"
