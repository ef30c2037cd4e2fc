"""Every folder that is made on the way is its owner's alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ringwall.storage.private_folder import make_private


def test_all_missing_folders_are_private_and_those_that_stand_stay_as_they_are(tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir(mode=0o755)
    before = open_to_all.stat().st_mode
    for _ in range(2):
        make_private(open_to_all / "ledger" / "audit" / "shards")
    assert open_to_all.stat().st_mode == before
    for folder in ("ledger", "ledger/audit", "ledger/audit/shards"):
        assert stat.S_IMODE((open_to_all / folder).stat().st_mode) == 0o700


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        make_private(tmp_path / "file")
