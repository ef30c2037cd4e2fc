"""Attacks and personal data in every encoding are found, and the same encodings of harmless text are left alone."""

from __future__ import annotations

import ast
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from ringwall.text import interpreter_name
from ringwall.text.detectors import AWS_PII_TYPES, EXTRA_PII_TYPES, DetectorConfig, Scan, compile_detectors

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
EVERYTHING = compile_detectors(DetectorConfig(pii=AWS_PII_TYPES + EXTRA_PII_TYPES, attacks=True, secrets=True, profanity=True))
ATTACKS = compile_detectors(DetectorConfig(attacks=True))
KNOWN_GAPS = {
    ("base64 of base64", "378282246310005")
}  # two decoded copies of the digits come out glued together, as one number of thirty digits
STEP = 1 if interpreter_name() == "c" else 41  # the Python interpreter reads the same, a thousand times slower: a sample of the rows


def module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found(scan: Scan) -> set[str]:
    return {"attack" if finding.kind == "attack" else finding.type for finding in scan.findings}


def test_the_vectors_are_what_their_script_makes() -> None:
    content = json.loads((VECTORS / "detectors.json").read_text(encoding="utf-8"))
    assert content["rows"] == module_at(VECTORS / "make_detectors.py").rows()
    assert len(content["rows"]) == 21 * 39


def test_own_vectors() -> None:
    rows = json.loads((VECTORS / "detectors.json").read_text(encoding="utf-8"))["rows"]
    wrong = []
    for row in rows[::STEP]:
        scan = EVERYTHING.scan(row["text"])
        if scan.exhausted or (row["expect"] not in found(scan) if row["expect"] else scan.findings):
            wrong.append((row["encoding"], row["plain"]))
    assert set(wrong) <= KNOWN_GAPS


@pytest.mark.shared
@pytest.mark.parametrize("label", ["attack", "benign"])
def test_every_encoding_of_the_shared_prompts(shared: Path, label: str) -> None:
    with (shared / "peers" / "encodings.jsonl").open(encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["label"] == label]
    assert len({row["enc"] for row in rows}) == 69
    wrong = []
    for row in rows[::STEP]:
        scan = ATTACKS.scan(row["text"])
        if bool(scan.findings) != (label == "attack") or scan.exhausted:
            wrong.append((row["id"], [finding.rule_id for finding in scan.findings]))
    assert wrong == []


@pytest.mark.shared
def test_personal_data_in_the_shared_encodings(shared: Path) -> None:
    encoders = module_at(shared / "peers" / "enc_make.py").ENC
    lists = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse((shared / "peers" / "pii_enc.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in ("POS", "NEG", "ENCS")
    }
    cases = [(name, plain, True) for name in lists["ENCS"] for plain in lists["POS"]]
    cases += [(name, plain, False) for name in lists["ENCS"] for plain in lists["NEG"]]
    assert len(cases) == 21 * 20
    wrong = []
    for name, plain, personal in cases[:: min(STEP, 7)]:
        scan = EVERYTHING.scan(f"Please note this for the order: {encoders[name](plain)} Thank you.")
        if bool(scan.findings) != personal or scan.exhausted:
            wrong.append((name, plain, [(finding.type, finding.chain) for finding in scan.findings]))
    assert wrong == []
