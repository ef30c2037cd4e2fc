"""The permission check with its inputs looked up: which policies apply to a caller, and what they say.

What is read is kept per storage generation, so a change anywhere is seen by the next request; compiled policies are kept by their text.
So are permissions that read nothing of a request but its action and resource: the same question has the same answer until a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NoReturn

import msgspec

from ringwall.errors import Bug
from ringwall.identity.cache import GenerationCache
from ringwall.identity.caller import Caller
from ringwall.identity.entities import OPERATORS, Account, Group, Holder, ManagedPolicy, Role, User
from ringwall.identity.errors import NotAuthorized
from ringwall.identity.managed import AWS_OWNED, MANAGED_POLICIES
from ringwall.identity.records import Records
from ringwall.identity.trust import compile_trust
from ringwall.policies import (
    Decision,
    Policy,
    PolicySet,
    PolicySets,
    Request,
    compile_policies,
    evaluate,
    read_stored_policy,
    request_context,
)
from ringwall.policies.evaluation import ContextValue
from ringwall.vocabulary import Arn, Principal

NamedDocument = tuple[str, str]
"""Where a policy came from, and its text."""

NOTHING = compile_policies(())
_ENTITY_TYPES: dict[str, type[User | Role | Group]] = {"user": User, "role": Role, "group": Group}
_BEARING = ("bedrock:CallWithBearerToken", "*")
"""The action, and its resource, that whoever comes with an API key must be allowed besides what is asked for."""
_TRUST_ACTIONS = frozenset({"sts:AssumeRole"})
_SETTLED = 1024
_PRINCIPAL_TYPES = {"Root": "Account", "IAMUser": "User", "AssumedRole": "AssumedRole"}


class Standing(msgspec.Struct, frozen=True):
    """What applies to a caller in every request.

    settled: actions on resources that are allowed whatever else a request says; at most `_SETTLED`.
    """

    sets: PolicySets
    context: dict[str, tuple[str, ...]]
    settled: set[tuple[str, str]] = msgspec.field(default_factory=set)


@lru_cache(maxsize=4096)
def _policy(name: str, document: str) -> Policy:
    return read_stored_policy(document, name=name)


@lru_cache(maxsize=1024)
def compile_documents(documents: tuple[NamedDocument, ...]) -> PolicySet:
    """Compile stored documents that apply together; kept by their text."""
    return compile_policies([_policy(name, document) for name, document in documents])


class Permissions:
    """Decides whether a caller may do something."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._standing: GenerationCache[tuple[object, ...], Standing] = GenerationCache(8192)

    async def authorize(self, principal: Principal, action: str, resources: Sequence[str], context: Mapping[str, ContextValue]) -> None:
        """Return if the caller may do the action on every resource.

        Raises:
            NotAuthorized: in AWS's words.
            InvalidRequest: condition keys that differ in case only, or too many of them.
        """
        if not resources:
            raise Bug(f"{action} was checked against no resource")
        standing = await self.standing(principal)
        settled = standing.settled
        if (not _is_bearer(principal) or _BEARING in settled) and all((action, resource) in settled for resource in resources):
            return
        merged = {**request_context(context), **standing.context}
        _refuse_bare_session(principal, action)
        if action.startswith("ringwall:") and "Account" in action:
            await self._refuse_tenants(principal, action)
        if _is_bearer(principal):
            await self._check(standing, principal, *_BEARING, merged)
        for resource in resources:
            await self._check(standing, principal, action, resource, merged)

    async def _check(
        self, standing: Standing, principal: Principal, action: str, resource: str, context: dict[str, tuple[str, ...]]
    ) -> None:
        decision, named = await self._decide(standing, principal, action, resource, context)
        if not decision.allowed:
            _refuse(principal, action, named, decision)
        if _is_settled(standing, action, resource):
            standing.settled.add((action, resource))

    async def _refuse_tenants(self, principal: Principal, action: str) -> None:
        """Accounts are managed from the operator's account alone, whatever a tenant's own policies say."""
        account = await self._records.get(Account, OPERATORS, principal.account_id)
        if account is None or not account.entity.operator:
            raise NotAuthorized(
                f"User: {principal.arn} is not authorized to perform: {action} because its account does not operate this ringwall"
            )

    async def standing(self, principal: Principal) -> Standing:
        """Return the policies and condition keys that come with the caller."""
        generation = await self._records.generation()
        issued_at = principal.issued_at if isinstance(principal, Caller) else -1
        bearer = _is_bearer(principal)
        key = (principal.arn, principal.principal_id, principal.access_key_id, principal.session_policies, issued_at, bearer)
        found = self._standing.get(generation, key)
        if found is None:
            found = await self._look_up(principal)
            self._standing.put(generation, key, found)
        return found

    async def _decide(
        self, standing: Standing, principal: Principal, action: str, resource: str, context: dict[str, tuple[str, ...]]
    ) -> tuple[Decision, str]:
        sets = standing.sets
        parts = Arn.split(resource)
        owner = parts[4] if parts is not None and parts[4] not in ("", AWS_OWNED) else principal.account_id
        seen = {**context, "aws:resourceaccount": (owner,)}
        assuming = action in _TRUST_ACTIONS
        entity = None
        if parts is not None and parts[2] == "iam" and (assuming or owner == principal.account_id):
            entity = await self.entity(owner, parts[5])
            seen = {**dict(_entity_context(entity, seen)), **seen}
        if assuming:
            sets = msgspec.structs.replace(sets, resource=_trust(entity, resource, principal), resource_must_allow=True)
        elif entity is not None:
            resource = entity.arn
        return evaluate(sets, Request(action, resource, principal, seen)), resource

    async def entity(self, account_id: str, resource: str) -> Holder | None:
        """Find the user, role or group behind an ARN: policies are about its real path, whatever path the request named."""
        segment, _, name = resource.partition("/")
        type_ = _ENTITY_TYPES.get(segment)
        name = name.rpartition("/")[2]
        if type_ is None or not name or len(name) > 128:
            return None
        stored = await self._records.get(type_, account_id, name)
        return None if stored is None else stored.entity

    async def _look_up(self, principal: Principal) -> Standing:
        context = _principal_context(principal)
        if principal.kind == "Root":
            return Standing(PolicySets(NOTHING, session=_session(principal)), context)
        holder = await self._holder(principal)
        if holder is None:
            return Standing(PolicySets(NOTHING, session=_session(principal)), context)
        for tag, value in holder.tags.items():
            context[f"aws:principaltag/{tag.lower()}"] = (value,)
        context["aws:principalarn"] = (holder.arn,)
        documents = await self.documents_of(holder)
        boundary = None if not holder.boundary else compile_documents((await self.document_of(holder.account_id, holder.boundary),))
        return Standing(PolicySets(compile_documents(documents), boundary=boundary, session=_session(principal)), context)

    async def _holder(self, principal: Principal) -> User | Role | None:
        """Return the user or role behind the caller, if it is still the same one that the credential was made for."""
        holder: User | Role
        if principal.kind == "IAMUser":
            user = await self._records.get(User, principal.account_id, principal.user_name)
            if user is None:
                return None
            holder = user.entity
        else:
            role = await self._records.get(Role, principal.account_id, principal.arn.split("/")[1])
            if role is None:
                return None
            holder = role.entity
        return holder if holder.id == principal.principal_id.partition(":")[0] else None

    async def documents_of(self, holder: Holder) -> tuple[NamedDocument, ...]:
        """Return every identity policy of a user (with its groups'), role or group."""
        documents: list[NamedDocument] = [(f"{holder.segment}_{holder.name}_{name}", text) for name, text in holder.inline.items()]
        for arn in holder.attached:
            documents.append(await self.document_of(holder.account_id, arn))  # noqa: PERF401 # awaits one after the other
        for name in holder.groups if isinstance(holder, User) else ():
            group = await self._records.get(Group, holder.account_id, name)
            if group is not None:
                documents.extend(await self.documents_of(group.entity))
        return tuple(documents)

    async def document_of(self, account_id: str, arn: str) -> NamedDocument:
        """Return a managed policy's document; one that is gone reads as a document that denies everything."""
        policy = MANAGED_POLICIES.get(arn)
        if policy is None and arn.startswith(f"arn:aws:iam::{account_id}:policy/"):
            stored = await self._records.get(ManagedPolicy, account_id, arn.rpartition("/")[2])
            policy = None if stored is None or stored.entity.arn != arn else stored.entity
        return arn, "" if policy is None else policy.document


