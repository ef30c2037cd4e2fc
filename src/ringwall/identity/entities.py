"""What identity stores: accounts, users, roles, groups, managed policies and credentials, each one document.

Secrets appear sealed (access keys) or hashed (API keys), never as they are.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from ringwall.vocabulary.principal import KeyGuardrail

OPERATORS = "ringwall"
"""The owner, in storage, of what belongs to no account: the list of accounts."""

Status = Literal["Active", "Inactive"]


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored under an account and a key of its own."""

    kind: ClassVar[str]
    label: ClassVar[str]
    folds_case: ClassVar[bool] = True  # names that differ in case only are the same name; identifiers that we draw are not folded

    account_id: str
    name: str
    created: int  # Unix seconds

    @classmethod
    def key_of(cls, name: str) -> str:
        """Return the document id for a name."""
        return name.lower() if cls.folds_case else name

    @property
    def key(self) -> str:
        """The document's id."""
        return self.key_of(self.name)

    def answers_to(self, name: str) -> bool:
        """Say whether this is the entity's very name: look-ups mind the case, although uniqueness does not."""
        return self.name == name

    @property
    def lookup(self) -> str:
        """The name by which it is found before its account is known; empty if it never is."""
        return ""


class Account(Entity, frozen=True, kw_only=True):
    """A tenant.

    operator: this account may create and list accounts.
    """

    kind = "account"
    label = "account"

    operator: bool = False

    @property
    def key(self) -> str:
        """An account goes by its number."""
        return self.account_id

    def answers_to(self, name: str) -> bool:
        """An account goes by its number."""
        return self.account_id == name


class Holder(Entity, frozen=True, kw_only=True):
    """Whoever policies can be attached to.

    id: unique over time: a later entity with the same name has another.
    inline: policy name to document. attached: ARNs of managed policies. boundary: the ARN of the permissions boundary, or empty.
    """

    segment: ClassVar[str]

    id: str
    path: str = "/"
    inline: dict[str, str] = {}
    attached: tuple[str, ...] = ()
    boundary: str = ""
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The entity's name for policies."""
        return f"arn:aws:iam::{self.account_id}:{self.segment}{self.path}{self.name}"


class User(Holder, frozen=True, kw_only=True):
    """A person or a program with long-term credentials."""

    kind = "iam-user"
    label = "user"
    segment = "user"

    access_keys: tuple[str, ...] = ()
    api_keys: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class Role(Holder, frozen=True, kw_only=True):
    """Permissions that others borrow for a session; `trust` says who may.

    pins: each user's and role's ARN in `trust` with its unique id when the policy was given: trust is in them, not in whoever takes
        their name later.
    """

    kind = "iam-role"
    label = "role"
    segment = "role"

    trust: str
    pins: dict[str, str] = {}
    description: str = ""
    max_session_seconds: int = 3600


class Group(Holder, frozen=True, kw_only=True):
    """Users who share policies; `members` counts them."""

    kind = "iam-group"
    label = "group"
    segment = "group"

    members: int = 0


class PolicyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One of up to five documents of a managed policy."""

    id: str
    document: str
    created: int


class ManagedPolicy(Entity, frozen=True, kw_only=True):
    """A policy with a name of its own; `attachments` and `boundaries` count where it is used."""

    kind = "iam-policy"
    label = "policy"

    id: str
    path: str = "/"
    description: str = ""
    updated: int
    versions: tuple[PolicyVersion, ...]
    default: str = "v1"
    next_version: int = 2
    attachments: int = 0
    boundaries: int = 0
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The policy's name for attachments."""
        return f"arn:aws:iam::{self.account_id}:policy{self.path}{self.name}"

    @property
    def document(self) -> str:
        """The document in force."""
        return self.version(self.default).document

    def version(self, id: str) -> PolicyVersion:
        """Return one version. Raises KeyError where there is none."""
        for version in self.versions:
            if version.id == id:
                return version
        raise KeyError(id)


class AccessKey(Entity, frozen=True, kw_only=True):
    """A long-term credential; `name` is the access key id. `user_name` is empty for the account's root."""

    kind = "iam-access-key"
    label = "access key"
    folds_case = False

    user_name: str
    sealed: bytes
    status: Status = "Active"
    guardrail: KeyGuardrail | None = None

    @property
    def lookup(self) -> str:
        """The access key id, which the wire brings without an account."""
        return self.name


class ApiKey(Entity, frozen=True, kw_only=True):
    """A bearer key; `name` is its id (ACCA...). Only a hash is kept, which is enough for a key of 256 random bits: it cannot be guessed."""

    kind = "iam-api-key"
    label = "service-specific credential"
    folds_case = False

    user_name: str
    digest: str  # SHA-256, hexadecimal
    alias: str
    status: Status = "Active"
    expires: int = 0  # Unix seconds, 0: never
    guardrail: KeyGuardrail | None = None

    @property
    def lookup(self) -> str:
        """The hash, by which a bearer token is found."""
        return self.digest


class KeyUse(Entity, frozen=True, kw_only=True):
    """When and for what an access key was last used; `name` is the access key id, `created` the time."""

    kind = "iam-key-use"
    label = "key use"
    folds_case = False

    region: str
    service: str
