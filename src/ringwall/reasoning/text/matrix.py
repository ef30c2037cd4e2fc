"""What is claimed of which chain of layers: encoding by depth, each cell proved, proved under named premises, refuted, or not claimed.

Depth 1: the class alone. Depth 2: `outer` written over `inner`, with any context added at each layer. By the meta-theorem a chain is
covered if each layer's lemma holds and the inner text is a payload of the outer class; the premises of both add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from ringwall.reasoning.text.encoder import Encoder
from ringwall.reasoning.text.lemmas import Lemma

Status = Literal["proved", "premised", "refuted", "unknown", "not claimed"]
CHARACTERS, ROTATIONS, REVERSED = "characters", "rotations", "reversed"
LEAVES = (CHARACTERS, ROTATIONS, REVERSED)
WRAPPERS = ("look-alikes", REVERSED, "rot13", "atbash")
NOT_CLAIMED = {
    "typoglycemia": "scrambled words are sought with a lexicon, which is no finite-state class",
    "pig-latin": "moves letters across words; read by a token fold of its own, nothing is proved",
    "leet over a decoder": "loses what the decoder needs (1 is l or i)",
    "rotations but rot13 and atbash over a decoder": "decoders read only these two",
    "rot13 or atbash over base85": "decoders of base85 read no rotated text",
}
_ONE_PLACE = "reversal: a character that folds to several (a ligature) is read in its own order"
_ASCII = "the inner text is printable ASCII"
_FULLY = "a mixed layer below another holds at least four escapes within 64 characters, for it may be read as a guess"


class Cell(msgspec.Struct, frozen=True):
    """One claim. `outer` is empty at depth 1."""

    inner: str
    outer: str
    depth: int
    status: Status
    premises: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True):
    """What the matrix needs to know of one class: its lemma's outcome and what it takes and gives."""

    id: str
    status: Status
    premises: tuple[str, ...]
    payload: str
    context: str
    machine: str


def row_of(encoder: Encoder, lemma: Lemma) -> Row:
    """Return the matrix's row for a class."""
    return Row(encoder.id, lemma.status, encoder.premises, encoder.payload, encoder.context, encoder.machine)


def matrix(rows: Sequence[Row], leaves: dict[str, bool], depth: int) -> tuple[Cell, ...]:
    """Return every cell up to a depth of one or two. `leaves`: whether the folds' theorems about each leaf class hold."""
    cells = [_leaf(name, holds) for name, holds in leaves.items()]
    cells += [Cell(row.id, "", 1, row.status, row.premises) for row in rows]
    if depth < 2:
        return tuple(cells)
    for outer in rows:
        if outer.context == "leaf":
            continue
        cells += [_over(outer, _as_row(name, leaves[name])) for name in leaves]
        cells += [_over(outer, inner) for inner in rows]
    cells += [_wrapped(wrapper, inner, leaves) for wrapper in WRAPPERS for inner in rows]
    return tuple(cells)


def _leaf(name: str, holds: bool) -> Cell:
    return Cell(name, "", 1, "proved" if holds else "refuted", (_ONE_PLACE,) if name == REVERSED else ())


def _as_row(name: str, holds: bool) -> Row:
    return Row(name, "proved" if holds else "refuted", (_ONE_PLACE,) if name == REVERSED else (), "bytes", "any", "")


def _over(outer: Row, inner: Row) -> Cell:
    """Put one class over another: the inner text is the outer's payload."""
    if outer.payload == "lowercase" and inner.id not in LEAVES:
        return Cell(inner.id, outer.id, 2, "not claimed", ("Morse has one case and few marks",))
    premises = [*outer.premises, *inner.premises]
    if outer.payload == "ascii" and inner.id != ROTATIONS:
        premises.append(_ASCII)
    if inner.context == "clean" and inner.machine:
        premises.append(_FULLY)
    return Cell(inner.id, outer.id, 2, _worse(outer.status, inner.status, premises), tuple(dict.fromkeys(premises)))


def _wrapped(wrapper: str, inner: Row, leaves: dict[str, bool]) -> Cell:
    """Put look-alikes, reversal or an involution over a class: the decoder reads the text that way too."""
    blocked = inner.context == "leaf" or (wrapper in ("rot13", "atbash") and inner.machine in ("base85", "ascii85"))
    if blocked and wrapper != "look-alikes":
        return Cell(inner.id, wrapper, 2, "not claimed", ("the decoder, or the search over its choices, does not read this way",))
    premises = list(inner.premises)
    if wrapper != "look-alikes":
        premises += [_FULLY] if inner.context == "clean" else []
    holds = leaves[CHARACTERS if wrapper == "look-alikes" else REVERSED if wrapper == REVERSED else ROTATIONS]
    return Cell(inner.id, wrapper, 2, _worse("proved" if holds else "refuted", inner.status, premises), tuple(dict.fromkeys(premises)))


def _worse(first: Status, second: Status, premises: Sequence[str]) -> Status:
    for status in ("refuted", "unknown", "not claimed"):
        if status in (first, second):
            # a layer that is refuted alone leaves the chain without a proof; a bypass of the chain was not shown
            return "unknown" if status == "refuted" else status
    return "premised" if premises else "proved"
