"""The setting `watch_judge`: what it puts where, and what stops the start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringwall.bootstrap.judging import judged, judged_versions, open_judging
from ringwall.bootstrap.settings import Settings
from ringwall.errors import SettingsError
from ringwall.guardrails import Scorers
from ringwall.watch import load_content_scorer

FILE = {"judge": {"type": "openai", "url": "https://judge.example/v1", "model": "guard"}, "categories": ["HATE"]}


def settings(tmp_path: Path, document: object = FILE) -> Settings:
    (tmp_path / "judge.json").write_text(json.dumps(document))
    return Settings(data_dir=str(tmp_path), watch_judge="judge.json")


def test_without_the_setting_nothing_changes(tmp_path: Path) -> None:
    scorers = Scorers(content=load_content_scorer())
    assert open_judging(Settings(data_dir=str(tmp_path))) is None
    assert judged(scorers, None) is scorers


def test_the_judge_stands_above_the_content_model_and_every_version_that_can_be_pinned(tmp_path: Path) -> None:
    above = open_judging(settings(tmp_path))
    scorers = judged(Scorers(content=load_content_scorer()), above)
    assert scorers.content.model_id == f"{load_content_scorer().model_id}+judge:openai:guard"
    versions = judged_versions(scorers.content, above)
    assert versions.scorer("content-v1") is scorers.content
    assert judged_versions(None, above).scorer("content-v1").model_id == scorers.content.model_id
    assert judged_versions(None, None).scorer("content-v1").model_id == load_content_scorer().model_id


WRONG = {
    "an unknown member": FILE | {"extra": 1},
    "a folder that is not there": {"judge": {"type": "onnx", "folder": "none", "labels": {"BAD": "HATE"}}, "categories": ["HATE"]},
}


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG)
def test_a_wrong_file_stops_the_start(document: object, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        open_judging(settings(tmp_path, document))
    assert raised.value.how_to_mend


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        open_judging(Settings(data_dir=str(tmp_path), watch_judge="none.json"))
