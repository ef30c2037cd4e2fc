"""Which levels judge content, and what is refused when one cannot be loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ringwall.watch import LinearContentScorer, WeightsRefused
from ringwall.watch.cascade import CascadeContentScorer
from ringwall.watch.cascade_file import CONTENT_CASCADE
from ringwall.watch.levels import load_watch
from tests.unit.watch import small_encoder

WITHOUT = """
import sys
sys.modules["onnxruntime"] = None  # an import of it fails, as where it is not installed
from ringwall.watch.levels import WatchLibraryMissing, load_cascade, load_grounding_scorer, load_name_finder, load_topic_scorer, load_watch
print(*(one.model_id.partition("/")[0] for one in (load_watch("linear"), load_topic_scorer(), load_grounding_scorer())))
for load in (load_cascade, load_name_finder):
    try:
        load()
    except WatchLibraryMissing as error:
        print(error.message, "|", error.how_to_mend)
"""
BROKEN = """
import sys
sys.path.insert(0, sys.argv[1])  # a package that is there and does not load
from ringwall.watch.levels import WatchLibraryMissing, load_cascade, load_grounding_scorer, load_name_finder, load_topic_scorer
for load in (load_cascade, load_name_finder, load_topic_scorer, load_grounding_scorer):
    try:
        load()
    except WatchLibraryMissing as error:
        print(error.message, "|", error.how_to_mend)
"""


def test_linear_is_the_linear_model_whatever_is_there(tmp_path: Path) -> None:
    assert isinstance(load_watch("linear", where=small_encoder.write(tmp_path)), LinearContentScorer)


def test_cascade_is_the_cascade_where_it_is_released(tmp_path: Path) -> None:
    assert isinstance(load_watch(where=small_encoder.write(tmp_path)), CascadeContentScorer)


@pytest.mark.parametrize("name", [CONTENT_CASCADE, small_encoder.FILE])
def test_a_released_cascade_that_is_missing_is_refused_and_not_replaced(tmp_path: Path, name: str) -> None:
    where = small_encoder.write(tmp_path)
    (where / name).unlink()
    with pytest.raises(WeightsRefused) as refused:
        load_watch(where=where)
    assert refused.value.how_to_mend


def test_without_the_library_lines_and_words_judge_and_what_needs_it_is_refused_with_a_remedy() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, check=True, text=True)
    judging, *refused = run.stdout.splitlines()
    assert judging.split() == ["ringwall-content-linear", "ringwall-topics-lexical", "ringwall-grounding-lexical"]
    assert len(refused) == 2
    assert all(line.startswith("`onnxruntime` is not installed") and 'watch = "linear"' in line for line in refused)


def test_a_library_that_is_there_and_does_not_load_is_refused_by_all_and_words_do_not_stand_in(tmp_path: Path) -> None:
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "onnxruntime" / "__init__.py").write_text("raise ImportError('a shared library is missing', name='onnxruntime')\n")
    run = subprocess.run([sys.executable, "-c", BROKEN, str(tmp_path)], capture_output=True, check=True, text=True)
    refused = run.stdout.splitlines()
    assert len(refused) == 4
    assert all(line.startswith("`onnxruntime` is not installed, or does not load here") for line in refused)
