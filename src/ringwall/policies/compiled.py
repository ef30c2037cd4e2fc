"""Policies compiled for deciding: statements indexed by action, then by resource.

A `PolicySet` answers one question fast: which statement with this effect matches the request. Statements are found through the action's
selection (made on the first request with that action and kept, at most `_KEPT` of them), inside it through the exact resource or the
literal prefix of the resource pattern. Only statements that survive both look at conditions.
Cost: 4.2 us of CPU a decision for a set of 1,000 statements (median, benchmarks/policies.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ringwall.policies.conditions import compile_condition
from ringwall.policies.document import Condition, Effect, Policy, Statement
from ringwall.policies.errors import MalformedPolicyDocument
from ringwall.policies.pattern import Context, Glob, Tokens, glob, has_variables, literal, resolve, tokenize
from ringwall.policies.principals import Grant, compile_principals
from ringwall.vocabulary import Principal

_KEPT = 2048
_EFFECTS: tuple[Effect, Effect] = ("Allow", "Deny")


class Request(msgspec.Struct, frozen=True):
    """One question: may this principal do this action on this resource, in this context (normal form, see `request_context`)?"""

    action: str
    resource: str
    principal: Principal
    context: Context


class StatementId(msgspec.Struct, frozen=True):
    """Which statement decided: its policy's name, its place in the policy, and its Sid where it has one."""

    policy: str
    index: int
    sid: str = ""


class CompiledStatement:
    """One statement, its parts turned to functions."""

    __slots__ = (
        "_clauses", "_undetermined", "action_globs", "has_variables", "id", "reach", "reads_context", "resource_patterns", "statement",
    )  # fmt: skip

    def __init__(self, statement: Statement, id: StatementId, *, variables: bool) -> None:
        self.statement = statement
        self.id = id
        self.has_variables = variables
        self._undetermined = statement.effect == "Deny"
        self.action_globs = tuple(glob(tokenize(action.lower(), variables=False), "text") for action in statement.actions)
        self.resource_patterns = tuple(tokenize(resource, variables=variables) for resource in statement.resources)
        self._clauses = tuple(
            compile_condition(condition, variables=variables, undetermined=self._undetermined) for condition in statement.conditions
        )
        self.reach = compile_principals(statement)
        self.reads_context = bool(
            self._clauses or self.reach is not None or any(has_variables(pattern) for pattern in self.resource_patterns)
        )

    def takes_action(self, action: str) -> bool:
        """Say whether the lower-case action is one of the statement's."""
        return any(pattern.matches(action) for pattern in self.action_globs) != self.statement.not_action

    def takes_resource(self, resource: str, context: Context) -> bool:
        """Say whether the resource is one of the statement's; undetermined counts as the effect demands."""
        undetermined = False
        for tokens in self.resource_patterns:
            fits = _resource_fits(tokens, resource, context)
            if fits:
                return not self.statement.not_resource
            undetermined = undetermined or fits is None
        return self._undetermined if undetermined else self.statement.not_resource

    def conditions_hold(self, context: Context) -> bool:
        """Say whether every condition holds."""
        return all(clause(context) for clause in self._clauses)

    def grant(self, principal: Principal, context: Context) -> Grant:
        """Say how the statement reaches the caller; one without Principal is attached to the caller."""
        return Grant.DIRECT if self.reach is None else self.reach(principal, context)


def _resource_fits(tokens: Tokens, resource: str, context: Context) -> bool | None:
    if has_variables(tokens):
        resolved = resolve(tokens, context)
        if resolved is None:
            return None
        tokens = resolved
    return glob(tokens, "arn").matches(resource)


class _Bucket:
    """Statements of one effect that take one action, by resource."""

    __slots__ = ("_exact", "_prefixes", "_unindexed", "empty", "reads_context")

    def __init__(self, statements: Sequence[CompiledStatement]) -> None:
        self.reads_context = any(statement.reads_context for statement in statements)
        unindexed: list[CompiledStatement] = []
        exact: dict[str, list[CompiledStatement]] = defaultdict(list)
        prefixes: dict[int, dict[str, list[tuple[Glob, CompiledStatement]]]] = defaultdict(lambda: defaultdict(list))
        for statement in statements:
            keys = _index_keys(statement)
            if keys is None:
                unindexed.append(statement)
                continue
            for key in keys:
                if isinstance(key, str):
                    exact[key].append(statement)
                else:
                    prefixes[len(key.prefix)][key.prefix].append((key, statement))
        self._unindexed = tuple(unindexed)
        self._exact = {key: tuple(found) for key, found in exact.items()}
        self._prefixes = tuple((length, {prefix: tuple(found) for prefix, found in table.items()}) for length, table in prefixes.items())
        self.empty = not (unindexed or exact or prefixes)

    def taking(self, resource: str, context: Context) -> Iterator[CompiledStatement]:
        """Yield the statements that take the resource; one with several matching patterns may come twice."""
        for statement in self._unindexed:
            if statement.takes_resource(resource, context):
                yield statement
        yield from self._exact.get(resource, ())
        for length, table in self._prefixes:
            for pattern, statement in table.get(resource[:length], ()):
                if pattern.matches(resource):
                    yield statement


