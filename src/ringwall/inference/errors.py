"""What the guardrail resources refuse, beside the families of `ringwall.errors`; each names the AWS exception it becomes.

`aws_code` is given where the exception does not follow from the family.
"""

from __future__ import annotations

from typing import ClassVar

from ringwall.errors import CallerError, Conflict, NotFound, Throttled


class GuardrailNotFound(NotFound):
    """No such guardrail, or no such version of it, in this account and region.

    AWS: ResourceNotFoundException.
    """

    code = "guardrail-not-found"


class EnforcedConfigurationNotFound(NotFound):
    """No such enforced guardrail configuration in this account.

    AWS: ResourceNotFoundException.
    """

    code = "enforced-configuration-not-found"


class NameTaken(Conflict):
    """Another guardrail in this account has the name.

    AWS: ConflictException.
    """

    code = "name-taken"
    remedy = "choose a different name"


class TokenReused(Conflict):
    """The client request token was used for a different request.

    AWS: ConflictException.
    """

    code = "token-reused"
    remedy = "send a fresh clientRequestToken with a different request"


class ChangedMeanwhile(Conflict):
    """The resource was changed by another request at the same time.

    AWS: ConflictException.
    """

    code = "changed-meanwhile"
    remedy = "read the resource again and repeat the change"


class ResourceInUse(Conflict):
    """The guardrail is enforced for this account.

    AWS: ResourceInUseException.
    """

    code = "resource-in-use"
    aws_code: ClassVar[str] = "ResourceInUseException"
    status = 400
    remedy = "delete the enforced guardrail configuration first"


class QuotaExceeded(CallerError):
    """The account has as many of these as it may.

    AWS: ServiceQuotaExceededException.
    """

    code = "service-quota-exceeded"
    aws_code: ClassVar[str] = "ServiceQuotaExceededException"
    status = 400
    remedy = "delete what is no longer used"


class TooManyTags(CallerError):
    """The resource would have more tags than it may.

    AWS: TooManyTagsException (`resourceName` is in the facts).
    """

    code = "too-many-tags"
    aws_code: ClassVar[str] = "TooManyTagsException"
    status = 400
    remedy = "remove tags first"


class ScansWaiting(Throttled):
    """More content waits to be scanned than ringwall holds in memory.

    AWS: ThrottlingException.
    """

    code = "scans-waiting"
    remedy = "repeat the request after a pause"
