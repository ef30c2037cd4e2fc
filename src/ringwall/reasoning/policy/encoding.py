"""Policy sets as formulas: statement by statement what `ringwall.policies.evaluate` asks, for one caller and any request.

The principal is concrete, so Principal elements are decided here; action, resource and context stay open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache, partial

import msgspec

from ringwall.policies import CompiledStatement, PolicySet, PolicySets, Request, StatementId
from ringwall.policies.document import PrincipalEntry, Statement
from ringwall.policies.pattern import Tokens, Variable, tokenize
from ringwall.policies.principals import Grant
from ringwall.reasoning.policy.conditions import cases, encode_condition, resolvable, single
from ringwall.reasoning.policy.errors import Inexpressible
from ringwall.reasoning.policy.focus import ByService, Focus
from ringwall.reasoning.policy.formula import (
    FALSE,
    TRUE,
    Formula,
    Given,
    In,
    Not,
    Opaque,
    Some,
    Text,
    conj,
    constant,
    disj,
    negated,
)
from ringwall.reasoning.policy.language import (
    ANY_RUN,
    NOT_COLON_RUN,
    Language,
    Pattern,
    exactly,
    linear,
    pattern,
    spelled,
)
from ringwall.vocabulary import Principal

_REACHES = (Grant.ACCOUNT, Grant.ROLE, Grant.DIRECT)
_ANYTHING: Language = (pattern((ANY_RUN,)),)


class EncodedStatement:
    """One statement's formula, made when it is first needed.

    actions, resources: languages that hold every action and resource it takes (all of them, where the element is negated).
    same: equal for statements that say the same, whatever their Sid and place.
    """

    def __init__(self, compiled: CompiledStatement, principal: Principal) -> None:
        self.compiled = compiled
        self.id: StatementId = compiled.id
        self.statement: Statement = compiled.statement
        self.same = _same(msgspec.structs.replace(self.statement, sid="", unsupported=()), compiled.has_variables)
        self._principal = principal
        self._action_patterns = tuple(linear(tokenize(action.lower(), variables=False), arn=False) for action in self.statement.actions)
        self.actions = _ANYTHING if self.statement.not_action else self._action_patterns
        # A Deny takes every resource while a variable of its pattern has no value.
        wide = self.statement.not_resource or (self.statement.effect == "Deny" and any(map(_moving, compiled.resource_patterns)))
        self.resources = _ANYTHING if wide else tuple(map(_outline, compiled.resource_patterns))

    @property
    def allows(self) -> bool:
        """Say whether the statement can ever allow."""
        return self.statement.effect == "Allow" and not self.statement.unsupported

    @cached_property
    def takes(self) -> Formula:
        """The statement takes action and resource, and its conditions hold."""
        action: Formula = In("action", self._action_patterns)
        denies = self.statement.effect == "Deny"
        conditions = (
            encode_condition(one, variables=self.compiled.has_variables, undetermined=denies) for one in self.statement.conditions
        )
        return conj([negated(action) if self.statement.not_action else action, self._resource(), *conditions])

    def _resource(self) -> Formula:
        denies, inverted = constant(self.statement.effect == "Deny"), self.statement.not_resource
        try:
            fixed = tuple(linear(tokens, arn=True) for tokens in self.compiled.resource_patterns if not _moving(tokens))
            fitting: list[Formula] = [In("resource", fixed)] if fixed else []
            unresolved: list[Formula] = []
            for tokens in self.compiled.resource_patterns:
                if _moving(tokens):
                    fitting += [conj([needs, In("resource", (linear(chosen, arn=True),))]) for needs, chosen in cases(tokens)]
                    unresolved.append(negated(resolvable(tokens)))
        except Inexpressible as problem:
            return Opaque(f"Resource: {problem.message}", self._takes_resource)
        fits, opened = disj(fitting), disj(unresolved)
        if inverted:
            return conj([negated(fits), disj([negated(opened), denies])])
        return disj([fits, conj([opened, denies])])

    def _takes_resource(self, request: Request) -> bool:
        return self.compiled.takes_resource(request.resource, request.context)

    def matches(self, at_least: Grant = Grant.ACCOUNT) -> Formula:
        """The statement takes the request and reaches the caller at least so far."""
        return conj([self.takes, _granted(self.statement, self._principal, at_least)])


@lru_cache(maxsize=65_536)
def _same(_statement: Statement, _variables: bool) -> object:
    """Return one object per content: hashing it costs nothing. Forgetting one only makes equal statements look different."""
    return object()


@lru_cache(maxsize=65_536)
def _outline(tokens: Tokens) -> Pattern:
    """Return a pattern that takes whatever the pattern can take with any values for its variables."""
    if not _moving(tokens):
        return linear(tokens, arn=True)
    # Beside a variable's value, which may hold colons, a wildcard's reach is not known: all of them become wide.
    return linear(tokens, arn=False).widened()


def _moving(tokens: Tokens) -> bool:
    return any(isinstance(token, Variable) for token in tokens)


# -- principals -----------------------------------------------------------------------------------------------------------------------


def _granted(statement: Statement, principal: Principal, at_least: Grant) -> Formula:
    """The statement's Principal or NotPrincipal reaches the caller at least so far."""
    if statement.principals is None:
        return TRUE
    reaches = [_reach(entry, principal) for entry in statement.principals]
    if not statement.not_principal:
        return disj(when for reach, when in reaches if reach >= at_least)
    if statement.effect == "Allow":
        return negated(disj(when for _, when in reaches)) if at_least is Grant.ACCOUNT else FALSE
    needed = {"Root": (Grant.ACCOUNT,), "IAMUser": (Grant.ACCOUNT, Grant.DIRECT), "AssumedRole": _REACHES}[principal.kind]
    return negated(conj(disj(when for reach, when in reaches if reach is level) for level in needed))


