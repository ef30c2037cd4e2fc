"""What ships was released: every weights file is in the committed log, as its statement and its card say, and other programs can check it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ringwall.cli import main
from ringwall.crypto.log_policy import trust_logs
from ringwall.crypto.notes import Ed25519Signer
from ringwall.ledger.export import Files, audit_log_files
from ringwall.watch import shipped
from ringwall.watch.release import PROOF, read_policy, verify_release, versions
from training.release.log import read_log
from training.release.models import MODELS

ROOT = Path(__file__).parents[3]
WEIGHTS = ROOT / "src" / "ringwall" / "watch" / "weights"
LOG = ROOT / "training" / "release" / "log"


def test_every_pinned_file_was_released_and_its_chain_holds() -> None:
    files = verify_release(weights=True)
    assert {each.name: each.sha256 for each in files} == dict(shipped.pins())
    assert all(each.release.evaluation and each.release.training_data for each in files)


def test_the_committed_log_has_what_the_proofs_are_about() -> None:
    """Its newest checkpoint is the one that ships, so that nobody is shown another log than who clones the repository."""
    policy = read_policy()
    checkpoint = audit_log_files(Files(LOG), policy)
    _, entries = read_log(LOG, policy)
    for each in verify_release():
        assert each.checkpoint == checkpoint
        assert entries[each.index] == each.entry


def test_proofs_ship_for_pinned_files_and_for_no_others() -> None:
    assert {path.name for path in WEIGHTS.glob(f"*{PROOF}")} == {f"{name}{PROOF}" for name in shipped.pins()}


def test_a_statement_says_what_the_card_says() -> None:
    cards = {model.name: model for model in MODELS}
    for each in verify_release():
        card = json.loads((WEIGHTS / each.release.card.name).read_bytes())
        assert each.release.evaluation == {member: card[member] for member in cards[each.release.model].figures}
        assert [item.sha256 for item in each.release.training_data] == [item["sha256"] for item in card["training_sets"]]
        assert (card["name"], card["version"], card["licence"]) == (each.release.model, each.release.version, "Apache-2.0")


def test_every_model_of_the_table_has_a_version_of_its_own_and_no_file_twice() -> None:
    files = [file for model in MODELS for file in model.files]
    assert len(files) == len(set(files))
    assert {(each.name, each.version) for each in versions()} <= {(model.name, model.version) for model in MODELS}


def test_the_command_line_verifies_and_lists(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "entries").mkdir()
    where = ["--data-dir", str(tmp_path / "var")]
    assert main(["watch", "verify", "--json", "--out", str(tmp_path / "entries"), *where]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {row["file"]: row["sha256"] for row in shown["files"]} == dict(shipped.pins())
    assert main(["watch", "versions", "--json", *where]) == 0
    listed = json.loads(capsys.readouterr().out)["models"]
    for row in listed:
        card = next(model.card for model in MODELS if model.name == row["model"])
        assert row["card"] == hashlib.sha256((WEIGHTS / card).read_bytes()).hexdigest()


def test_the_entries_that_it_writes_are_checked_by_the_ledgers_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A `.tlog-proof` of the models is one like any other."""
    where = ["--data-dir", str(tmp_path / "var")]
    assert main(["watch", "verify", "--out", str(tmp_path), *where]) == 0
    policy = str(WEIGHTS / "release-v1.policy.txt")
    for name in shipped.pins():
        proof = str(WEIGHTS / f"{name}{PROOF}")
        assert main(["ledger", "check", proof, "--policy", policy, "--entry", str(tmp_path / f"{name}.entry"), *where]) == 0
    capsys.readouterr()


def test_keys_that_somebody_kept_elsewhere_decide(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    origin = read_policy().logs[0].key.name
    (tmp_path / "policy").write_text(trust_logs([Ed25519Signer(origin, bytes(32)).key]).to_text())
    assert main(["watch", "verify", "--policy", str(tmp_path / "policy"), "--data-dir", str(tmp_path / "var")]) == 1
    said = capsys.readouterr().err
    assert next(iter(shipped.pins())) in said
    assert "reinstall ringwall" in said
