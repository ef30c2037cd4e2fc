"""Versions of the content model: which are there, found by either name, loaded once, and asked for again where they did not load."""

from __future__ import annotations

import pytest

from ringwall.watch import WeightsRefused, load_content_scorer
from ringwall.watch.linear import CONTENT_WEIGHTS
from ringwall.watch.versions import SHIPPED, ContentVersion, ContentVersions, UnknownModelVersion
from tests.unit.guardrails.scorers import SpokenScorer


def test_the_shipped_rows_name_the_models_that_they_load() -> None:
    versions = ContentVersions(None)
    assert "content-v1" in versions.names()
    for name in versions.names():
        scorer = versions.scorer(name)
        assert versions.name_of(scorer) == name
        assert versions.scorer(scorer.model_id.partition("@")[0]) is scorer


def test_what_stands_already_is_not_loaded_again() -> None:
    standing = load_content_scorer()
    assert ContentVersions(standing).scorer("content-v1") is standing


def test_a_version_that_is_not_here_is_refused_by_name() -> None:
    absent = ContentVersion("content-v0", "old/0", "content-v0.bin", load_content_scorer)
    versions = ContentVersions(None, (absent, *SHIPPED))
    assert "content-v0" not in versions.names()
    for name in ("content-v0", "old/0", "", "content-v1.bin", "../content-v1"):
        with pytest.raises(UnknownModelVersion, match="content-v1"):
            versions.scorer(name)


def test_a_failed_load_is_repeated_and_a_good_one_is_not() -> None:
    tries = []

    def load() -> SpokenScorer:
        tries.append(1)
        if len(tries) == 1:
            raise WeightsRefused("not yet")
        return SpokenScorer()

    versions = ContentVersions(None, (ContentVersion("spoken", "spoken/1", CONTENT_WEIGHTS, load),))
    with pytest.raises(WeightsRefused):
        versions.scorer("spoken")
    assert versions.at_hand("spoken") is None
    assert versions.scorer("spoken") is versions.scorer("spoken/1")
    assert len(tries) == 2
    assert versions.name_of(SpokenScorer()) == "spoken"