def _index_keys(statement: CompiledStatement) -> list[str | Glob] | None:
    """Return exact resources and globs with a literal prefix; None where a pattern has no prefix, is negated, or has variables."""
    if statement.statement.not_resource:
        return None
    keys: list[str | Glob] = []
    for tokens in statement.resource_patterns:
        exact = literal(tokens)
        if exact is not None:
            keys.append(exact)
            continue
        pattern = glob(tokens, "arn")
        if not pattern.prefix or has_variables(tokens):
            return None
        keys.append(pattern)
    return keys


class PolicySet:
    """Policies of one kind that apply together: a caller's identity policies, a boundary, session policies, a resource's policy."""

    __slots__ = ("_any_service", "_by_service", "_exact", "_selections", "statements")

    def __init__(self, statements: Sequence[CompiledStatement]) -> None:
        self.statements = tuple(statements)
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._by_service: dict[str, list[int]] = defaultdict(list)
        self._any_service: list[int] = []
        self._selections: dict[str, tuple[_Bucket, _Bucket]] = {}
        for index, statement in enumerate(self.statements):
            self._index(index, statement)

    def _index(self, index: int, statement: CompiledStatement) -> None:
        if statement.statement.not_action:
            self._any_service.append(index)
            return
        for action in statement.statement.actions:
            service, colon, name = action.lower().partition(":")
            if not colon or "*" in service or "?" in service:
                self._any_service.append(index)
            elif "*" in name or "?" in name:
                self._by_service[service].append(index)
            else:
                self._exact[action.lower()].append(index)

    def _selection(self, action: str) -> tuple[_Bucket, _Bucket]:
        found = self._selections.get(action)
        if found is None:
            lower = action.lower()
            nearby = (self._exact.get(lower, ()), self._by_service.get(lower.partition(":")[0], ()), self._any_service)
            indexes = sorted({index for group in nearby for index in group if self.statements[index].takes_action(lower)})
            taking = [self.statements[index] for index in indexes]
            allow, deny = (_Bucket([one for one in taking if one.statement.effect == effect]) for effect in _EFFECTS)
            found = (allow, deny)
            if len(self._selections) >= _KEPT:
                self._selections.clear()
            self._selections[action] = found
        return found

    def reads_context(self, action: str) -> bool:
        """Say whether some statement that takes the action has conditions, variables or principals: where none has, the answer for a
        resource is the same in every request.
        """
        return any(bucket.reads_context for bucket in self._selection(action))

    def first_deny(self, request: Request) -> CompiledStatement | None:
        """Return a Deny that matches the request."""
        bucket = self._selection(request.action)[1]
        if bucket.empty:
            return None
        for statement in bucket.taking(request.resource, request.context):
            if statement.conditions_hold(request.context) and statement.grant(request.principal, request.context):
                return statement
        return None

    def first_allow(self, request: Request, *, at_least: Grant = Grant.ACCOUNT) -> CompiledStatement | None:
        """Return an Allow that matches the request and reaches the caller at least so far."""
        bucket = self._selection(request.action)[0]
        for statement in bucket.taking(request.resource, request.context):
            if statement.statement.unsupported:
                continue
            if statement.conditions_hold(request.context) and statement.grant(request.principal, request.context) >= at_least:
                return statement
        return None

    def taking_action(self, action: str) -> tuple[CompiledStatement, ...]:
        """Return the statements that take an action, in the order of the policies."""
        return tuple(statement for statement in self.statements if statement.takes_action(action.lower()))

    def matching(self, request: Request) -> tuple[CompiledStatement, ...]:
        """Return every statement that matches, in the order of the policies (for explanations, not for the hot path)."""
        found = {
            id(statement): statement
            for bucket in self._selection(request.action)
            for statement in bucket.taking(request.resource, request.context)
            if not (statement.statement.effect == "Allow" and statement.statement.unsupported)
            and statement.conditions_hold(request.context)
            and statement.grant(request.principal, request.context)
        }
        return tuple(statement for statement in self.statements if id(statement) in found)


def compile_policies(policies: Iterable[Policy]) -> PolicySet:
    """Compile policies that apply together.

    A part that does not compile (a stored document written by another version) marks its statement: an Allow never matches then, a Deny
    matches whatever its other parts match.
    """
    compiled: list[CompiledStatement] = []
    for policy in policies:
        for index, statement in enumerate(policy.statements):
            named = StatementId(policy.name, index, statement.sid)
            compiled.append(_compile_closed(statement, named, variables=policy.has_variables))
    return PolicySet(compiled)


def _compile_closed(statement: Statement, id: StatementId, *, variables: bool) -> CompiledStatement:
    try:
        return CompiledStatement(statement, id, variables=variables)
    except MalformedPolicyDocument as problem:
        unsupported = (*statement.unsupported, problem.message)
    resources = statement.resources if all(_resource_compiles(one, variables) for one in statement.resources) else ("*",)
    readable = msgspec.structs.replace(
        statement,
        conditions=tuple(one for one in statement.conditions if _condition_compiles(one, variables)),
        resources=resources,
        not_resource=statement.not_resource and resources == statement.resources,
        unsupported=unsupported,
    )
    return CompiledStatement(readable, id, variables=variables)


def _condition_compiles(condition: Condition, variables: bool) -> bool:
    try:
        compile_condition(condition, variables=variables, undetermined=False)
    except MalformedPolicyDocument:
        return False
    return True


def _resource_compiles(resource: str, variables: bool) -> bool:
    try:
        tokenize(resource, variables=variables)
    except MalformedPolicyDocument:
        return False
    return True
