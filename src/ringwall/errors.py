"""Every error ringwall raises on purpose, under one root, each with code, status and remedy.

    RingwallError
     +-- CallerError        4xx: the caller can mend it
     |    +-- InvalidRequest, LimitExceeded, NotFound, Conflict, Throttled, Unserved
     |    +-- NotAuthenticated, AccessDenied
     +-- DependencyError    502/503: something ringwall calls did not answer
     +-- IntegrityError     stored or signed data is not what it must be; never retried
     +-- SettingsError      ringwall refuses to start
     +-- Bug                500: ringwall broke a promise of its own

A violated policy is not an error: it is a verdict (`ringwall.guardrails`). The first docstring line is the title that a person reads;
facts are keyword fields, from which the message is made. Faces render errors; no other room does.
"""

from __future__ import annotations

from typing import ClassVar


class RingwallError(Exception):
    """Something ringwall refuses or could not do."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    remedy: ClassVar[str] = ""
    aws_code: ClassVar[str] = ""
    query_code: ClassVar[str] = ""

    def __init_subclass__(cls, *, code: str = "", status: int = 0, aws: str = "", query: str = "") -> None:
        """Take what a class says of itself beside its families: `class Missing(NotFound, code="missing", aws="ResourceNotFound")`.

        Args:
            code: stable for ever, in kebab case; what is left out here and in the body is the family's.
            status: of the HTTP answer.
            aws: AWS's name for it in JSON and CBOR protocols, where the name does not follow from the family.
            query: its name in the query protocol, where that is another.
        """
        super().__init_subclass__()
        for name, given in (("code", code), ("status", status), ("aws_code", aws), ("query_code", query or aws)):
            if given:
                setattr(cls, name, given)

    def __init__(self, message: str, *, remedy: str = "", **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts
        self.how_to_mend = remedy or type(self).remedy

    @property
    def title(self) -> str:
        """The first sentence of the class's docstring."""
        return (type(self).__doc__ or "").strip().partition("\n")[0]


class CallerError(RingwallError, code="caller-error", status=400):
    """The request cannot be served as it is."""


class InvalidRequest(CallerError, code="invalid-request"):
    """The request does not match what the operation takes."""


class LimitExceeded(CallerError, code="limit-exceeded", status=413):
    """The request is larger or deeper than ringwall accepts."""


class NotFound(CallerError, code="not-found", status=404):
    """No such resource in this account."""


class Conflict(CallerError, code="conflict", status=409):
    """The resource changed, exists already, or is in use."""


class Throttled(CallerError, code="throttled", status=429):
    """Too many requests."""


class Unserved(CallerError, code="unserved", status=501):
    """ringwall does not serve this operation."""


class NotAuthenticated(CallerError, code="not-authenticated", status=403):
    """The request's credentials are missing, wrong or expired."""


class AccessDenied(CallerError, code="access-denied", status=403):
    """The caller may not do this."""


class DependencyError(RingwallError, code="dependency-error", status=503):
    """Something that ringwall depends on did not answer."""


class IntegrityError(RingwallError, code="integrity-error", status=500):
    """Stored or signed data is not what it must be."""


class SettingsError(RingwallError, code="settings-error"):
    """ringwall refuses to start with these settings."""


class Bug(RingwallError, code="bug"):
    """ringwall broke a promise of its own."""
