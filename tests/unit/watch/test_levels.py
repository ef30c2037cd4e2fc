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
from ringwall.watch.levels import WatchLibraryMissing, load_cascade, load_watch
print(load_watch("linear").model_id.partition("/")[0])
try:
    load_cascade()
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


def test_without_the_library_the_linear_model_runs_and_the_cascade_is_refused_with_a_remedy() -> None:
    linear, refused = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, check=True, text=True).stdout.splitlines()
    assert linear == "ringwall-content-linear"
    assert refused.startswith("`onnxruntime` is not installed")
    assert 'watch = "linear"' in refused
