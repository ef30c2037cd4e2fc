"""`ringwall dataset` as a person uses it: commit, verify, prove; beside a server and without one."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.acceptance.cli.test_commands import Shell, shell

__all__ = ["shell"]

TABLE = pa.table({"applicant": list(range(40)), "mail": [f"p{n}@example.com" for n in range(40)]})


def test_a_data_set_is_committed_to_verified_and_proved(shell: Shell, tmp_path: Path) -> None:
    file, salts, proof = tmp_path / "v1.parquet", tmp_path / "v1.salts", tmp_path / "row.json"
    pq.write_table(TABLE, file)
    assert shell.json("dataset", "create", "credit-risk")["versions"] == 0
    rows = ("--mode", "rows", "--salts", str(salts))
    done = shell.run("dataset", "commit", "credit-risk", str(file), *rows, "--json")
    version = json.loads(done.stdout)
    assert "40 cells of `mail` look like EMAIL" in done.stderr
    assert stat.S_IMODE(salts.stat().st_mode) == 0o600
    assert shell.json("dataset", "history", "credit-risk")["versions"][0]["digest"] == version["digest"]
    assert "the same as version 1" in shell.run("dataset", "verify", "credit-risk", str(file), "--salts", str(salts)).stdout
    proof.write_text(shell.run("dataset", "prove", "credit-risk", str(file), "7", "--salts", str(salts)).stdout)
    shown = shell.json("dataset", "check-proof", str(proof), version["digest"])
    assert shown == {"verified": True, "row": 7, "values": {"applicant": 7, "mail": "p7@example.com"}}
    proof.write_text(proof.read_text().replace('"index":7', '"index":8'))
    assert not shell.json("dataset", "check-proof", str(proof), version["digest"], expect=1)["verified"]

    longer = tmp_path / "v2.parquet"
    pq.write_table(pa.concat_tables([TABLE, TABLE.slice(0, 3)]), longer)
    grown = shell.json("dataset", "commit", "credit-risk", str(longer), *rows, "--extends")
    assert (grown["version"], grown["extends"]) == (2, 40)
    assert shell.json("dataset", "verify", "credit-risk", str(file), "--salts", str(salts), expect=1)["verified"] is False
    proof.write_text(shell.run("dataset", "prove-growth", "credit-risk", str(longer), "--since", "1", "--salts", str(salts)).stdout)
    assert shell.json("dataset", "check-proof", str(proof), version["digest"], grown["digest"])["unchanged rows"] == 40


def test_a_policy_refuses_and_a_csv_is_read_as_it_is_told(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("id;mail\n1;p1@example.com\n")
    shell.run("dataset", "create", "people", "--forbid", "EMAIL")
    refused = shell.run("dataset", "commit", "people", str(file), "--delimiter", ";", expect=3)
    assert "EMAIL in `mail`" in refused.stderr
    assert "p1@example.com" not in refused.stderr
    file.write_text("id;mail\n1;nobody\n")
    shell.run("dataset", "commit", "people", str(file), "--delimiter", ";", "--type", "id=int16")
    assert "the same as version 1" in shell.run("dataset", "verify", "people", str(file)).stdout
    listed = {each["name"]: each["forbidden"] for each in shell.json("dataset", "list")["datasets"]}
    assert listed["people"] == ["EMAIL"]
    assert "people" in shell.run("dataset", "list").stdout
    assert shell.run("dataset", "history", "people").stdout.count("\n") == 2
    assert "no data set" in shell.run("dataset", "commit", "others", str(file), expect=3).stderr


def test_options_of_a_csv_are_heeded_by_every_command_and_salts_never_left_out_silently(shell: Shell, tmp_path: Path) -> None:
    file, longer, salts, proof = tmp_path / "t.tsv", tmp_path / "longer.csv", tmp_path / "t.salts", tmp_path / "growth.json"
    file.write_text("a\tb\n1\tx\n")
    longer.write_text("a;b\n1;x\n2;y\n")
    shell.run("dataset", "create", "tabs")
    refused = shell.run("dataset", "commit", "tabs", str(file), "--salts", str(salts), expect=3)
    assert "add --mode rows" in refused.stderr
    assert not salts.exists()
    rows = ("--mode", "rows", "--salts", str(salts))
    made = shell.json("dataset", "commit", "tabs", str(file), "--type", "a=int16", *rows)
    assert made["columns"]["columns"] == [{"name": "a", "type": "int16"}, {"name": "b", "type": "string"}]
    told = ("--delimiter", ";", "--type", "a=int16")
    proof.write_text(shell.run("dataset", "prove-growth", "tabs", str(longer), "--since", "1", "--salts", str(salts), *told).stdout)
    grown = shell.json("dataset", "commit", "tabs", str(longer), *told, *rows, "--extends")
    assert shell.json("dataset", "check-proof", str(proof), made["digest"], grown["digest"])["unchanged rows"] == 1
    for wrong in (("--delimiter", ";;"), ("--type", "c=int16")):
        assert shell.run("dataset", "commit", "tabs", str(file), *wrong, expect=3).stderr.startswith("ringwall: ")
