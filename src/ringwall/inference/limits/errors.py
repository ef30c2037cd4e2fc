"""What limits refuse."""

from __future__ import annotations

from ringwall.errors import CallerError, Conflict, DependencyError, InvalidRequest, LimitExceeded, NotFound, SettingsError, Throttled


class LimitReached(Throttled, code="limit-reached"):
    """A limit on requests, tokens, cost or concurrent calls is reached.

    AWS: ThrottlingException. `limit` (the rule's id), `kind` and `retry_after_s` are in the facts; whose use filled it is not.
    """

    remedy = "repeat the request after the pause"


class AskTooLarge(LimitExceeded, code="ask-too-large"):
    """The request is estimated to need more than a limit ever allows at once.

    AWS: ValidationException. `limit` and `kind` are in the facts.
    """

    remedy = "ask for fewer tokens, or have the limit raised"


class UnpricedModel(CallerError, code="unpriced-model"):
    """A limit on cost applies, and the price table has no price for the model.

    AWS: ValidationException.
    """

    remedy = "name a price table that has the model (setting `price_table`), or ask another model"


class LimitsUnavailable(DependencyError, code="limits-unavailable"):
    """The shared store of limits does not answer, and the setting says that nothing passes then.

    AWS: ServiceUnavailableException.
    """

    remedy = "repeat the request; if it goes on, look at the server that the setting `budget_store` names"


class InvalidLimit(InvalidRequest, code="invalid-limit"):
    """The limit is malformed.

    AWS: ValidationException.
    """


class LimitNotFound(NotFound, code="limit-not-found"):
    """No such limit in this account.

    AWS: ResourceNotFoundException.
    """


class LimitChanged(Conflict, code="limit-changed"):
    """Another request changed the account's limits at the same time.

    AWS: ConflictException.
    """

    remedy = "repeat the change"


class TooManyLimits(CallerError, code="too-many-limits", aws="ServiceQuotaExceededException"):
    """The account has as many limits as it may.

    AWS: ServiceQuotaExceededException.
    """

    remedy = "delete limits that are no longer needed"


class UnreadablePrices(SettingsError, code="unreadable-prices"):
    """The price table cannot be used."""

    remedy = "compare it with the one that comes with ringwall (docs/operations/limits.md)"


class UnreadableLimits(SettingsError, code="unreadable-limits"):
    """The file of limits for every account cannot be used."""

    remedy = "docs/operations/limits.md shows one"


class SharedLimitsMissing(SettingsError, code="shared-limits-missing"):
    """A shared store of limits is set, and the library for it is not installed."""

    remedy = "install the extra: pip install 'ringwall[shared-limits]'"
