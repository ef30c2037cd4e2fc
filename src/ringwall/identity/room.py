"""The room's one object: everything that the faces ask of identity."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from ringwall.errors import RingwallError
from ringwall.identity import quotas
from ringwall.identity.access_keys import AccessKeys, ApiKeys, NewAccessKey, NewApiKey
from ringwall.identity.accounts import Accounts
from ringwall.identity.authentication import Authentication
from ringwall.identity.caller import Caller
from ringwall.identity.entities import Account, Group, ManagedPolicy, Role, User
from ringwall.identity.managed_policies import ManagedPolicies
from ringwall.identity.permissions import Permissions
from ringwall.identity.ports import Sealer
from ringwall.identity.records import Records
from ringwall.identity.roles import Roles
from ringwall.identity.sessions import Sessions
from ringwall.identity.simulation import Simulator
from ringwall.identity.users import Groups, Users
from ringwall.policies.evaluation import ContextValue
from ringwall.storage.ports import Storage
from ringwall.vocabulary import Clock, Principal
from ringwall.wire import BearerClaim, HttpRequest, SigV4Claim

log = logging.getLogger("ringwall.identity")

_SAVE_USES_EVERY = timedelta(minutes=15)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


class Administrator(msgspec.Struct, frozen=True):
    """A new account with a user who may do everything in it; the secrets are shown this once."""

    account: Account
    user: User
    access_key: NewAccessKey
    api_key: NewApiKey


class Identity:
    """Accounts, principals, credentials, and the permission check with its inputs looked up.

    What it upholds: credentials and permissions are read from storage of the present generation, so what was revoked is refused from the
    next request on; every entity is looked up under its own account. What it leaves to others: which action and resources a request is
    about (the operation table), and recording the outcome (api).
    """

    def __init__(self, storage: Storage, sealer: Sealer, clock: Clock, region: str) -> None:
        self.region = region
        self._clock = clock
        self._saved_at = clock()
        self._saving: asyncio.Task[None] | None = None
        records = self._records = Records(storage)
        self._authentication = Authentication(records, sealer, clock)
        self.permissions = Permissions(records)
        self.accounts = Accounts(records, clock)
        self.users = Users(records, clock)
        self.groups = Groups(records, clock)
        self.roles = Roles(records, clock)
        self.policies = ManagedPolicies(records, clock)
        self.access_keys = AccessKeys(records, sealer, clock, self._authentication.uses)
        self.api_keys = ApiKeys(records, clock)
        self.sessions = Sessions(records, sealer, clock)
        self.simulation = Simulator(self.permissions)

    async def authenticate(self, request: HttpRequest, claim: SigV4Claim | BearerClaim | None = None) -> Caller:
        """Return who signed the request, or holds its bearer key; `claim` is what `parse_credentials` said, where it was asked already.

        Raises:
            NotAuthenticated: no credentials, or credentials that do not hold.
        """
        caller = await self._authentication.authenticate(request, claim)
        if self._saving is None or self._saving.done():
            self._save_uses_when_due()
        return caller

    def _save_uses_when_due(self) -> None:
        """Start writing down key uses every quarter of an hour, beside the request: all at once, because every write ends the caches."""
        now = self._clock()
        if now - self._saved_at >= _SAVE_USES_EVERY:
            self._saved_at = now
            self._saving = asyncio.get_running_loop().create_task(self._save_uses())

    async def _save_uses(self) -> None:
        try:
            await self.access_keys.save_uses()
        except RingwallError as error:
            log.warning("identity.key-uses.not-saved %s", error.code)  # what is lost is when keys were last used

    async def authorize(self, principal: Principal, action: str, resources: Sequence[str], context: Mapping[str, ContextValue]) -> None:
        """Return if the principal may do the action on every one of the resources.

        Args:
            principal: from `authenticate`.
            action: the IAM action: `bedrock:ApplyGuardrail`.
            resources: ARNs, at least one; `*` where the action has no resources.
            context: the request's condition keys; the principal's own are added here and win.

        Raises:
            NotAuthorized: in AWS's words; `facts["reason"]` and `facts["matched"]` say what decided.
        """
        await self.permissions.authorize(principal, action, resources, context)

    async def create_account(self, name: str, id: str | None = None) -> Account:
        """Create a tenant. Raises EntityAlreadyExists, InvalidInput."""
        return await self.accounts.create(name, id)

    async def list_accounts(self) -> list[Account]:
        """Return every tenant, in the order of their numbers."""
        return list((await self.accounts.page(max_items=1_000_000)).entities)

    async def create_access_key(self, account_id: str, user_name: str) -> NewAccessKey:
        """Create an access key of a user. Raises NoSuchEntity, QuotaExceeded."""
        return await self.access_keys.create(account_id, user_name)

    async def create_api_key(self, account_id: str, user_name: str, *, age_days: int = 0) -> NewApiKey:
        """Create a bearer key of a user. Raises NoSuchEntity, QuotaExceeded."""
        return await self.api_keys.create(account_id, user_name, age_days=age_days)

    async def create_administrator(
        self, name: str, id: str | None = None, *, operator: bool = False, user_name: str = "admin"
    ) -> Administrator:
        """Create an account with a user who may do everything in it, and the user's credentials.

        Args:
            operator: whether this account may create and list accounts: true for the first account of a ringwall.
        """
        account = await self.accounts.create(name, id, operator=operator)
        await self.users.create(account.account_id, user_name)
        await self.users.attach(account.account_id, user_name, ADMINISTRATOR)
        access_key = await self.access_keys.create(account.account_id, user_name)
        api_key = await self.api_keys.create(account.account_id, user_name)
        return Administrator(account, await self.users.get(account.account_id, user_name), access_key, api_key)

    async def replace_keys(self, account_id: str, user_name: str) -> tuple[NewAccessKey, NewApiKey]:
        """Delete all keys of a user and create new ones (`up --new-key`)."""
        for key in await self.access_keys.list(account_id, user_name):
            await self.access_keys.delete(account_id, user_name, key.name)
        for bearer in await self.api_keys.list(account_id, user_name):
            await self.api_keys.delete(account_id, user_name, bearer.name)
        return await self.access_keys.create(account_id, user_name), await self.api_keys.create(account_id, user_name)

    async def summary(self, account_id: str) -> dict[str, int]:
        """Count what an account has, beside its quotas, under the names of GetAccountSummary."""
        counts = [len(await self._records.all(type_, account_id)) for type_ in (User, Group, Role, ManagedPolicy)]
        versions = sum(len(policy.versions) for policy in await self._records.all(ManagedPolicy, account_id))
        return {
            **dict(zip(("Users", "Groups", "Roles", "Policies"), counts, strict=True)),
            "UsersQuota": quotas.USERS,
            "GroupsQuota": quotas.GROUPS,
            "RolesQuota": quotas.ROLES,
            "PoliciesQuota": quotas.POLICIES,
            "PolicyVersionsInUse": versions,
            "VersionsPerPolicyQuota": quotas.VERSIONS_PER_POLICY,
            "AccessKeysPerUserQuota": quotas.ACCESS_KEYS_PER_USER,
            "GroupsPerUserQuota": quotas.GROUPS_PER_USER,
            "AttachedPoliciesPerUserQuota": quotas.ATTACHED_POLICIES,
            "AttachedPoliciesPerRoleQuota": quotas.ATTACHED_POLICIES,
            "AttachedPoliciesPerGroupQuota": quotas.ATTACHED_POLICIES,
            "PolicySizeQuota": quotas.MANAGED_POLICY_CHARS,
            "AssumeRolePolicySizeQuota": quotas.TRUST_POLICY_CHARS,
            **{f"{segment.capitalize()}PolicySizeQuota": quota for segment, quota in quotas.INLINE_POLICY_CHARS.items()},
            "MFADevices": 0,
            "AccountAccessKeysPresent": 0,
        }

    async def close(self) -> None:
        """Write down when keys were last used."""
        if self._saving is not None:
            await self._saving
        await self.access_keys.save_uses()
