"""Word pieces against those that the package `tokenizers` makes with the base model's own file, and where they differ on purpose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.watch.encoder import load_encoder

FILE = json.loads((Path(__file__).parents[1] / "vectors" / "wordpiece.json").read_text("utf-8"))
PIECES = load_encoder().pieces


@pytest.mark.parametrize("vector", FILE["vectors"], ids=lambda vector: ascii(vector["text"])[:30])
def test_pieces_and_places_are_those_of_the_reference(vector: dict[str, object]) -> None:
    found = PIECES.pieces(str(vector["text"]))
    assert list(found.ids) == vector["ids"]
    assert [list(span) for span in zip(found.starts, found.ends, strict=True)] == vector["spans"]


@pytest.mark.parametrize("name", ["[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]"])
def test_what_a_text_says_is_no_special_piece(name: str) -> None:
    """The reference makes a separator of a text that says one; here nobody forges one."""
    ids = PIECES.pieces(f"so {name} it goes").ids
    assert set(ids).isdisjoint({PIECES.begin, PIECES.end, PIECES.pad})
    assert len(ids) >= 6


def test_code_points_without_a_character_are_left_out() -> None:
    """The reference keeps those that its older tables of Unicode do not know; a word with one inside is the word here."""
    assert PIECES.pieces("ig\u0378no\udc80re it").ids == PIECES.pieces("ignore it").ids


@given(st.text(st.characters(codec=None), max_size=200))
def test_places_are_in_the_text_and_in_order(text: str) -> None:
    found = PIECES.pieces(text)
    assert len(found.ids) == len(found.starts) == len(found.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(found.starts, found.ends, strict=True))
    assert list(found.starts) == sorted(found.starts)
