"""Write the certificates of the shipped tables: `python -m ringwall.reasoning.text.generate` puts `certificates.json` beside this file.

Run it after the tables or a class changed; a test fails while the file is about other tables.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from ringwall.reasoning.text.prove import prove_bypass
from ringwall.reasoning.text.report import Report


def certificates(report: Report) -> bytes:
    """Return the file's bytes. Cells are lines of inner, outer (empty at depth 1), status, numbers of their `cell_premises`."""
    premises = list(dict.fromkeys(premise for cell in report.cells for premise in cell.premises))
    kept = {
        "status": report.status,
        "tables_sha256": report.tables_sha256,
        "premises": report.premises,
        "trusted_base": report.trusted_base,
        "theorems": [msgspec.to_builtins(theorem) for theorem in report.theorems],
        "lemmas": [
            msgspec.to_builtins(lemma.certificate)
            | {"trusted_base": [], "premises": [p for p in lemma.certificate.premises if p not in report.premises]}
            for lemma in report.lemmas
            if lemma.certificate is not None
        ],
        "cell_premises": premises,
        "cells": [
            f"{cell.inner}|{cell.outer}|{cell.status}|{','.join(str(premises.index(p)) for p in cell.premises)}" for cell in report.cells
        ],
    }
    return json.dumps(kept, indent=1, ensure_ascii=True).encode() + b"\n"


def main() -> None:
    """Prove everything and write it down."""
    (Path(__file__).resolve().parent / "certificates.json").write_bytes(certificates(prove_bypass(None)))


if __name__ == "__main__":
    main()
