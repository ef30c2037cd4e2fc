"""The permission decision: explicit deny wins, then resource policies, boundaries and session policies, and by default nothing is allowed.

Source: IAM User Guide, "Policy evaluation logic", "How AWS enforcement code logic evaluates requests to allow or deny access" and
"Cross-account policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from ringwall.errors import InvalidRequest
from ringwall.policies.compiled import CompiledStatement, PolicySet, Request, StatementId
from ringwall.policies.principals import Grant
from ringwall.vocabulary import Arn

Reason = Literal["allowed", "explicit-deny", "implicit-deny", "boundary", "session", "resource"]
Source = Literal["", "identity", "boundary", "session", "resource"]
ContextValue = str | bool | int | float | datetime | Sequence[str]

MAX_CONTEXT_KEYS = 256
MAX_CONTEXT_VALUES = 256


class PolicySets(msgspec.Struct, frozen=True):
    """Everything that applies to one request.

    boundary, session: None where the caller has none; a set, even an empty one, narrows.
    resource: the policy of the resource (a role's trust policy); None where it has none.
    resource_must_allow: the resource's policy must allow inside its own account too, as a role's trust policy must.
    """

    identity: PolicySet
    boundary: PolicySet | None = None
    session: PolicySet | None = None
    resource: PolicySet | None = None
    resource_must_allow: bool = False

    def reads_context(self, action: str) -> bool:
        """Say whether a decision about this action may depend on more than the caller and the resource."""
        if self.resource is not None:
            return True
        return any(one is not None and one.reads_context(action) for one in (self.identity, self.boundary, self.session))


class Decision(msgspec.Struct, frozen=True):
    """The outcome.

    reason: what decided: an explicit deny; no identity policy that allows; a boundary, session or resource policy that does not allow.
    source: the kind of policy that an explicit deny was in, or that allowed.
    matched: the statement that decided; empty where nothing matched.
    """

    allowed: bool
    reason: Reason
    source: Source = ""
    matched: tuple[StatementId, ...] = ()


def evaluate(sets: PolicySets, request: Request) -> Decision:
    """Decide one request.

    Identity policies, boundaries and sessions do not bind an account's root, which may do everything in its own account that no resource
    policy denies. Across accounts both sides must allow.

    Cost: 4.2 us of CPU with 1,000 statements, 44 % of them with conditions (median, benchmarks/policies.py).
    """
    root = request.principal.kind == "Root"
    denied = _explicit_deny(sets, request, root=root)
    if denied is not None:
        return denied
    granted, reach = _resource_grant(sets.resource, request)
    own = _same_account(request)
    if granted is None and (sets.resource_must_allow or not own):
        return Decision(False, "resource")
    if granted is not None and own and reach is Grant.DIRECT:
        return Decision(True, "allowed", "resource", (granted.id,))
    if root:
        return Decision(True, "allowed", "identity")
    return _narrowed(sets, request, granted if own and reach is Grant.ROLE else None)


def _narrowed(sets: PolicySets, request: Request, granted: CompiledStatement | None) -> Decision:
    """Decide by what is attached to the caller; `granted` is the statement of a resource's policy that names the caller's role."""
    allowing = sets.identity.first_allow(request)
    source: Source = "identity"
    if allowing is None:
        allowing, source = granted, "resource"
    if allowing is None:
        return Decision(False, "implicit-deny")
    if sets.boundary is not None and sets.boundary.first_allow(request) is None:
        return Decision(False, "boundary", matched=(allowing.id,))
    if sets.session is not None and sets.session.first_allow(request) is None:
        return Decision(False, "session", matched=(allowing.id,))
    return Decision(True, "allowed", source, (allowing.id,))


def _explicit_deny(sets: PolicySets, request: Request, *, root: bool) -> Decision | None:
    if not root:
        statement = sets.identity.first_deny(request)
        if statement is not None:
            return Decision(False, "explicit-deny", "identity", (statement.id,))
        if sets.boundary is not None and (statement := sets.boundary.first_deny(request)):
            return Decision(False, "explicit-deny", "boundary", (statement.id,))
        if sets.session is not None and (statement := sets.session.first_deny(request)):
            return Decision(False, "explicit-deny", "session", (statement.id,))
    if sets.resource is not None and (statement := sets.resource.first_deny(request)):
        return Decision(False, "explicit-deny", "resource", (statement.id,))
    return None


def _resource_grant(resource: PolicySet | None, request: Request) -> tuple[CompiledStatement | None, Grant]:
    """Return the Allow of the resource's policy that reaches furthest."""
    if resource is None:
        return None, Grant.NONE
    for reach in (Grant.DIRECT, Grant.ROLE, Grant.ACCOUNT):
        statement = resource.first_allow(request, at_least=reach)
        if statement is not None:
            return statement, reach
    return None, Grant.NONE


def _same_account(request: Request) -> bool:
    """Say whether the resource is the caller's account's. `*` and names without an account are; `aws` owns what every account may read."""
    owner = request.context.get("aws:resourceaccount")
    if owner:
        return owner == (request.principal.account_id,)
    parts = Arn.split(request.resource)
    return parts is None or parts[4] in ("", "aws", request.principal.account_id)


def request_context(entries: Mapping[str, ContextValue] | Iterable[tuple[str, ContextValue]]) -> dict[str, tuple[str, ...]]:
    """Bring a request's condition keys into normal form: lower-case keys, every value a tuple of texts.

    Raises:
        InvalidRequest: two keys that differ only in case (which of them would decide?), or more keys or values than the limits.
    """
    pairs = entries.items() if isinstance(entries, Mapping) else entries
    context: dict[str, tuple[str, ...]] = {}
    for key, value in pairs:
        lower = key.lower()
        if lower in context:
            raise InvalidRequest(f"The condition key `{key[:100]}` occurs twice, in different case")
        context[lower] = (value,) if isinstance(value, str) else _texts(value)
    if len(context) > MAX_CONTEXT_KEYS or any(len(values) > MAX_CONTEXT_VALUES for values in context.values()):
        raise InvalidRequest("The request has more condition keys or values than ringwall compares")
    return context


def _texts(value: ContextValue) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, int):
        return (str(value),)
    if isinstance(value, float):
        return (format(value, "f"),)
    if isinstance(value, datetime):
        return (value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",)
    return tuple(value)