def _session(principal: Principal) -> PolicySet | None:
    if not principal.session_policies:
        return None
    return compile_documents(tuple((f"session-policy-{index + 1}", text) for index, text in enumerate(principal.session_policies)))


def _trust(entity: Holder | None, arn: str, principal: Principal) -> PolicySet:
    """Return the trust policy of the role with exactly this ARN. Roles may not be assumed by root (STS API reference, AssumeRole)."""
    if not isinstance(entity, Role) or entity.arn != arn or principal.kind == "Root":
        return NOTHING
    return compile_trust(entity)


def _principal_context(principal: Principal) -> dict[str, tuple[str, ...]]:
    context: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (principal.arn,),
        "aws:principalaccount": (principal.account_id,),
        "aws:principaltype": (_PRINCIPAL_TYPES[principal.kind],),
        "aws:principalisawsservice": ("false",),
        "aws:viaawsservice": ("false",),
        "aws:userid": (principal.principal_id,),
    }
    if principal.user_name:
        context["aws:username"] = (principal.user_name,)
    if isinstance(principal, Caller):
        context["aws:principalarn"] = (principal.principal_arn or principal.arn,)
        if principal.issued_at:
            context["aws:tokenissuetime"] = (datetime.fromtimestamp(principal.issued_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),)
            context["aws:multifactorauthpresent"] = ("false",)
        if principal.bearer:
            context["bedrock:bearertokentype"] = ("LONG_TERM",)
    return context


