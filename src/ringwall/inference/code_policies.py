"""What accounts want done about code in answers: one policy for the account, and one for any of its guardrails beside it.

Rule this file upholds: a guardrail's own policy adds to the account's and takes nothing away, for whoever asks chooses the guardrail. An
answer passes both, so the stricter word wins, finding by finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from ringwall.crypto.digests import sha256
from ringwall.errors import NotFound
from ringwall.guardrails.code.config import CodePolicyConfig, check_code_policy, covers
from ringwall.inference.errors import QuotaExceeded
from ringwall.inference.kept import KeptReads
from ringwall.inference.stored import put_in_place, read_body
from ringwall.storage import Delete, Document, Storage
from ringwall.vocabulary import Clock

KIND = "code-policy"
POLICIES = 200
"""Policies that an account may have."""

_ACCOUNT = "account"
_GUARDRAIL = "guardrail-"
_KEPT = 4096


class CodePolicyNotFound(NotFound, code="code-policy-not-found"):
    """The account, or this guardrail of it, has no policy for generated code."""

    remedy = "put one with `ringwall code-policy put`"


class _Body(msgspec.Struct, frozen=True):
    config: CodePolicyConfig
    updated_at: datetime
    updated_by: str


class StandingCodePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it stands.

    guardrail_id: whose it is; "" where it is the account's.
    revision: counts its changes. digest: SHA-256 of the document, so that a receipt can name it.
    """

    guardrail_id: str
    config: CodePolicyConfig
    revision: int
    digest: str
    updated_at: datetime
    updated_by: str

    @property
    def scope(self) -> Literal["account", "guardrail"]:
        """Whether it is the account's or a guardrail's."""
        return "guardrail" if self.guardrail_id else "account"


_DECODER = msgspec.json.Decoder(_Body)


class CodePolicies:
    """The policies of all accounts, kept read while nothing changes."""

    def __init__(self, storage: Storage, clock: Clock, *, most: int = POLICIES) -> None:
        self._most = most
        self._storage = storage
        self._clock = clock
        self._kept = KeptReads(storage.generation, self._read, most=_KEPT)

    async def for_question(self, account_id: str, guardrail_ids: Iterable[str]) -> tuple[StandingCodePolicy, ...]:
        """Return what an answer stands under: the account's policy and each guardrail's own, without those that another one covers.

        Raises:
            IntegrityError: what is stored cannot be read; no answer may pass then.
        """
        policies = await self._kept.get(account_id)
        if not policies:
            return ()
        found = [policies[name] for name in dict.fromkeys(("", *guardrail_ids)) if name in policies]
        return tuple(each for at, each in enumerate(found) if not _covered(each, at, found))

    async def list(self, account_id: str) -> tuple[StandingCodePolicy, ...]:
        """Return an account's policies, its own first."""
        policies = await self._kept.get(account_id)
        return tuple(policies[name] for name in sorted(policies))

    async def get(self, account_id: str, guardrail_id: str = "") -> StandingCodePolicy:
        """Return the account's policy, or a guardrail's.

        Raises:
            CodePolicyNotFound: there is none.
        """
        found = (await self._kept.get(account_id)).get(guardrail_id)
        if found is None:
            raise CodePolicyNotFound("there is no policy for generated code here: answers are not scanned under it")
        return found

    async def put(self, account_id: str, config: CodePolicyConfig, *, by: str, guardrail_id: str = "") -> StandingCodePolicy:
        """Make a policy, or put another in its place.

        Args:
            account_id: the tenant.
            config: the policy.
            by: the caller's ARN.
            guardrail_id: of a guardrail that exists; "" for the account's policy.

        Raises:
            InvalidRequest: the policy names what is no language. QuotaExceeded: there are too many. Conflict: a race.
        """
        check_code_policy(config)
        held = await self._storage.get(account_id, KIND, _name(guardrail_id))
        if held is None and len(await self._storage.list(account_id, KIND, limit=self._most)) >= self._most:
            raise QuotaExceeded(f"an account has at most {self._most} policies for generated code")
        body = msgspec.json.encode(_Body(config, self._clock(), by))
        await self._storage.apply(put_in_place(Document(account_id=account_id, kind=KIND, id=_name(guardrail_id), body=body), held))
        return await self.get(account_id, guardrail_id)

    async def remove(self, account_id: str, guardrail_id: str = "") -> None:
        """Remove a policy: answers do not stand under it any more.

        Raises:
            CodePolicyNotFound: there is none.
        """
        held = await self._storage.get(account_id, KIND, _name(guardrail_id))
        if held is None:
            raise CodePolicyNotFound("there is no policy for generated code here")
        await self._storage.apply(Delete(account_id, KIND, held.id, held.revision))

    async def _read(self, account_id: str) -> Mapping[str, StandingCodePolicy]:
        documents = await self._storage.list(account_id, KIND, limit=self._most)
        return {each.guardrail_id: each for each in map(_standing, documents)}


def _covered(each: StandingCodePolicy, at: int, found: Sequence[StandingCodePolicy]) -> bool:
    """Say whether another of the policies covers this one; of two that cover each other, the later is the covered one."""
    return any(
        place != at and covers(other.config, each.config) and (place < at or not covers(each.config, other.config))
        for place, other in enumerate(found)
    )


def _name(guardrail_id: str) -> str:
    return f"{_GUARDRAIL}{guardrail_id}" if guardrail_id else _ACCOUNT


def _standing(document: Document) -> StandingCodePolicy:
    body = read_body(_DECODER, document)
    return StandingCodePolicy(
        guardrail_id=document.id.removeprefix(_GUARDRAIL) if document.id != _ACCOUNT else "",
        config=body.config,
        revision=document.revision,
        digest=sha256(msgspec.json.encode(body.config)).hex(),
        updated_at=body.updated_at,
        updated_by=body.updated_by,
    )
