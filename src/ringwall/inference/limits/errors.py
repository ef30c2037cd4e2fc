"""What limits refuse."""

from __future__ import annotations

from typing import ClassVar

from ringwall.errors import CallerError, Conflict, DependencyError, InvalidRequest, LimitExceeded, NotFound, SettingsError, Throttled


class LimitReached(Throttled):
    """A limit on requests, tokens, cost or concurrent calls is reached.

    AWS: ThrottlingException. `limit` (the rule's id), `kind` and `retry_after_s` are in the facts; whose use filled it is not.
    """

    code = "limit-reached"
    remedy = "repeat the request after the pause"


class AskTooLarge(LimitExceeded):
    """The request is estimated to need more than a limit ever allows at once.

    AWS: ValidationException. `limit` and `kind` are in the facts.
    """

    code = "ask-too-large"
    remedy = "ask for fewer tokens, or have the limit raised"


class UnpricedModel(CallerError):
    """A limit on cost applies, and the price table has no price for the model.

    AWS: ValidationException.
    """

    code = "unpriced-model"
    remedy = "name a price table that has the model (setting `price_table`), or ask another model"


class LimitsUnavailable(DependencyError):
    """The shared store of limits does not answer, and the setting says that nothing passes then.

    AWS: ServiceUnavailableException.
    """

    code = "limits-unavailable"
    remedy = "repeat the request; if it goes on, look at the server that the setting `budget_store` names"


class InvalidLimit(InvalidRequest):
    """The limit is malformed.

    AWS: ValidationException.
    """

    code = "invalid-limit"


class LimitNotFound(NotFound):
    """No such limit in this account.

    AWS: ResourceNotFoundException.
    """

    code = "limit-not-found"


class LimitChanged(Conflict):
    """Another request changed the account's limits at the same time.

    AWS: ConflictException.
    """

    code = "limit-changed"
    remedy = "repeat the change"


class TooManyLimits(CallerError):
    """The account has as many limits as it may.

    AWS: ServiceQuotaExceededException.
    """

    code = "too-many-limits"
    aws_code: ClassVar[str] = "ServiceQuotaExceededException"
    remedy = "delete limits that are no longer needed"


class UnreadablePrices(SettingsError):
    """The price table cannot be used."""

    code = "unreadable-prices"
    remedy = "compare it with the one that comes with ringwall (docs/operations/limits.md)"


class UnreadableLimits(SettingsError):
    """The file of limits for every account cannot be used."""

    code = "unreadable-limits"
    remedy = "docs/operations/limits.md shows one"


class SharedLimitsMissing(SettingsError):
    """A shared store of limits is set, and the library for it is not installed."""

    code = "shared-limits-missing"
    remedy = "install the extra: pip install 'ringwall[shared-limits]'"
