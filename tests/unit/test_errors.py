"""What a class of errors says of itself in its header is what faces read, and what it leaves out is its family's."""

from __future__ import annotations

from ringwall.errors import NotFound, RingwallError


class Missing(NotFound, code="missing", aws="ResourceNotFound"):
    """It is missing.

    More about it.
    """

    remedy = "look elsewhere"


class Gone(Missing, code="gone", status=410, aws="Gone", query="GoneForGood"):
    """It is gone."""


class Elsewhere(Missing):
    """It is somewhere else."""


def says(kind: type[RingwallError]) -> tuple[str, int, str, str, str]:
    return kind.code, kind.status, kind.aws_code, kind.query_code, kind.remedy


def test_a_header_says_what_is_its_own_and_leaves_the_family_as_it_is() -> None:
    assert says(Missing) == ("missing", 404, "ResourceNotFound", "ResourceNotFound", "look elsewhere")
    assert says(Gone) == ("gone", 410, "Gone", "GoneForGood", "look elsewhere")
    assert says(Elsewhere) == says(Missing)
    assert says(NotFound) == ("not-found", 404, "", "", "")


def test_a_remedy_of_the_moment_goes_before_the_classs() -> None:
    assert Missing("it is not here").how_to_mend == "look elsewhere"
    assert Missing("it is not here", remedy="look there").how_to_mend == "look there"
    assert Missing("it is not here").title == "It is missing."
