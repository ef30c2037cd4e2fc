"""Identifiers, names and tags."""

from __future__ import annotations

import re

import pytest

from ringwall.identity.errors import InvalidInput
from ringwall.identity.managed import MANAGED_POLICIES
from ringwall.identity.names import check_account_id, check_name, check_path, check_tags, new_account_id, secret_access_key, unique_id
from ringwall.policies import parse_policy


def test_identifiers_look_like_those_of_aws() -> None:
    for prefix, length in (("AKIA", 20), ("ASIA", 20), ("AIDA", 21), ("AROA", 21), ("ANPA", 21), ("AGPA", 21), ("ACCA", 21)):
        drawn = {unique_id(prefix) for _ in range(50)}
        assert len(drawn) == 50
        assert all(re.fullmatch(rf"{prefix}[A-Z2-7]{{{length - 4}}}", one) for one in drawn)
    assert all(re.fullmatch(r"[A-Za-z0-9+/]{40}", secret_access_key()) for _ in range(50))
    assert all(re.fullmatch(r"[1-9]\d{11}", new_account_id()) for _ in range(50))


@pytest.mark.parametrize("id", ["", "1", "1" * 11, "1" * 13, "12345678901a", "١" * 12])
def test_account_ids_have_twelve_digits(id: str) -> None:
    with pytest.raises(InvalidInput):
        check_account_id(id)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a:b", "*", "ä", "x" * 65, "a\n"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(InvalidInput):
        check_name(name, "userName")


@pytest.mark.parametrize("path", ["", "a", "/a", "a/", "/a b/", "/ä/", "/" + "a" * 511 + "/"])
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(InvalidInput):
        check_path(path)


def test_names_paths_and_tags_that_are() -> None:
    assert check_name("a+=,.@_-Z9", "userName")
    assert check_path("/") == "/"
    assert check_path("/a/b:c/") == "/a/b:c/"
    assert check_tags({"team": "", "cost center": "ü/1"})


@pytest.mark.parametrize(
    "tags",
    [
        {"": "x"},
        {"aws:x": "y"},
        {"AWS:x": "y"},
        {"a": "x" * 257},
        {"a" * 129: "x"},
        {"a": "<"},
        {"Team": "1", "team": "2"},
        {str(n): "" for n in range(51)},
    ],
    ids=str,
)
def test_tags_that_are_none(tags: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        check_tags(tags)


@pytest.mark.parametrize("arn", MANAGED_POLICIES)
def test_our_own_managed_policies_parse(arn: str) -> None:
    policy = MANAGED_POLICIES[arn]
    assert parse_policy(policy.document, quota=6_144).statements
    assert policy.description
    assert re.fullmatch(r"ANPA[A-Z0-9]{17}", policy.id)
