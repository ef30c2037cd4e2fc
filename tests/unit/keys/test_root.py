"""The root key ring: read strictly, made safely, never shown."""

from __future__ import annotations

import base64
import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ringwall.errors import SettingsError
from ringwall.keys import RootKeys, rotate_root_key
from ringwall.keys.root import create_root_key_file, load_root_keys

ONE = bytes(range(32))
TWO = bytes(range(1, 33))


def text(version: int, secret: bytes) -> str:
    return f"{version}:{base64.b64encode(secret).decode()}"


@pytest.mark.parametrize(
    "form",
    [text(1, ONE) + "\n" + text(2, TWO) + "\n", text(2, TWO) + "," + text(1, ONE), f"\n {text(1, ONE)} ,\n{text(2, TWO)}"],
    ids=["lines", "commas, in any order", "blanks around"],
)
def test_a_ring_is_read(form: str) -> None:
    ring = RootKeys.parse(form)
    assert (ring.versions, ring.newest) == ((1, 2), 2)
    assert ring.derive(1, b"x") == RootKeys({1: ONE}).derive(1, b"x") != ring.derive(2, b"x")
    assert ring.derive(3, b"x") is None
    assert ring.check_value(3) == ""


@pytest.mark.parametrize(
    "form",
    [
        "",
        "\n",
        "1",
        "1:",
        "x:" + text(1, ONE)[2:],
        text(1, ONE[:31]),
        text(1, ONE + b"x"),
        text(0, ONE),
        text(-1, ONE),
        text(1001, ONE),
        "1:****",
        text(1, ONE) + "," + text(1, TWO),
        text(1, bytes(32)),
    ],
)
def test_what_is_no_ring_is_refused_without_being_quoted(form: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        RootKeys.parse(form)
    assert refusal.value.how_to_mend
    assert base64.b64encode(ONE).decode()[:20] not in repr(refusal.value)


def test_a_ring_shows_nothing_of_itself() -> None:
    ring = RootKeys({1: ONE})
    assert repr(ring) == str(ring) == "RootKeys(versions=(1,))"
    with pytest.raises(TypeError):
        pickle.dumps(ring)


def test_references(tmp_path: Path) -> None:
    assert load_root_keys("env:KEY", data_dir=tmp_path, environ={"KEY": text(1, ONE)}) is not None
    assert load_root_keys("file:root.key", data_dir=tmp_path, environ={}) is None
    for reference in ("", "root.key", "file:", "kms:alias/x", "https://x"):
        with pytest.raises(SettingsError):
            load_root_keys(reference, data_dir=tmp_path, environ={})
    for environ in ({}, {"KEY": ""}, {"KEY": "1:short"}):
        with pytest.raises(SettingsError):
            load_root_keys("env:KEY", data_dir=tmp_path, environ=environ)


def test_a_new_file_is_its_owners_alone_and_holds_one_random_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / "root.key"
    ring = create_root_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["root.key"]
    again = load_root_keys("file:new/root.key", data_dir=tmp_path, environ={})
    assert again is not None
    assert again.check_value(1) == ring.check_value(1) != create_root_key_file(tmp_path / "other.key").check_value(1)


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(lambda _: create_root_key_file(tmp_path / "root.key"), range(40)))
    assert len({ring.check_value(1) for ring in rings}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "root.key"
    create_root_key_file(path)
    path.chmod(mode)
    with pytest.raises(SettingsError, match="others can read") as refusal:
        load_root_keys("file:root.key", data_dir=tmp_path, environ={})
    assert "chmod 600" in refusal.value.how_to_mend


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"not a key"])
def test_a_file_that_is_no_ring_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "root.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError):
        load_root_keys("file:root.key", data_dir=tmp_path, environ={})


def test_rotation_adds_a_version_and_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    with pytest.raises(SettingsError):
        rotate_root_key(path)
    old = create_root_key_file(path)
    assert rotate_root_key(path) == 2
    assert rotate_root_key(path) == 3
    ring = load_root_keys("file:root.key", data_dir=tmp_path, environ={})
    assert ring is not None
    assert ring.versions == (1, 2, 3)
    assert ring.check_value(1) == old.check_value(1)
    assert len({ring.check_value(version) for version in ring.versions}) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError):
        create_root_key_file(tmp_path / "file" / "root.key")
