"""The meta-theorem is accepted by Coq, without axioms."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_SOURCE = Path(__file__).resolve().parents[2] / "docs" / "proofs" / "NoBypass.v"


def test_coq_accepts_the_meta_theorem(tmp_path: Path) -> None:
    coqc = shutil.which("coqc")
    if coqc is None:
        pytest.skip("coq: not installed")
    shutil.copy(_SOURCE, tmp_path / "NoBypass.v")
    done = subprocess.run([coqc, "NoBypass.v"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Closed under the global context") == 2


def test_the_meta_theorem_assumes_nothing_by_the_way() -> None:
    text = _SOURCE.read_text(encoding="utf-8")
    assert "Axiom" not in text
    assert "Admitted" not in text
    assert "admit" not in text
