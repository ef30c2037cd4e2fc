"""Every AWS operation that is served, from the modules that describe them, in one visible tuple."""

from __future__ import annotations

from ringwall.api.aws.operation import Operation
from ringwall.api.aws.operations import (
    bedrock,
    bedrock_converse,
    bedrock_count,
    bedrock_invoke,
    bedrock_runtime,
    cloudtrail,
    featurestore,
    iam,
    lineage,
    sagemaker,
    sagemaker_runtime,
    sts,
    wafv2,
)

SERVED: tuple[Operation, ...] = (
    *bedrock.OPERATIONS,
    *bedrock_converse.OPERATIONS,
    *bedrock_count.OPERATIONS,
    *bedrock_invoke.OPERATIONS,
    *bedrock_runtime.OPERATIONS,
    *cloudtrail.OPERATIONS,
    *featurestore.OPERATIONS,
    *iam.OPERATIONS,
    *lineage.OPERATIONS,
    *sagemaker.OPERATIONS,
    *sagemaker_runtime.OPERATIONS,
    *sts.OPERATIONS,
    *wafv2.OPERATIONS,
)

BY_NAME = {(row.service, row.name): row for row in SERVED}
