"""What identity refuses, each with the name that AWS gives it.

    CallerError
     +-- NotFound
     |    +-- NoSuchEntity
     +-- Conflict
     |    +-- EntityAlreadyExists, DeleteConflict, ConcurrentModification, QuotaExceeded
     +-- InvalidRequest
     |    +-- InvalidInput, UnmodifiableEntity, ServiceNotSupported, PackedPolicyTooLarge
     +-- AccessDenied
          +-- NotAuthorized

`aws_code` is the code in JSON protocols, `query_code` the one in the query protocol (IAM, STS).
"""

from __future__ import annotations

from typing import ClassVar

from ringwall.errors import AccessDenied, Conflict, InvalidRequest, NotFound


class NoSuchEntity(NotFound):
    """There is no such user, role, group, policy or key in this account."""

    code = "no-such-entity"
    aws_code: ClassVar[str] = "NoSuchEntity"
    query_code: ClassVar[str] = "NoSuchEntity"
    remedy = "List what the account has, and mind that names are case-sensitive."


class EntityConflict(Conflict):
    """What is asked for conflicts with what is there."""

    code = "entity-conflict"
    aws_code: ClassVar[str] = "ConcurrentModification"
    query_code: ClassVar[str] = "ConcurrentModification"


class EntityAlreadyExists(EntityConflict):
    """The name is taken; names that differ in case only are the same."""

    code = "entity-already-exists"
    aws_code: ClassVar[str] = "EntityAlreadyExists"
    query_code: ClassVar[str] = "EntityAlreadyExists"


class DeleteConflict(EntityConflict):
    """Something still hangs on what is to be deleted."""

    code = "delete-conflict"
    aws_code: ClassVar[str] = "DeleteConflict"
    query_code: ClassVar[str] = "DeleteConflict"
    remedy = "Delete or detach first what the message names."


class ConcurrentModification(EntityConflict):
    """Others keep changing the same entity."""

    code = "concurrent-modification"
    remedy = "Try again."


class QuotaExceeded(EntityConflict):
    """The account, or this entity, has as many as it may have."""

    code = "quota-exceeded"
    aws_code: ClassVar[str] = "LimitExceeded"
    query_code: ClassVar[str] = "LimitExceeded"
    remedy = "Delete what is not used; the quotas are AWS's defaults."


class InvalidInput(InvalidRequest):
    """An argument is not one that the operation takes."""

    code = "invalid-input"
    aws_code: ClassVar[str] = "InvalidInput"
    query_code: ClassVar[str] = "InvalidInput"


class SessionRefused(InvalidRequest):
    """No session can be made with these arguments."""

    code = "session-refused"
    aws_code: ClassVar[str] = "ValidationError"
    query_code: ClassVar[str] = "ValidationError"


class PackedPolicyTooLarge(InvalidRequest):
    """The session's policies are longer than a session token can carry."""

    code = "packed-policy-too-large"
    aws_code: ClassVar[str] = "PackedPolicyTooLarge"
    query_code: ClassVar[str] = "PackedPolicyTooLarge"


class UnmodifiableEntity(InvalidRequest):
    """ringwall owns this entity; nobody changes it."""

    code = "unmodifiable-entity"
    aws_code: ClassVar[str] = "UnmodifiableEntity"
    query_code: ClassVar[str] = "UnmodifiableEntity"


class ServiceNotSupported(NotFound):
    """There are no credentials of their own for this service."""

    code = "service-not-supported"
    aws_code: ClassVar[str] = "NotSupportedService"
    query_code: ClassVar[str] = "NotSupportedService"
    remedy = "ringwall issues API keys for bedrock.amazonaws.com."


class NotAuthorized(AccessDenied):
    """No policy allows this, or one denies it."""

    code = "not-authorized"
    aws_code: ClassVar[str] = "AccessDeniedException"
    query_code: ClassVar[str] = "AccessDenied"
    remedy = "Ask whoever administers the account for a policy that allows the action on the resource."
