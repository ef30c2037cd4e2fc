"""The proofs page: the matrix of encodings and what stands behind each cell. It shows what the native API says, and proves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.native.guardrail_proofs import GuardrailProofsOutput
from ringwall.api.native.proofs import Cell, Lemma, ProofsOutput, Theorem
from ringwall.console.visit import Visit
from ringwall.wire import HttpResponse

MARKS = {
    "proved": ("pass", "✓"),
    "premised": ("mask", "✓P"),
    "refuted": ("block", "✗"),
    "unknown": ("block", "?"),
    "not claimed": ("", "–"),
}
"""Per status the colour, and the sign that stands in the matrix. Only `proved` has the sign alone."""
STATUSES = {
    "proved": ("pass", "proved"),
    "premised": ("mask", "proved under premises"),
    "in part": ("mask", "in part"),
    "not claimed": ("", "not claimed"),
    "not applicable": ("", "not applicable"),
    "unknown": ("block", "unknown"),
}
"""Per proof status of a guardrail's words the colour and the words."""
_SIDES = {"INPUT": "Prompts", "OUTPUT": "Answers"}
_LISTS = {"word/custom": "denied words"}
LEAVES = {
    "characters": "look-alikes, accents, case, invisible characters, leet",
    "rotations": "rot1 to rot25 and atbash",
    "reversed": "written backwards",
}


async def proofs(visit: Visit) -> HttpResponse:
    """Show the matrix, and one cell opened."""
    found: ProofsOutput = await visit.call("GetProofs", {})
    chosen = (visit.query.get("inner", ""), visit.query.get("outer", ""))
    opened = next((cell for cell in found.cells if (cell.inner, cell.outer) == chosen), None)
    values = {
        "proofs": found,
        "columns": tuple(dict.fromkeys(cell.outer for cell in found.cells)),
        "rows": _rows(found.cells),
        "counts": _counts(found.cells),
        "alone": {cell.inner: cell for cell in found.cells if not cell.outer},
        "marks": MARKS,
        "opened": None if opened is None else _opened(found, opened),
    }
    return visit.page("proofs.html", values)


def walls(found: GuardrailProofsOutput) -> list[dict[str, Any]]:
    """Return a guardrail's walls as the page shows them: a headline, and its theorems by status."""
    shown = []
    for wall in found.walls:
        by_status = {status: [theorem for theorem in wall.theorems if theorem.status == status] for status in STATUSES}
        shown.append(
            {
                "title": f"{_SIDES[wall.source]}: {_LISTS.get(wall.rule, wall.rule.removeprefix('managed-words/') + ' list')}",
                "wall": wall,
                "theorems": {status: theorems for status, theorems in by_status.items() if theorems},
                "premises": tuple(dict.fromkeys(premise for theorem in wall.theorems for premise in theorem.premises)),
            }
        )
    return shown


def _rows(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Return a row per class that is written first, its cells by what is written over it."""
    rows: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.inner, {})[cell.outer] = cell
    return [{"inner": inner, "cells": by_outer} for inner, by_outer in rows.items()]


def _counts(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    return [{"status": status, "kind": kind, "number": sum(cell.status == status for cell in cells)} for status, (kind, _) in MARKS.items()]


def _opened(found: ProofsOutput, cell: Cell) -> dict[str, Any]:
    """Gather what stands behind a cell: of each layer its lemma, or the theorems it rests on."""
    names = [cell.inner, *([cell.outer] if cell.outer else [])]
    return {"cell": cell, "layers": [_layer(found, name) for name in names]}


def _layer(found: ProofsOutput, name: str) -> dict[str, Any]:
    lemma: Lemma | None = next((each for each in found.lemmas if each.id == name), None)
    own: tuple[Theorem, ...] = tuple(each for each in found.theorems if each.id == f"{name}-positional")
    says = lemma.says if lemma is not None else LEAVES.get(name, own[0].says if own else "rests on the theorems about the tables, below")
    return {"name": name, "says": says, "lemma": lemma, "theorems": own}
