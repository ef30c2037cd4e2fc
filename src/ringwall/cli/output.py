"""What people and programs read: tables and sentences, or one JSON document with `--json`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


def print_json(value: Any) -> None:
    """Print one JSON document on one line."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    """Lay rows out under headings, columns as wide as their widest cell.

    Args:
        rows: by member name; a missing member is an empty cell.
        columns: member name to heading, in order.
    """
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    heads = [heading.upper() for heading in columns.values()]
    widths = [max(len(line[index]) for line in [heads, *cells]) for index in range(len(heads))]
    lines = [heads, *cells]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def fields(values: Mapping[str, Any]) -> str:
    """Lay names and values out, one a line."""
    width = max((len(name) for name in values), default=0)
    return "\n".join(f"{name.ljust(width)}  {_cell(value)}" for name, value in values.items())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)
    return printable(str(value))


def printable(text: str) -> str:
    """Show control, bidirectional and other invisible characters by number, so that a text cannot drive the terminal or hide in it."""
    return "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in text)


def complain(message: str, remedy: str = "") -> None:
    """Say on standard error what went wrong and how to mend it."""
    sys.stderr.write(f"ringwall: {printable(message)}\n")
    if remedy:
        sys.stderr.write(f"          {printable(remedy)}\n")
