"""What the guardrail resources refuse, beside the families of `ringwall.errors`; each becomes an AWS exception.

`aws` is given where the exception does not follow from the family.
"""

from __future__ import annotations

from ringwall.errors import CallerError, Conflict, NotFound, Throttled


class GuardrailNotFound(NotFound, code="guardrail-not-found"):
    """No such guardrail, or no such version of it, in this account and region."""

    remedy = "name one of the account's guardrails by its id or ARN, and a version that it has"


class ContentBlocked(CallerError, code="content-blocked"):
    """A guardrail blocks what was sent, where there is no answer to say so in.

    The message is the guardrail's own, for input that it blocks.
    """

    remedy = "leave out what the guardrail blocks; the audit record names the rule"


class KeyGuardrailNotFound(GuardrailNotFound, code="key-guardrail-not-found"):
    """The guardrail that the caller's key stands under is gone, so nothing is asked with this key."""

    remedy = "put the key under another guardrail, or take its guardrail away (`ringwall key guardrail`)"


class EnforcedConfigurationNotFound(NotFound, code="enforced-configuration-not-found"):
    """No such enforced guardrail configuration in this account."""


class NameTaken(Conflict, code="name-taken"):
    """Another guardrail in this account has the name."""

    remedy = "choose a different name"


class TokenReused(Conflict, code="token-reused"):
    """The client request token was used for a different request."""

    remedy = "send a fresh clientRequestToken with a different request"


class ChangedMeanwhile(Conflict, code="changed-meanwhile"):
    """The resource was changed by another request at the same time."""

    remedy = "read the resource again and repeat the change"


class ResourceInUse(Conflict, code="resource-in-use", status=400, aws="ResourceInUseException"):
    """The guardrail is enforced for this account."""

    remedy = "delete the enforced guardrail configuration first"


class QuotaExceeded(CallerError, code="service-quota-exceeded", status=400, aws="ServiceQuotaExceededException"):
    """The account has as many of these as it may."""

    remedy = "delete what is no longer used"


class TooManyTags(CallerError, code="too-many-tags", status=400, aws="TooManyTagsException"):
    """The resource would have more tags than it may.

    AWS: TooManyTagsException (`resourceName` is in the facts).
    """

    remedy = "remove tags first"


class ScansWaiting(Throttled, code="scans-waiting"):
    """More content waits to be scanned than ringwall holds in memory."""

    remedy = "repeat the request after a pause"