def _reach(entry: PrincipalEntry, principal: Principal) -> tuple[Grant, Formula]:
    """How far an entry reaches the caller, and when (only a role's own name depends on the request)."""
    if entry.value == "*" and entry.kind in ("*", "AWS"):
        return Grant.DIRECT, TRUE
    if entry.kind != "AWS":
        return Grant.NONE, FALSE
    if entry.value in (principal.account_id, f"arn:aws:iam::{principal.account_id}:root"):
        return Grant.ACCOUNT, TRUE
    if entry.value in (principal.arn, principal.principal_id):
        return Grant.DIRECT, TRUE
    return _reach_of_role(entry, principal)


def _reach_of_role(entry: PrincipalEntry, principal: Principal) -> tuple[Grant, Formula]:
    if principal.kind != "AssumedRole":
        return Grant.NONE, FALSE
    if entry.value == principal.principal_id.partition(":")[0]:
        return Grant.ROLE, TRUE
    return Grant.ROLE, conj([single("aws:principalarn"), Some("aws:principalarn", Text(exactly(entry.value)))])


# -- sets -----------------------------------------------------------------------------------------------------------------------------


class EncodedSet:
    """Policies of one kind that apply together."""

    def __init__(self, policies: PolicySet, principal: Principal) -> None:
        statements = [EncodedStatement(one, principal) for one in policies.statements]
        self.allows = tuple(one for one in statements if one.allows)
        self.denies = tuple(one for one in statements if one.statement.effect == "Deny")
        self._allows, self._denies = ByService(self.allows), ByService(self.denies)
        self.same_denies = frozenset(one.same for one in self.denies)
        self.same_allows = frozenset(one.same for one in self.allows)

    def allowing(self, focus: Focus, at_least: Grant = Grant.ACCOUNT) -> Formula:
        """One of the Allows matches."""
        return disj(one.matches(at_least) for one in self._allows.near(focus) if focus.meets(one))

    def denying(self, focus: Focus, known: frozenset[object] = frozenset()) -> Formula:
        """One of the Denies matches; those that `known` has are known not to."""
        return disj(one.matches() for one in self._denies.near(focus) if one.same not in known and focus.meets(one))


