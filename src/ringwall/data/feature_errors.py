"""What the feature store and the lineage refuse, beside the families of `ringwall.errors`; `aws` is SageMaker's name for it."""

from __future__ import annotations

from ringwall.errors import CallerError, Conflict, InvalidRequest, NotFound, Throttled


class FeatureGroupNotFound(NotFound, code="feature-group-not-found", aws="ResourceNotFound"):
    """No such feature group in this account and region."""


class FeatureGroupExists(Conflict, code="feature-group-exists", aws="ResourceInUse"):
    """The account has a feature group of this name."""

    remedy = "choose another name, or delete the other feature group"


class FeatureGroupChanged(Conflict, code="feature-group-changed"):
    """The feature group was changed by another request at the same time."""

    remedy = "read the feature group again and repeat the change"


class SageMakerQuotaExceeded(CallerError, code="sagemaker-quota-exceeded", aws="ResourceLimitExceeded"):
    """The account has as many of these as it may."""

    remedy = "delete what is no longer used"


class OfflineStoreUnavailable(InvalidRequest, code="offline-store-unavailable"):
    """This installation cannot write Parquet files."""

    remedy = "install the extra that brings pyarrow: pip install 'ringwall[data]'"


class RecordRefused(InvalidRequest, code="record-refused"):
    """The record does not fit its feature group."""


class RecordBusy(Throttled, code="record-busy"):
    """Too many writers change the same record at the same moment."""

    remedy = "repeat the request after a pause"


class LineageEntityNotFound(NotFound, code="lineage-entity-not-found", aws="ResourceNotFound"):
    """No such artifact, action, context or association in this account and region."""


class LineageEntityExists(Conflict, code="lineage-entity-exists", status=400, aws="ValidationException"):
    """The account has a lineage entity of this name, or an artifact of this source."""


class LineageEntityAssociated(Conflict, code="lineage-entity-associated", status=400, aws="ValidationException"):
    """The lineage entity is still associated with others."""

    remedy = "delete its associations first"


class LineageChanged(Conflict, code="lineage-changed"):
    """The lineage was changed by another request at the same time."""

    remedy = "repeat the request"


class LineageBusy(Throttled, code="lineage-busy"):
    """Too many requests change the account's lineage at the same moment."""

    remedy = "repeat the request after a pause"
