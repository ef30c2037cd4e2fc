"""ARNs of SageMaker resources: one for each resource, so that a policy that denies it holds however the request names it."""

from __future__ import annotations

import pytest

from ringwall.data.feature_errors import FeatureGroupNotFound
from ringwall.data.sagemaker_names import resource_of, sagemaker_arn
from ringwall.errors import AccessDenied, InvalidRequest, NotFound, RingwallError

ACCOUNT, REGION = "111122223333", "us-east-1"
OWN = sagemaker_arn(REGION, ACCOUNT, "feature-group", "secret")


def test_a_resource_has_one_arn() -> None:
    assert resource_of(OWN, account_id=ACCOUNT, region=REGION, missing=FeatureGroupNotFound) == ("feature-group", "secret")


@pytest.mark.parametrize(
    ("arn", "refusal"),
    [
        pytest.param(OWN.replace("arn:aws:", "arn:aws-cn:"), InvalidRequest, id="another partition, past a denial of the right one"),
        pytest.param(OWN.replace(ACCOUNT, "444455556666"), AccessDenied, id="another account"),
        pytest.param(OWN.replace(REGION, "eu-west-1"), NotFound, id="another region"),
        pytest.param(OWN.replace("sagemaker", "s3"), InvalidRequest, id="another service"),
        pytest.param(OWN.rpartition("/")[0], InvalidRequest, id="no name"),
    ],
)
def test_what_is_not_this_arn_is_refused(arn: str, refusal: type[RingwallError]) -> None:
    with pytest.raises(refusal):
        resource_of(arn, account_id=ACCOUNT, region=REGION, missing=FeatureGroupNotFound)
