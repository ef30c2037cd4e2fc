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

    def __init__(self, message: str, *, remedy: str = "", **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts
        self.how_to_mend = remedy or type(self).remedy

    @property
    def title(self) -> str:
        """The first sentence of the class's docstring."""
        return (type(self).__doc__ or "").strip().partition("\n")[0]


class CallerError(RingwallError):
    """The request cannot be served as it is."""

    code = "caller-error"
    status = 400


class InvalidRequest(CallerError):
    """The request does not match what the operation takes."""

    code = "invalid-request"


class LimitExceeded(CallerError):
    """The request is larger or deeper than ringwall accepts."""

    code = "limit-exceeded"
    status = 413


class NotFound(CallerError):
    """No such resource in this account."""

    code = "not-found"
    status = 404


class Conflict(CallerError):
    """The resource changed, exists already, or is in use."""

    code = "conflict"
    status = 409


class Throttled(CallerError):
    """Too many requests."""

    code = "throttled"
    status = 429


class Unserved(CallerError):
    """ringwall does not serve this operation."""

    code = "unserved"
    status = 501


class NotAuthenticated(CallerError):
    """The request's credentials are missing, wrong or expired."""

    code = "not-authenticated"
    status = 403


class AccessDenied(CallerError):
    """The caller may not do this."""

    code = "access-denied"
    status = 403


class DependencyError(RingwallError):
    """Something that ringwall depends on did not answer."""

    code = "dependency-error"
    status = 503


class IntegrityError(RingwallError):
    """Stored or signed data is not what it must be."""

    code = "integrity-error"
    status = 500


class SettingsError(RingwallError):
    """ringwall refuses to start with these settings."""

    code = "settings-error"


class Bug(RingwallError):
    """ringwall broke a promise of its own."""

    code = "bug"
