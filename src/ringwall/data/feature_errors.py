"""What the feature store and the lineage refuse, beside the families of `ringwall.errors`; `aws_code` is SageMaker's name for it."""

from __future__ import annotations

from typing import ClassVar

from ringwall.errors import CallerError, Conflict, InvalidRequest, NotFound, Throttled


class FeatureGroupNotFound(NotFound):
    """No such feature group in this account and region.

    AWS: ResourceNotFound.
    """

    code = "feature-group-not-found"
    aws_code: ClassVar[str] = "ResourceNotFound"


class FeatureGroupExists(Conflict):
    """The account has a feature group of this name.

    AWS: ResourceInUse.
    """

    code = "feature-group-exists"
    aws_code: ClassVar[str] = "ResourceInUse"
    remedy = "choose another name, or delete the other feature group"


class FeatureGroupChanged(Conflict):
    """The feature group was changed by another request at the same time."""

    code = "feature-group-changed"
    remedy = "read the feature group again and repeat the change"


class SageMakerQuotaExceeded(CallerError):
    """The account has as many of these as it may.

    AWS: ResourceLimitExceeded.
    """

    code = "sagemaker-quota-exceeded"
    aws_code: ClassVar[str] = "ResourceLimitExceeded"
    remedy = "delete what is no longer used"


class OfflineStoreUnavailable(InvalidRequest):
    """This installation cannot write Parquet files.

    AWS: ValidationException.
    """

    code = "offline-store-unavailable"
    remedy = "install the extra that brings pyarrow: pip install 'ringwall[data]'"


class RecordRefused(InvalidRequest):
    """The record does not fit its feature group.

    AWS: ValidationError.
    """

    code = "record-refused"


class RecordBusy(Throttled):
    """Too many writers change the same record at the same moment.

    AWS: ThrottlingException.
    """

    code = "record-busy"
    remedy = "repeat the request after a pause"


class LineageEntityNotFound(NotFound):
    """No such artifact, action, context or association in this account and region.

    AWS: ResourceNotFound.
    """

    code = "lineage-entity-not-found"
    aws_code: ClassVar[str] = "ResourceNotFound"


class LineageEntityExists(Conflict):
    """The account has a lineage entity of this name, or an artifact of this source.

    AWS: ValidationException.
    """

    code = "lineage-entity-exists"
    aws_code: ClassVar[str] = "ValidationException"
    status = 400


class LineageEntityAssociated(Conflict):
    """The lineage entity is still associated with others.

    AWS: ValidationException.
    """

    code = "lineage-entity-associated"
    aws_code: ClassVar[str] = "ValidationException"
    status = 400
    remedy = "delete its associations first"


class LineageChanged(Conflict):
    """The lineage was changed by another request at the same time.

    AWS: ConflictException.
    """

    code = "lineage-changed"
    remedy = "repeat the request"


class LineageBusy(Throttled):
    """Too many requests change the account's lineage at the same moment.

    AWS: ThrottlingException.
    """

    code = "lineage-busy"
    remedy = "repeat the request after a pause"
