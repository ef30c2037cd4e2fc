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

`aws` is the code on the wire; `query` the one in the query protocol (IAM, STS), where it is another.
"""

from __future__ import annotations

from ringwall.errors import AccessDenied, Conflict, InvalidRequest, NotFound


class NoSuchEntity(NotFound, code="no-such-entity", aws="NoSuchEntity"):
    """There is no such user, role, group, policy or key in this account."""

    remedy = "List what the account has, and mind that names are case-sensitive."


class EntityConflict(Conflict, code="entity-conflict", aws="ConcurrentModification"):
    """What is asked for conflicts with what is there."""


class EntityAlreadyExists(EntityConflict, code="entity-already-exists", aws="EntityAlreadyExists"):
    """The name is taken; names that differ in case only are the same."""


class DeleteConflict(EntityConflict, code="delete-conflict", aws="DeleteConflict"):
    """Something still hangs on what is to be deleted."""

    remedy = "Delete or detach first what the message names."


class ConcurrentModification(EntityConflict, code="concurrent-modification"):
    """Others keep changing the same entity."""

    remedy = "Try again."


class QuotaExceeded(EntityConflict, code="quota-exceeded", aws="LimitExceeded"):
    """The account, or this entity, has as many as it may have."""

    remedy = "Delete what is not used; the quotas are AWS's defaults."


class InvalidInput(InvalidRequest, code="invalid-input", aws="InvalidInput"):
    """An argument is not one that the operation takes."""


class SessionRefused(InvalidRequest, code="session-refused", aws="ValidationError"):
    """No session can be made with these arguments."""


class PackedPolicyTooLarge(InvalidRequest, code="packed-policy-too-large", aws="PackedPolicyTooLarge"):
    """The session's policies are longer than a session token can carry."""


class UnmodifiableEntity(InvalidRequest, code="unmodifiable-entity", aws="UnmodifiableEntity"):
    """ringwall owns this entity; nobody changes it."""


class ServiceNotSupported(NotFound, code="service-not-supported", aws="NotSupportedService"):
    """There are no credentials of their own for this service."""

    remedy = "ringwall issues API keys for bedrock.amazonaws.com."


class NotAuthorized(AccessDenied, code="not-authorized", aws="AccessDeniedException", query="AccessDenied"):
    """No policy allows this, or one denies it."""

    remedy = "Ask whoever administers the account for a policy that allows the action on the resource."
