"""Bodies of numbers as NumPy and Python's libraries write them are read as they wrote them; what is none is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ringwall.errors import CallerError
from ringwall.wire.tabular.rows import read_rows

VECTORS = json.loads((Path(__file__).resolve().parents[1] / "vectors" / "tabular.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["read"], ids=lambda case: case["name"])
def test_numbers_are_read_as_they_were_written(case: dict[str, Any]) -> None:
    assert [list(row) for row in read_rows(case["type"], bytes.fromhex(case["body"]))] == case["rows"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_what_is_not_plain_numbers_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(CallerError):
        read_rows(case["type"], bytes.fromhex(case["body"]))
