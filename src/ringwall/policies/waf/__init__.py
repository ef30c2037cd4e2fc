"""AWS WAFv2 rule documents compiled to web ACLs, and the decision of one about a request."""

from ringwall.policies.waf.errors import InvalidWafDocument, WafElementUnserved, WafLimitsExceeded, WafReferenceNotFound
from ringwall.policies.waf.evaluation import DEFAULT_ACTION, Decision, Judging, advance, evaluate, judging, rate_names
from ringwall.policies.waf.rates import CountAsked, Rates, RateTable
from ringwall.policies.waf.request import RequestView
from ringwall.policies.waf.rules import (
    References,
    RuleGroup,
    WebAcl,
    capacity_of,
    compile_rule_group,
    compile_web_acl,
    label_namespace,
)
from ringwall.policies.waf.sets import IpSet, Patterns, compile_ip_set, compile_patterns

__all__ = [
    "DEFAULT_ACTION",
    "CountAsked",
    "Decision",
    "InvalidWafDocument",
    "IpSet",
    "Judging",
    "Patterns",
    "RateTable",
    "Rates",
    "References",
    "RequestView",
    "RuleGroup",
    "WafElementUnserved",
    "WafLimitsExceeded",
    "WafReferenceNotFound",
    "WebAcl",
    "advance",
    "capacity_of",
    "compile_ip_set",
    "compile_patterns",
    "compile_rule_group",
    "compile_web_acl",
    "evaluate",
    "judging",
    "label_namespace",
    "rate_names",
]
