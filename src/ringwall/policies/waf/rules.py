"""Rules, rule groups and web ACLs, compiled.

A rule's labels carry the namespace of the web ACL or rule group that it stands in. Source: WAFV2 API reference, Rule, RuleGroup and WebACL;
AWS WAF Developer Guide, "Web ACL capacity units (WCUs)" (at most 5,000 for a web ACL or a rule group).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ringwall.policies.waf.actions import COUNT, Action, Bodies, read_action, read_bodies
from ringwall.policies.waf.element import Element
from ringwall.policies.waf.errors import InvalidWafDocument, WafElementUnserved, WafLimitsExceeded, WafReferenceNotFound
from ringwall.policies.waf.fields import BODY_BYTES_DEFAULT
from ringwall.policies.waf.labels import read_labels
from ringwall.policies.waf.rate_based import RateRule, read_rate_rule
from ringwall.policies.waf.sets import IpSet, Patterns
from ringwall.policies.waf.statements import Scope, Statement, read_statement

CAPACITY_MAX = 5000
RULES_MAX = 1500  # none is documented; as many as the capacity that is included allows of the cheapest kind
OVERRIDES_MAX = 100
NAME = re.compile(r"[\w\-]{1,128}", re.ASCII)
_METRIC = re.compile(r"[\w#:.\-/]{1,255}", re.ASCII)
_UNSERVED_IN_RULES = ("CaptchaConfig", "ChallengeConfig")
_UNSERVED_IN_ACLS = (
    *_UNSERVED_IN_RULES,
    "TokenDomains",
    "DataProtectionConfig",
    "OnSourceDDoSProtectionConfig",
    "ApplicationConfig",
    "MonetizationConfig",
)
_BODY_LIMITS = {"KB_16": 16384, "KB_32": 32768, "KB_48": 49152, "KB_64": 65536}


class GroupUse(NamedTuple):
    """A rule group as a rule of a web ACL uses it: some of its rules do something else, or all only count."""

    group: RuleGroup
    overrides: Mapping[str, Action]
    counts_only: bool


class Rule(NamedTuple):
    """A compiled rule: what it tests (a statement, a rate, or a rule group), what it does then, and the labels that it adds."""

    name: str
    priority: int
    test: Statement | RateRule | GroupUse
    action: Action
    labels: tuple[str, ...]
    capacity: int


class RuleGroup(NamedTuple):
    """A compiled rule group; `capacity` is what was set aside for it when it was created."""

    name: str
    rules: tuple[Rule, ...]
    capacity: int


class WebAcl(NamedTuple):
    """A compiled web ACL."""

    name: str
    rules: tuple[Rule, ...]
    default: Action
    body_limit: int
    capacity: int


class References(NamedTuple):
    """What a document may refer to, by ARN."""

    ip_sets: Mapping[str, IpSet] = {}
    patterns: Mapping[str, Patterns] = {}
    groups: Mapping[str, RuleGroup] = {}


def label_namespace(kind: str, account_id: str, name: str) -> str:
    """Return the label namespace of a `webacl` or `rulegroup`, with its last colon."""
    return f"awswaf:{account_id}:{kind}:{name}:"


def compile_web_acl(document: Mapping[str, Any], references: References, *, account_id: str, name: str) -> WebAcl:
    """Compile a web ACL: members as CreateWebACL has them, without name, scope, description and tags.

    Raises:
        InvalidWafDocument: an element is unknown or malformed.
        WafElementUnserved: an element is one of AWS's that ringwall does not evaluate.
        WafReferenceNotFound: a set or rule group is not there.
        WafLimitsExceeded: it costs more than CAPACITY_MAX.
    """
    element = Element(document, "WebACL")
    element.known("DefaultAction", "Rules", "VisibilityConfig", "CustomResponseBodies", "AssociationConfig", unserved=_UNSERVED_IN_ACLS)
    read_visibility(element)
    bodies = read_bodies(element)
    rules = _rules(element, references, label_namespace("webacl", account_id, name), bodies, in_group=False)
    return WebAcl(
        name=name,
        rules=rules,
        default=read_action(element.element("DefaultAction"), bodies, may_count=False),
        body_limit=_body_limit(element),
        capacity=_capacity(rules, CAPACITY_MAX),
    )


def compile_rule_group(document: Mapping[str, Any], references: References, *, account_id: str, name: str, capacity: int) -> RuleGroup:
    """Compile a rule group: members as CreateRuleGroup has them, without name, scope, capacity, description and tags.

    Raises:
        InvalidWafDocument, WafElementUnserved, WafReferenceNotFound: as for a web ACL.
        WafLimitsExceeded: its rules cost more than `capacity`, or that is more than CAPACITY_MAX.
    """
    if not 1 <= capacity <= CAPACITY_MAX:
        raise WafLimitsExceeded(f"the capacity of a rule group is 1 to {CAPACITY_MAX}")
    element = Element(document, "RuleGroup").known("Rules", "VisibilityConfig", "CustomResponseBodies", unserved=("MonetizationConfig",))
    read_visibility(element)
    rules = _rules(element, references, label_namespace("rulegroup", account_id, name), read_bodies(element), in_group=True)
    _capacity(rules, capacity)
    return RuleGroup(name, rules, capacity)


def capacity_of(rules: Any, references: References, *, account_id: str) -> int:
    """Return what rules cost, in web ACL capacity units; CheckCapacity. Custom response bodies cannot be given here, as on AWS."""
    element = Element({"Rules": rules}, "CheckCapacity")
    return sum(rule.capacity for rule in _rules(element, references, label_namespace("webacl", account_id, "check"), None, in_group=False))


def read_visibility(element: Element) -> None:
    """Check `VisibilityConfig`; it decides nothing here."""
    config = element.element("VisibilityConfig").known("SampledRequestsEnabled", "CloudWatchMetricsEnabled", "MetricName")
    for switch in ("SampledRequestsEnabled", "CloudWatchMetricsEnabled"):
        if not isinstance(config.value(switch), bool):
            raise InvalidWafDocument(f"`{config.path}.{switch}` must be true or false")
    if not _METRIC.fullmatch(config.text("MetricName", most=255)):
        raise InvalidWafDocument(f"`{config.path}.MetricName` is malformed")


def _capacity(rules: tuple[Rule, ...], most: int) -> int:
    used = sum(rule.capacity for rule in rules)
    if used > most:
        raise WafLimitsExceeded(f"the rules cost {used} web ACL capacity units, of {most}")
    return used


def _rules(element: Element, references: References, namespace: str, bodies: Bodies | None, *, in_group: bool) -> tuple[Rule, ...]:
    if "Rules" not in element:
        return ()
    scope = Scope(namespace, references.ip_sets, references.patterns)
    rules = [_rule(one, scope, references, bodies, in_group=in_group) for one in element.elements("Rules", least=0, most=RULES_MAX)]
    for what, values in (("Name", [rule.name for rule in rules]), ("Priority", [rule.priority for rule in rules])):
        if len(set(values)) != len(values):
            raise InvalidWafDocument(f"`{element.path}.Rules` has two rules with the same `{what}`")
    return tuple(sorted(rules, key=lambda rule: rule.priority))


def _rule(element: Element, scope: Scope, references: References, bodies: Bodies | None, *, in_group: bool) -> Rule:
    element.known(
        "Name", "Priority", "Statement", "Action", "OverrideAction", "RuleLabels", "VisibilityConfig", unserved=_UNSERVED_IN_RULES
    )
    name = element.text("Name", most=128)
    if not NAME.fullmatch(name):
        raise InvalidWafDocument(f"`{element.path}.Name` must be of letters, digits, underscores and hyphens")
    read_visibility(element)
    priority = element.integer("Priority", 0, 2**31 - 1)
    labels = read_labels(element, scope.namespace)
    statement = element.element("Statement")
    if "RuleGroupReferenceStatement" in statement:
        if in_group:
            raise InvalidWafDocument(f"`{statement.path}`: a rule group cannot use another rule group")
        if labels or "Action" in element:
            raise InvalidWafDocument(f"`{element.path}`: a rule that uses a rule group has no action and no labels of its own")
        use = _group_use(element, statement, references)
        return Rule(name, priority, use, COUNT, (), use.group.capacity)
    if "OverrideAction" in element:
        raise InvalidWafDocument(f"`{element.path}.OverrideAction` is for rules that use a rule group")
    action = _action(element, bodies)
    if "RateBasedStatement" in statement:
        statement.only("RateBasedStatement")
        rate = read_rate_rule(statement.element("RateBasedStatement"), scope, statement.value("RateBasedStatement"))
        return Rule(name, priority, rate, action, labels, rate.capacity)
    test = read_statement(statement, scope)
    return Rule(name, priority, test, action, labels, test.capacity)


def _action(element: Element, bodies: Bodies | None) -> Action:
    action = element.element("Action")
    if bodies is None and "Block" in action:  # CheckCapacity: the bodies that a response names are not part of what is asked
        action.only("Allow", "Block", "Count")
        return Action("BLOCK")
    return read_action(action, bodies or {})


def _group_use(element: Element, statement: Element, references: References) -> GroupUse:
    statement.only("RuleGroupReferenceStatement")
    reference = statement.element("RuleGroupReferenceStatement").known("ARN", "ExcludedRules", "RuleActionOverrides")
    group = references.groups.get(reference.text("ARN", most=2048))
    if group is None:
        raise WafReferenceNotFound(f"`{reference.path}.ARN` names no rule group of this account")
    overrides: dict[str, Action] = {}
    if "ExcludedRules" in reference:
        for one in reference.elements("ExcludedRules", least=0, most=OVERRIDES_MAX):
            overrides[one.known("Name").text("Name", most=128)] = COUNT
    if "RuleActionOverrides" in reference:
        for one in reference.elements("RuleActionOverrides", least=0, most=OVERRIDES_MAX):
            action = read_action(one.known("Name", "ActionToUse").element("ActionToUse"), {})
            overrides[one.text("Name", most=128)] = action
    unknown = set(overrides) - {rule.name for rule in group.rules}
    if unknown:
        raise InvalidWafDocument(f"`{reference.path}` names a rule that the rule group has not")
    override = element.element("OverrideAction")
    choice = override.only("Count", "None")
    override.element(choice).known()
    return GroupUse(group, overrides, counts_only=choice == "Count")


def _body_limit(element: Element) -> int:
    """Read how much of a body is looked at; ringwall's endpoints count as API Gateway's."""
    if "AssociationConfig" not in element:
        return BODY_BYTES_DEFAULT
    config = element.element("AssociationConfig").known("RequestBody", unserved=("ChallengeJavascriptSdkInjection",))
    if "RequestBody" not in config:
        return BODY_BYTES_DEFAULT
    given = config.value("RequestBody")
    if not isinstance(given, Mapping):
        raise InvalidWafDocument(f"`{config.path}.RequestBody` must be a map")
    other = sorted(set(given) - {"API_GATEWAY"})
    if other:
        raise WafElementUnserved(f"`{config.path}.RequestBody` may have a limit for API_GATEWAY only, as which ringwall's endpoints count")
    if not given:
        return BODY_BYTES_DEFAULT
    limit = Element(given["API_GATEWAY"], f"{config.path}.RequestBody.API_GATEWAY").known("DefaultSizeInspectionLimit")
    return _BODY_LIMITS[limit.word("DefaultSizeInspectionLimit", _BODY_LIMITS)]
