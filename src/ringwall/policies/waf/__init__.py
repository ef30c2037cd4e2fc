"""AWS WAFv2 rule documents compiled to web ACLs, and the decision of one about a request."""

from ringwall.policies.waf.errors import InvalidWafDocument, WafElementUnserved, WafLimitsExceeded, WafReferenceNotFound
from ringwall.policies.waf.evaluation import DEFAULT_ACTION, Decision, evaluate, rate_names
from ringwall.policies.waf.rates import Rates, RateTable
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
    "Decision",
    "InvalidWafDocument",
    "IpSet",
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
    "capacity_of",
    "compile_ip_set",
    "compile_patterns",
    "compile_rule_group",
    "compile_web_acl",
    "evaluate",
    "label_namespace",
    "rate_names",
]
