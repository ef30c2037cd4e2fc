"""What the writer can be asked to do; one of these is one caller's batch."""

from __future__ import annotations

from dataclasses import dataclass

from ringwall.storage.ports import Change


@dataclass(slots=True)
class Append:
    """One entry at the end of a log; the outcome is its index."""

    log: str
    account_id: str
    leaf: bytes
    erasable: bytes
    size_bytes: int


@dataclass(slots=True)
class Apply:
    """Changes to documents, all or none; the outcome is 0."""

    changes: tuple[Change, ...]
    size_bytes: int


@dataclass(slots=True)
class Shred:
    """Overwrite the erasable part of one entry; the outcome is 0."""

    log: str
    index: int
    size_bytes: int = 128


Operation = Append | Apply | Shred
Outcome = int | Exception
