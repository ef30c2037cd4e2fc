"""What a terminal shows cannot be driven by what it shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringwall.cli.output import fields, printable, table


def test_a_table_is_as_wide_as_its_widest_cells() -> None:
    shown = table([{"a": "1", "b": True}, {"a": "long", "b": None}], {"a": "first", "b": "second"})
    assert shown == "FIRST  SECOND\n1      yes\nlong"


def test_fields_are_aligned() -> None:
    assert fields({"a": 1, "long": ["x", "y"]}) == "a     1\nlong  x, y"


@given(st.text())
def test_nothing_invisible_reaches_the_terminal(text: str) -> None:
    assert printable(text).isprintable()


def test_control_and_bidirectional_characters_are_written_by_number() -> None:
    assert printable("a\x1b[2Jb\u202ec") == "a\\u{1b}[2Jb\\u{202e}c"
