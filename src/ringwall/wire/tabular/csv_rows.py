"""CSV as classic models take it: a row a line, no heading, commas, nothing quoted (RFC 4180 section 2, without its rules 3 and 5 to 7)."""

from __future__ import annotations

import re

from ringwall.errors import LimitExceeded
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.tabular.limits import VALUES_MAX
from ringwall.wire.tabular.number import read_number

_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\"]")  # control characters but tab and newline, and quotation marks


def read_cells(body: bytes) -> tuple[tuple[str, ...], ...]:
    """Return the cells of each line, without blanks around them.

    Raises:
        MalformedRequest: not UTF-8, a quotation mark, a control character, an empty line or nothing at all.
        LimitExceeded: more than VALUES_MAX cells; found before any is made.
    """
    if body.count(b",") + body.count(b"\n") >= VALUES_MAX:
        raise LimitExceeded(f"the body has more than {VALUES_MAX} values")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRequest("the body is not CSV in UTF-8") from None
    text = text.replace("\r\n", "\n").removesuffix("\n")
    if _ODD.search(text):
        raise MalformedRequest("the body is not plain CSV: it has a quotation mark or a control character")
    lines = text.split("\n")
    if not all(map(str.strip, lines)):
        raise MalformedRequest("the body is not plain CSV: a line is empty")
    return tuple(tuple(cell.strip(" \t") for cell in line.split(",")) for line in lines)


def read_csv(body: bytes) -> tuple[tuple[float, ...], ...]:
    """Return rows of numbers.

    Raises:
        MalformedRequest, LimitExceeded: as `read_cells`; also where a cell is no number.
    """
    return tuple(tuple(_number(cell) for cell in cells) for cells in read_cells(body))


def write_csv(cells: tuple[tuple[str, ...], ...]) -> bytes:
    """Write cells that `read_cells` gave, or others without commas and newlines; each line is ended."""
    return "".join(f"{','.join(line)}\n" for line in cells).encode()


def _number(cell: str) -> float:
    value = read_number(cell)
    if value is None:
        raise MalformedRequest("a cell of the CSV is not a number")
    return value
