"""Folders: the same list that model-signing makes, and what is refused because it is no file."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from ringwall.data.commitment import SaltKey, commit_table, list_files, oms_statement, open_source, prove_row, verify_row
from ringwall.errors import InvalidRequest, NotFound

VECTOR = json.loads((Path(__file__).parents[2] / "conformance" / "vectors" / "oms_manifest.json").read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "weights"
    for name, content in VECTOR["files"].items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(content.encode())
    return made


def test_the_statement_is_model_signings_own(folder: Path) -> None:
    made = oms_statement("weights", list_files(folder))
    wanted = VECTOR["statement"]
    assert made["subject"] == wanted["subject"]
    assert made["predicate"]["resources"] == wanted["predicate"]["resources"]
    assert {name: made[name] for name in ("_type", "predicateType")} == {name: wanted[name] for name in ("_type", "predicateType")}
    assert set(made["predicate"]["serialization"]) == set(wanted["predicate"]["serialization"])


def test_a_folder_is_committed_to_with_its_names_and_a_file_is_proved_to_be_in_it(folder: Path) -> None:
    salts = SaltKey(bytes(32))
    source = open_source(folder)
    assert (source.rows, source.origin.kind) == (8, "folder")
    assert source.origin.sha256 == VECTOR["statement"]["subject"][0]["digest"]["sha256"]
    committed = commit_table(source, mode="rows", salts=salts)
    row = verify_row(prove_row(folder, 1, salts, committed), committed.digest)
    assert (row["name"], row["size"], row["sha256"].hex()) == ("B.txt", 7, VECTOR["statement"]["predicate"]["resources"][1]["digest"])


@pytest.mark.parametrize("change", ["content", "name", "more", "less", "moved"])
def test_any_change_is_another_digest(folder: Path, change: str) -> None:
    before = commit_table(folder)
    if change == "content":
        (folder / "a.txt").write_text("other")
    elif change == "name":
        (folder / "b.txt").rename(folder / "c.txt")
    elif change == "more":
        (folder / "new").touch()
    elif change == "less":
        (folder / ".hidden").unlink()
    else:
        (folder / "a/z.txt").rename(folder / "a/b/z.txt")
    assert commit_table(folder) != before


def test_another_name_in_the_same_order_changes_the_commitment_and_not_the_oms_digest(folder: Path) -> None:
    before = open_source(folder)
    (folder / "b.txt").rename(folder / "c.txt")
    after = open_source(folder)
    assert before.origin.sha256 == after.origin.sha256
    assert commit_table(before) != commit_table(after)


def test_an_empty_folder_beside_files_is_no_part(folder: Path) -> None:
    before = commit_table(folder)
    (folder / "empty").mkdir()
    assert commit_table(folder) == before


def test_what_is_no_plain_file_is_refused(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "a.txt")
    with pytest.raises(InvalidRequest, match="`link` is no plain file"):
        list_files(folder)
    (folder / "link").unlink()
    (folder / "link").symlink_to(folder / "a", target_is_directory=True)
    with pytest.raises(InvalidRequest, match="`link` is no plain file"):
        list_files(folder)
    (folder / "link").unlink()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "s"))
        with pytest.raises(InvalidRequest, match="`s` is no plain file"):
            list_files(folder)


def test_a_name_that_is_no_text_and_a_folder_without_files_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InvalidRequest, match="holds no file"):
        list_files(tmp_path / "nothing")
    with pytest.raises(NotFound):
        list_files(tmp_path / "absent")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).touch()
    with pytest.raises(InvalidRequest, match="is not UTF-8"):
        list_files(folder)