class Encoded:
    """Everything that applies to one caller's requests."""

    def __init__(self, sets: PolicySets, principal: Principal) -> None:
        self.sets = sets
        self.principal = principal
        self.root = principal.kind == "Root"
        self.identity = EncodedSet(sets.identity, principal)
        self.boundary = None if sets.boundary is None else EncodedSet(sets.boundary, principal)
        self.session = None if sets.session is None else EncodedSet(sets.session, principal)
        self.resource = None if sets.resource is None else EncodedSet(sets.resource, principal)
        self.own = _same_account(principal)

    def _binding(self) -> Sequence[EncodedSet]:
        """The sets whose denies bind the caller."""
        attached = () if self.root else (self.identity, self.boundary, self.session)
        return [one for one in (*attached, self.resource) if one is not None]

    @cached_property
    def same_denies(self) -> frozenset[object]:
        """What the binding denies say."""
        return frozenset[object]().union(*(one.same_denies for one in self._binding()))

    def denied(self, focus: Focus, known: frozenset[object] = frozenset()) -> Formula:
        """An explicit deny matches."""
        return disj(one.denying(focus, known) for one in self._binding())

    def _resource_allows(self, focus: Focus, at_least: Grant) -> Formula:
        return FALSE if self.resource is None else self.resource.allowing(focus, at_least)

    def _reached(self, focus: Focus) -> Formula:
        """The resource's side does not stand in the way: its policy allows, or need not."""
        spared = FALSE if self.sets.resource_must_allow else self.own
        return disj([spared, self._resource_allows(focus, Grant.ACCOUNT)])

    def _within(self, focus: Focus, other: Encoded | None) -> Formula:
        """Boundary and session policies allow; those that `other` has as well are known to."""
        parts = []
        for name in ("boundary", "session"):
            narrowing: EncodedSet | None = getattr(self, name)
            theirs: EncodedSet | None = None if other is None else getattr(other, name)
            if narrowing is not None and not (theirs is not None and theirs.same_allows <= narrowing.same_allows):
                parts.append(narrowing.allowing(focus))
        return conj(parts)

    def allowed(self, focus: Focus, *, through: EncodedStatement | None = None, other: Encoded | None = None) -> Formula:
        """The request is allowed.

        Args:
            focus: what is known of the request's action and resource.
            through: an identity Allow of `other` that is known to match.
            other: policies that are known to allow the request (its denies to be silent, its boundary to allow).
        """
        known = frozenset[object]() if other is None else other.same_denies
        same_reach = other is not None and through is not None and self._same_resource_side(other)
        direct = conj([self.own, self._resource_allows(focus, Grant.DIRECT)])
        if self.root:
            attached: Formula = TRUE
        else:
            inside = None if through is None else other
            granted = disj([self._identity(focus, through), conj([self.own, self._resource_allows(focus, Grant.ROLE)])])
            attached = conj([granted, self._within(focus, inside)])
        reached = TRUE if same_reach else self._reached(focus)
        return conj([negated(self.denied(focus, known)), disj([direct, conj([reached, attached])])])

    def _identity(self, focus: Focus, through: EncodedStatement | None) -> Formula:
        if through is not None and through.same in self.identity.same_allows:
            return TRUE
        return self.identity.allowing(focus)

    def _same_resource_side(self, other: Encoded) -> bool:
        """Say whether the resource's side lets through whatever it lets through with `other`, for requests of the same caller."""
        theirs = frozenset() if other.resource is None else other.resource.same_allows
        ours = frozenset() if self.resource is None else self.resource.same_allows
        return theirs <= ours and (other.sets.resource_must_allow or not self.sets.resource_must_allow)

    def ways(self, focus: Focus) -> Iterator[tuple[EncodedStatement | None, Callable[[], Formula]]]:
        """Yield every way in which a request in focus can come to be allowed: an Allow (None for root), and what makes the formula."""
        reaching = [] if self.resource is None else [one for one in self.resource.allows if focus.meets(one)]
        for one in reaching:
            yield one, partial(self._directly, one, focus.on(one))
        if self.root:
            yield None, lambda: conj([self._reached(focus), negated(self.denied(focus))])
            return
        for one in self.identity.allows:
            if focus.meets(one):
                yield one, partial(self._attached, one, focus.on(one))
        for one in reaching:
            yield one, partial(self._as_role, one, focus.on(one))

    def _directly(self, one: EncodedStatement, focus: Focus) -> Formula:
        """The resource's policy names the caller, which nothing narrows."""
        return conj([self.own, one.matches(Grant.DIRECT), negated(self.denied(focus))])

    def _attached(self, one: EncodedStatement, focus: Focus) -> Formula:
        """An identity policy allows, and everything else lets it."""
        return conj([one.matches(), self._reached(focus), self._within(focus, None), negated(self.denied(focus))])

    def _as_role(self, one: EncodedStatement, focus: Focus) -> Formula:
        """The resource's policy names the role behind the caller's session."""
        return conj([self.own, one.matches(Grant.ROLE), self._within(focus, None), negated(self.denied(focus))])


def _same_account(principal: Principal) -> Formula:
    """The resource is the caller's account's: by context, or by its ARN; what has no account is everyone's."""
    colon = spelled(":")
    short = tuple(pattern((*(part for _ in range(count) for part in (NOT_COLON_RUN, *colon)), NOT_COLON_RUN)) for count in range(5))
    head = tuple(part for _ in range(4) for part in (NOT_COLON_RUN, *colon))
    ours = tuple(pattern((*head, *spelled(owner), *colon, ANY_RUN)) for owner in ("", "aws", principal.account_id))
    key = "aws:resourceaccount"
    named = Text(exactly(principal.account_id))
    return disj([conj([single(key), Some(key, named)]), conj([Not(Given(key)), In("resource", (*short, *ours))])])
