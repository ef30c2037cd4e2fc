"""Write the certificates of the shipped tables: `python -m ringwall.reasoning.text.generate` puts `certificates.json` beside this file.

Run it after the tables or a class changed; a test fails while the file is about other tables. What each proof took goes into a file of its
own, `certificate_times.json`: a certificate is the same whenever and wherever it is made, a time is not.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from ringwall.reasoning.text.lemmas import Laboratory
from ringwall.reasoning.text.prove import all_theorems, chosen, prove_bypass
from ringwall.reasoning.text.published import LemmaTime, Times
from ringwall.reasoning.text.report import Report
from ringwall.reasoning.text.streaming import StreamingReport, prove_streaming
from ringwall.text import tables_digest
from ringwall.text.tables import load_tables
from ringwall.text.tables.loader import table_bytes

_Made = TypeVar("_Made")


def certificates(report: Report, streaming: StreamingReport) -> bytes:
    """Return the file's bytes. Cells are lines of inner, outer (empty at depth 1), status, numbers of their `cell_premises`."""
    premises = list(dict.fromkeys(premise for cell in report.cells for premise in cell.premises))
    kept = {
        "status": report.status if streaming.status == "proved" else streaming.status,
        "tables_sha256": report.tables_sha256,
        "premises": report.premises,
        "trusted_base": report.trusted_base,
        "theorems": [msgspec.to_builtins(theorem) for theorem in (*report.theorems, *streaming.theorems)],
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


def times() -> Times:
    """Prove every lemma once more, without and with the re-checker, and measure CPU seconds of one core."""
    tables, data = load_tables(), table_bytes()
    _, theorems_s = _timed(lambda: (all_theorems(tables), prove_streaming(None)))
    taken = {}
    for encoder in chosen(None, 2):
        laboratory = Laboratory(tables, data, None)  # a fresh one, so that no lemma pays for another's decoder
        lemma, proved_s = _timed(lambda: laboratory.lemma(encoder, check_again=False))  # noqa: B023 - called at once
        _, both_s = _timed(lambda: laboratory.lemma(encoder))  # noqa: B023 - called at once
        if lemma.certificate is not None:
            taken[encoder.id] = LemmaTime(proved_s=proved_s, rechecked_s=round(max(both_s - proved_s, 0.0), 2))
    return Times(tables_sha256=tables_digest(), machine=_machine(), theorems_s=theorems_s, lemmas=taken)


def _timed(work: Callable[[], _Made]) -> tuple[_Made, float]:
    begun = time.process_time()
    made = work()
    return made, round(time.process_time() - begun, 2)


def _machine() -> str:
    return f"{platform.machine()}, one core, {platform.python_implementation()} {platform.python_version()}"


def main() -> None:
    """Prove everything and write it down."""
    here = Path(__file__).resolve().parent
    (here / "certificates.json").write_bytes(certificates(prove_bypass(None), prove_streaming(None)))
    (here / "certificate_times.json").write_bytes(msgspec.json.format(msgspec.json.encode(times()), indent=1) + b"\n")


if __name__ == "__main__":
    main()