def _entity_context(entity: Holder | None, seen: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Condition keys about the IAM entity that a request is about."""
    if entity is None:
        return
    for tag, value in entity.tags.items():
        yield f"aws:resourcetag/{tag.lower()}", (value,)
        yield f"iam:resourcetag/{tag.lower()}", (value,)
    if entity.boundary and "iam:permissionsboundary" not in seen:
        yield "iam:permissionsboundary", (entity.boundary,)


def _is_settled(standing: Standing, action: str, resource: str) -> bool:
    """Say whether what was allowed now stays allowed, for this caller, until the storage generation ends.

    Not so: what a condition, a variable or a resource's own policy decides; what is about IAM or STS, where the entity behind a name
    counts; what only some accounts may do (`ringwall:*Account*`).
    """
    parts = Arn.split(resource)
    if action.startswith(("iam:", "sts:", "ringwall:")) or (parts is not None and parts[2] == "iam"):
        return False
    return not standing.sets.reads_context(action) and len(standing.settled) < _SETTLED


def _is_bearer(principal: Principal) -> bool:
    return isinstance(principal, Caller) and principal.bearer


def _refuse_bare_session(principal: Principal, action: str) -> None:
    """A user's session token from GetSessionToken, without a second factor, opens neither IAM nor most of STS (STS API reference)."""
    if principal.kind == "AssumedRole" or not (isinstance(principal, Caller) and principal.issued_at):
        return
    if action.startswith("iam:") or (action.startswith("sts:") and action not in _TRUST_ACTIONS):
        raise NotAuthorized(f"User: {principal.arn} is not authorized to perform: {action} with session credentials without MFA")


_WHERE = {
    "identity": "an identity-based policy",
    "boundary": "a permissions boundary",
    "session": "a session policy",
    "resource": "a resource-based policy",
}
_MISSING = {
    "implicit-deny": "no identity-based policy allows",
    "boundary": "no permissions boundary allows",
    "session": "no session policy allows",
    "resource": "no resource-based policy allows",
}


def _refuse(principal: Principal, action: str, resource: str, decision: Decision) -> NoReturn:
    """Say it in AWS's words (IAM User Guide, "Troubleshoot access denied error messages")."""
    head = f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}"
    if decision.reason == "explicit-deny":
        message = f"{head} with an explicit deny in {_WHERE[decision.source]}"
    else:
        message = f"{head} because {_MISSING[decision.reason]} the {action} action"
    raise NotAuthorized(message, reason=decision.reason, matched=decision.matched)
