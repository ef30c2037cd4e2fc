"""ARNs: read in one way, refused in one way, and one for each resource, so that a policy that denies it holds however a request names it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import AccessDenied, InvalidRequest, NotFound, RingwallError
from ringwall.vocabulary import Arn, own_resource

ACCOUNT, REGION = "111122223333", "us-east-1"
OWN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:feature-group/secret"
PARTS = st.text(st.characters(exclude_characters=":"), min_size=1, max_size=8)


class Absent(NotFound):
    """It is not there."""


def own(arn: str) -> tuple[str, str]:
    return own_resource(arn, "sagemaker", account_id=ACCOUNT, region=REGION, missing=Absent)


@given(
    PARTS,
    PARTS,
    st.text(st.characters(exclude_characters=":"), max_size=8),
    st.text(st.characters(exclude_characters=":"), max_size=8),
    st.text(min_size=1, max_size=20),
)
def test_what_is_written_is_read_back(partition: str, service: str, region: str, account_id: str, resource: str) -> None:
    arn = Arn(service=service, region=region, account_id=account_id, resource=resource, partition=partition)
    assert Arn.parse(str(arn)) == arn


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "arn",
        "arn:aws:iam::1",
        "arn:aws:iam::1:",
        "arn::iam::1:user/a",
        "arn:aws:::1:user/a",
        "ARN:aws:iam::1:user/a",
        "x:a:b:c:d:e",
    ],
)
def test_what_is_no_arn_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is not an ARN") as refused:
        Arn.parse(text)
    assert refused.value.how_to_mend.startswith("write arn:aws:")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("*", None),
        ("arn:aws:s3:::", ["arn", "aws", "s3", "", "", ""]),
        ("a:b:c:d:e:f:g", ["a", "b", "c", "d", "e", "f:g"]),
        ("a:b:c:d:e", None),
    ],
)
def test_a_name_is_split_at_its_first_five_colons(text: str, parts: list[str] | None) -> None:
    assert Arn.split(text) == parts


def test_a_resource_has_one_arn() -> None:
    assert own(OWN) == ("feature-group", "secret")
    assert own(OWN + "/more") == ("feature-group", "secret/more")


@pytest.mark.parametrize(
    ("arn", "refusal"),
    [
        pytest.param(OWN.replace("arn:aws:", "arn:aws-cn:"), InvalidRequest, id="another partition, past a denial of the right one"),
        pytest.param(OWN.replace(ACCOUNT, "444455556666"), AccessDenied, id="another account"),
        pytest.param(OWN.replace(REGION, "eu-west-1"), Absent, id="another region"),
        pytest.param(OWN.replace("sagemaker", "s3"), InvalidRequest, id="another service"),
        pytest.param(OWN.rpartition("/")[0], InvalidRequest, id="no name"),
        pytest.param("secret", InvalidRequest, id="no ARN"),
    ],
)
def test_what_is_not_this_arn_is_refused(arn: str, refusal: type[RingwallError]) -> None:
    with pytest.raises(refusal):
        own(arn)
