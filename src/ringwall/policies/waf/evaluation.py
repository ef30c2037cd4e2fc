"""The decision: a web ACL, a request, and the counting of rates, to one verdict.

Rules run in the order of their priorities. The first that matches and allows or blocks ends the run; one that counts adds its labels and
the run goes on; where none ends it, the default action decides. A rule group's rules run where the rule that uses the group stands.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Literal

import msgspec

from ringwall.policies.waf.actions import Action, Response
from ringwall.policies.waf.rate_based import RateRule
from ringwall.policies.waf.rates import CountAsked, Rates
from ringwall.policies.waf.request import RequestView
from ringwall.policies.waf.rules import GroupUse, Rule, WebAcl
from ringwall.policies.waf.statements import Context

DEFAULT_ACTION = "Default_Action"
"""What AWS calls the rule that ended a run that no rule ended."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a web ACL says of a request.

    action: whether the request goes on.
    rule: the rule that ended the run (`GROUP/RULE` inside a rule group), or Default_Action.
    counted: rules that matched and only counted, in order.
    labels: fully qualified, in the order in which they were added.
    response: what a blocked client is answered; None is AWS's plain 403.
    inserted: headers for the request that goes on.
    """

    action: Literal["ALLOW", "BLOCK"]
    rule: str
    counted: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    response: Response | None = None
    inserted: tuple[tuple[str, str], ...] = ()


Judging = Generator[CountAsked, int | None, Decision]
"""A judgement under way."""


def evaluate(acl: WebAcl, request: RequestView, rates: Rates, *, owner: str) -> Decision:
    """Judge a request.

    Args:
        acl: the compiled web ACL.
        request: what was on the wire.
        rates: counts for rate-based rules.
        owner: begins the names under which rates are counted, so that web ACLs do not share them (the ACL's ARN).
    """
    steps = judging(acl, request, owner=owner)
    step = advance(steps, None)
    while isinstance(step, CountAsked):
        step = advance(steps, rates.count(*step))
    return step


def judging(acl: WebAcl, request: RequestView, *, owner: str) -> Judging:
    """Judge a request as `evaluate` does, and stop wherever something is to be counted: it goes on with the count (`advance`).

    For counts that are kept far away: nothing waits in here, and nothing is looked at twice.
    """
    run = _Run(Context(request, acl.body_limit), owner)
    ended = yield from run.through(acl.rules, "")
    rule, action = ended if ended is not None else (DEFAULT_ACTION, acl.default)
    return Decision(
        action="BLOCK" if action.verdict == "BLOCK" else "ALLOW",
        rule=rule,
        counted=tuple(run.counted),
        labels=tuple(run.context.labels),
        response=action.response,
        inserted=() if action.verdict == "BLOCK" else (*run.inserted.items(), *action.inserted),
    )


def advance(steps: Judging, count: int | None) -> CountAsked | Decision:
    """Go on with a judgement: what is to be counted next, or the decision. `count` is None for the first step."""
    try:
        return steps.send(count)
    except StopIteration as ended:
        decision: Decision = ended.value
        return decision


def rate_names(acl: WebAcl, *, owner: str) -> frozenset[str]:
    """Return the names under which the rate-based rules of a web ACL are counted."""
    names = set()
    for rule in acl.rules:
        if isinstance(rule.test, GroupUse):
            names |= {
                _rate_name(owner, f"{rule.name}/{one.name}", one.test) for one in rule.test.group.rules if isinstance(one.test, RateRule)
            }
        elif isinstance(rule.test, RateRule):
            names.add(_rate_name(owner, rule.name, rule.test))
    return frozenset(names)


_Ended = tuple[str, Action] | None
_Steps = Generator[CountAsked, int | None, _Ended]


class _Run:
    """One request on its way through the rules."""

    def __init__(self, context: Context, owner: str) -> None:
        self.context = context
        self.counted: list[str] = []
        self.inserted: dict[str, str] = {}
        self._owner = owner

    def through(self, rules: tuple[Rule, ...], prefix: str, use: GroupUse | None = None) -> _Steps:
        """Run rules in order; return the one that ended the run, and its action."""
        for rule in rules:
            name = prefix + rule.name
            if isinstance(rule.test, GroupUse):
                ended = yield from self._group(rule, rule.test)
                if ended is not None:
                    return ended
                continue
            matched = (yield from self._over(rule.test, name)) if isinstance(rule.test, RateRule) else rule.test.matches(self.context)
            if not matched:
                continue
            self.context.labels.update(dict.fromkeys(rule.labels))
            action = rule.action if use is None else use.overrides.get(rule.name, rule.action)
            if action.verdict != "COUNT":
                return name, action
            self.counted.append(name)
            self.inserted.update(action.inserted)
        return None

    def _group(self, rule: Rule, use: GroupUse) -> _Steps:
        ended = yield from self.through(use.group.rules, f"{rule.name}/", use)
        if ended is not None and use.counts_only:
            self.counted.append(ended[0])
            return None
        return ended

    def _over(self, rate: RateRule, name: str) -> Generator[CountAsked, int | None, bool]:
        asked = rate.asks(self.context, _rate_name(self._owner, name, rate))
        if isinstance(asked, bool):
            return asked
        count = yield asked
        return count is None or count > rate.limit  # what was not counted is not let through


def _rate_name(owner: str, name: str, rate: RateRule) -> str:
    return f"{owner}|{name}|{rate.fingerprint}"
