"""Exports: files that audit clean, grow with their log, and refuse another history."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.log_policy import trust_logs
from ringwall.crypto.notes import Ed25519Signer, sign_note
from ringwall.crypto.tiles import inclusion
from ringwall.errors import IntegrityError, NotFound
from ringwall.ledger.export import ExportAhead, Files, audit_log_files, export_log, pieces
from tests.static_log import LOG, ORIGIN, Source, StaticLog

pytestmark = pytest.mark.anyio
TRUST = trust_logs([LOG.key])


def entries(first: int, last: int) -> list[bytes]:
    return [b'{"n":%d}' % number for number in range(first, last)]


def grown(size: int) -> StaticLog:
    log = StaticLog()
    log.add(*entries(0, size))
    return log


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 1000])
async def test_an_export_audits_clean_and_every_piece_is_there(size: int, tmp_path: Path) -> None:
    log = grown(size)
    told: list[tuple[int, int]] = []
    exported = await export_log(Source(log), tmp_path / "log", TRUST, lambda done, of: told.append((done, of)))
    assert exported.checkpoint == log.checkpoint
    assert (exported.written, exported.kept) == (len(list(pieces(size))), 0)
    assert audit_log_files(Files(tmp_path / "log"), TRUST) == log.checkpoint
    assert told[-1:] == ([(size, size)] if size else [])
    assert not list((tmp_path / "log").rglob("*.new"))


async def test_an_export_grows_with_its_log_and_older_proofs_are_still_read_from_it(tmp_path: Path) -> None:
    log = grown(200)
    await export_log(Source(log), tmp_path, TRUST)
    old = log.checkpoint
    assert (tmp_path / "tile/0/000.p/200").exists()
    log.add(*entries(200, 700))
    exported = await export_log(Source(log), tmp_path, TRUST)
    assert exported.kept == 0
    assert audit_log_files(Files(tmp_path), TRUST) == log.checkpoint
    assert not (tmp_path / "tile/0/000.p").exists()
    inclusion(Files(tmp_path), 5, old.size)  # reads a partial tile out of the complete one
    assert Files(tmp_path).read("tile/entries/000.p/200") == b"".join(len(each).to_bytes(2, "big") + each for each in entries(0, 200))
    again = await export_log(Source(log), tmp_path, TRUST)
    assert again.written == 0


async def test_every_changed_byte_of_an_export_is_found_and_named(tmp_path: Path) -> None:
    log = grown(600)
    await export_log(Source(log), tmp_path / "good", TRUST)
    for path in [each for each in (tmp_path / "good").rglob("*") if each.is_file()]:
        name = str(path.relative_to(tmp_path / "good"))
        data = bytearray(path.read_bytes())
        for position in {0, len(data) // 2, len(data) - 2}:
            copy = tmp_path / "bad"
            shutil.copytree(tmp_path / "good", copy)
            changed = bytearray(data)
            changed[position] ^= 1
            (copy / name).write_bytes(changed)
            with pytest.raises(IntegrityError):
                audit_log_files(Files(copy), TRUST)
            shutil.rmtree(copy)
        copy = tmp_path / "bad"
        shutil.copytree(tmp_path / "good", copy)
        (copy / name).unlink()
        with pytest.raises(IntegrityError, match=f"`{name}` is missing"):
            audit_log_files(Files(copy), TRUST)
        shutil.rmtree(copy)


async def test_a_folder_with_another_history_is_left_as_it_is(tmp_path: Path) -> None:
    await export_log(Source(grown(300)), tmp_path, TRUST)
    before = (tmp_path / "checkpoint").read_bytes()
    with pytest.raises(ExportAhead):
        await export_log(Source(grown(200)), tmp_path, TRUST)
    other = StaticLog()
    other.add(*[b"other"] * 400)
    with pytest.raises(IntegrityError):
        await export_log(Source(other), tmp_path, TRUST)
    assert (tmp_path / "checkpoint").read_bytes() == before


async def test_an_export_goes_on_when_the_logs_key_was_rotated(tmp_path: Path) -> None:
    log = grown(300)
    await export_log(Source(log), tmp_path, TRUST)
    renewed = Ed25519Signer(ORIGIN, bytes([9]) * 32)
    log.signers = [renewed]
    log.add(*entries(300, 310))
    with pytest.raises(IntegrityError):
        await export_log(Source(log), tmp_path, TRUST)
    exported = await export_log(Source(log), tmp_path, trust_logs([renewed.key]))
    assert audit_log_files(Files(tmp_path), trust_logs([renewed.key])).size == exported.checkpoint.size == 310


async def test_a_folder_whose_checkpoint_is_of_no_tree_of_the_log_is_refused(tmp_path: Path) -> None:
    log = grown(300)
    await export_log(Source(log), tmp_path, TRUST)
    (tmp_path / "checkpoint").write_bytes(sign_note(Checkpoint(origin=ORIGIN, size=299, root=bytes(32)).text(), [LOG]))
    with pytest.raises(IntegrityError, match="consistency proof"):
        await export_log(Source(log), tmp_path, TRUST)


async def test_another_log_does_not_take_a_folder_over(tmp_path: Path) -> None:
    await export_log(Source(grown(3)), tmp_path, TRUST)
    signer = Ed25519Signer("other.example/log", bytes(32))
    other = StaticLog([signer], origin="other.example/log")
    other.add(*entries(0, 9))
    with pytest.raises(ExportAhead, match=ORIGIN):
        await export_log(Source(other), tmp_path, trust_logs([LOG.key, signer.key]))


async def test_a_log_that_does_not_bear_out_its_checkpoint_gets_none_written(tmp_path: Path) -> None:
    log = grown(300)
    log.files["tile/entries/001.p/44"] = log.files["tile/entries/001.p/44"].replace(b"299", b"298")
    with pytest.raises(IntegrityError, match="entry 299"):
        await export_log(Source(log), tmp_path, TRUST)
    assert not (tmp_path / "checkpoint").exists()
    smaller = Checkpoint(origin=ORIGIN, size=300, root=bytes(32))
    log = grown(300)
    log.files["checkpoint"] = sign_note(smaller.text(), [LOG])
    with pytest.raises(IntegrityError, match="do not make the tree"):
        await export_log(Source(log), tmp_path, TRUST)


async def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    await export_log(Source(grown(300)), tmp_path, TRUST)
    for path in ("tile/0/009", "tile/entries/001", "tile/0/001.p/45"):
        with pytest.raises(NotFound):
            Files(tmp_path).read(path)
    (tmp_path / "checkpoint").write_bytes(b"A" * (1024 * 1024 + 1))
    with pytest.raises(IntegrityError, match="larger"):
        Files(tmp_path).read("checkpoint")
