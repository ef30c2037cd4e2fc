"""`ringwall scan-code` as a person and a pipeline use it; there is no server anywhere near."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WEAK = "import os\nos.system(command)\n"
TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"


def scan(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "ringwall", "scan-code", *arguments]
    return subprocess.run(line, input=stdin, capture_output=True, text=True, cwd=folder, timeout=120, check=False)


CASES: dict[str, tuple[str, str, tuple[str, ...], int]] = {
    # name of the file, what it holds, options -> exit code
    "harmless": ("a.py", "x = 1\n", (), 0),
    "weak": ("a.py", WEAK, (), 1),
    "weak below the level": ("a.py", "import random\nrandom.random()\n", (), 0),
    "weak at the level": ("a.py", "import random\nrandom.random()\n", ("--fail-on", "LOW"), 1),
    "no Python": ("a.py", "def f(:\n", (), 3),
    "no Python, whatever the level": ("a.py", "def f(:\n", ("--fail-on", "HIGH"), 3),
    "a language without a scanner": ("a.go", "package a\n", (), 3),
    "a language without a scanner, and a secret": ("a.go", f'package a\nconst k = "{TOKEN}"\n', (), 1),
    "another language by name": ("a.go", WEAK, ("--language", "py"), 1),
    "data": ("a.json", '{"a": 1}\n', (), 0),
    "data with a secret": ("a.json", f'{{"a": "{TOKEN}"}}\n', (), 1),
    "Markdown": ("a.md", f"# a\n```python\n{WEAK}```\n", (), 1),
    "Markdown without code": ("a.md", "# a\n", (), 0),
    "Markdown with another language": ("a.md", "```go\nf()\n```\n", (), 3),
    "an answer without a name": ("answer", f"Try:\n```python\n{WEAK}```\n", (), 1),
    "a program without a name whose comment has a fence": ("tool", f"#!/usr/bin/env python3\n'''\n```\nx\n```\n'''\n{WEAK}", (), 1),
    "prose without a name": ("answer", "words and words\n", (), 3),
    "nothing": ("answer", "\n", (), 0),
    "a language of no name": ("a.py", "x\n", ("--language", "zorb"), 3),
    "no UTF-8": ("a.py", "\udcff", (), 3),
}


@pytest.mark.parametrize("case", CASES)
def test_the_exit_code_says_what_was_found(case: str, tmp_path: Path):
    name, text, options, code = CASES[case]
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    done = scan(tmp_path, name, *options)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert TOKEN not in done.stdout


def test_files_and_standard_input_are_read_in_one_go(tmp_path: Path):
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.md").write_text(f"# a\n\n> ```python\n> {WEAK.splitlines()[0]}\n> {WEAK.splitlines()[1]}\n> ```\n")
    done = scan(tmp_path, "a.py", "b.md", "-", stdin="package a\n")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "b.md:5: HIGH CWE-78 a command is run by a shell (bandit/B605)",
        "standard input:1: not scanned: go: no scanner reads the language",
        "weaknesses found: 2 of 3 pieces of code scanned",
    ]


def test_a_program_reads_one_document(tmp_path: Path):
    done = scan(tmp_path, "--json", stdin=f"é\n```python\n{WEAK}```\n~~~\n{{\n~~~\n")
    said: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, said["outcome"], said["failOn"]) == (1, "findings", "MEDIUM")
    (file,) = said["files"]
    (finding,) = file["findings"]
    assert finding == {
        "rule": "bandit/B605",
        "cwe": 78,
        "severity": "HIGH",
        "line": 4,
        "start": 22,
        "end": 40,
        "message": "a command is run by a shell",
    }
    assert [(each["language"], each["line"]) for each in file["notScanned"]] == [(None, 7)]
    assert file["failures"] == []


def test_a_semgrep_that_is_not_there_is_said_to_be_missing(tmp_path: Path):
    done = scan(tmp_path, "--semgrep", "absent", stdin="x = 1\n")
    assert done.returncode == 3
    assert "docs/filters/code.md" in done.stderr


def test_nothing_is_written(tmp_path: Path):
    scan(tmp_path, "-", "--language", "python", stdin=WEAK)
    assert list(tmp_path.iterdir()) == []
