"""A start with models that are not what was released is refused; one with models that never were is told."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from ringwall.bootstrap.releases import check_releases
from ringwall.watch import shipped
from ringwall.watch.release import PROOF, ReleaseRefused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Everything that ships but the weights, which a start reads when it loads them."""
    for path in Path(str(shipped.folder())).iterdir():
        if path.name not in shipped.pins():
            shutil.copy(path, tmp_path)
    return tmp_path


def test_what_was_released_starts(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check_releases(folder)
    assert caplog.text == ""


def test_a_file_that_was_never_released_is_named(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with (folder / shipped.PINS).open("a") as file:
        file.write(f"{'0' * 64}  mine-v1.bin\n")
    with caplog.at_level(logging.WARNING):
        check_releases(folder)
    assert "mine-v1.bin" in caplog.text


def test_a_changed_pin_does_not_start(folder: Path) -> None:
    pins = (folder / shipped.PINS).read_text()
    (folder / shipped.PINS).write_text(pins.replace(pins[:8], "0" * 8, 1))
    with pytest.raises(ReleaseRefused, match="another digest"):
        check_releases(folder)


def test_a_missing_proof_does_not_start(folder: Path) -> None:
    (folder / f"content-v1.bin{PROOF}").unlink()
    with pytest.raises(ReleaseRefused, match=r"content-v1\.bin"):
        check_releases(folder)
