"""The committed certificates, as values: what was proved of the tables that this release ships (`generate.py` writes them)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from ringwall.reasoning.text.certificate import Certificate
from ringwall.reasoning.text.folding import Theorem
from ringwall.reasoning.text.matrix import NOT_CLAIMED, Cell, Status
from ringwall.text import tables_digest


class _File(msgspec.Struct, frozen=True, kw_only=True):
    status: str
    tables_sha256: str
    premises: tuple[str, ...]
    trusted_base: tuple[str, ...]
    theorems: tuple[Theorem, ...]
    lemmas: tuple[Certificate, ...]
    cell_premises: tuple[str, ...]
    cells: tuple[str, ...]


class LemmaTime(msgspec.Struct, frozen=True, kw_only=True):
    """What one lemma took, in CPU seconds: the proof, and the re-checker on its invariant."""

    proved_s: float
    rechecked_s: float


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """What the proofs took when the certificates were made. Measured, no part of any certificate.

    machine: the class of machine. theorems_s: all theorems together. lemmas: by class.
    """

    tables_sha256: str
    machine: str
    theorems_s: float
    lemmas: dict[str, LemmaTime]


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What was proved.

    current: whether the tables in use are the ones that the certificates are about; if not, nothing is proved of them.
    premises: of every cell and lemma; those of `cells` and `lemmas` are more.
    """

    status: str
    current: bool
    tables_sha256: str
    premises: tuple[str, ...]
    trusted_base: tuple[str, ...]
    theorems: tuple[Theorem, ...]
    lemmas: tuple[Certificate, ...]
    cells: tuple[Cell, ...]
    not_claimed: dict[str, str]


@cache
def published_times() -> Times | None:
    """Read what the committed certificates took; None if the times are of proofs about other tables."""
    read = msgspec.json.decode(files("ringwall.reasoning.text").joinpath("certificate_times.json").read_bytes(), type=Times)
    return read if read.tables_sha256 == published().tables_sha256 else None


@cache
def published() -> Published:
    """Read the committed certificates. Tables that they are not about turn every proof into `unknown`."""
    read = msgspec.json.decode(files("ringwall.reasoning.text").joinpath("certificates.json").read_bytes(), type=_File)
    return _published(read, tables_digest())


def _published(read: _File, in_use: str) -> Published:
    current = read.tables_sha256 == in_use
    return Published(
        status=read.status if current else "unknown",
        current=current,
        tables_sha256=read.tables_sha256,
        premises=read.premises,
        trusted_base=read.trusted_base,
        theorems=read.theorems,
        lemmas=read.lemmas,
        cells=tuple(_cell(line, read.cell_premises, current=current) for line in read.cells),
        not_claimed=NOT_CLAIMED,
    )


def _cell(line: str, premises: tuple[str, ...], *, current: bool) -> Cell:
    inner, outer, word, numbers = line.split("|")
    status = msgspec.convert(word, Status)
    if not current and status != "not claimed":
        status = "unknown"
    return Cell(inner, outer, 2 if outer else 1, status, tuple(premises[int(number)] for number in numbers.split(",") if number))
