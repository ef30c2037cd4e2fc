"""What the writer can be asked to do; one of these is one caller's batch."""

from __future__ import annotations

from dataclasses import dataclass

from ringwall.storage.ports import Change, Sealing


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
    """Changes to documents, all or none; the outcome is 0. quiet: no cache is to end. erase: no former version stays in the log file."""

    changes: tuple[Change, ...]
    size_bytes: int
    quiet: bool = False
    erase: bool = False


@dataclass(slots=True)
class Shred:
    """Overwrite the erasable part of one entry; the outcome is 0."""

    log: str
    index: int
    size_bytes: int = 128


@dataclass(slots=True)
class AppendAll:
    """Entries at the end of a log, one after the other; the outcome is the first one's index."""

    log: str
    account_id: str
    leaves: tuple[bytes, ...]
    size_bytes: int


@dataclass(slots=True)
class TakeLease:
    """Become the one who seals a log; the outcome is the number that fences off everybody before."""

    log: str
    holder: str
    ttl_ms: int
    size_bytes: int = 128


@dataclass(slots=True)
class GiveLeaseBack:
    """Let the next one seal at once; the outcome is 0."""

    log: str
    holder: str
    fence: int
    size_bytes: int = 128


@dataclass(slots=True)
class Seal:
    """Let a tree grow and its checkpoint with it, all or nothing; the outcome is 0."""

    sealing: Sealing
    size_bytes: int

    @property
    def log(self) -> str:
        """The log whose tree grows."""
        return self.sealing.log


@dataclass(slots=True)
class KeepCheckpoint:
    """Put a checkpoint's note with more signatures in the place of the one that was read; the outcome is 0."""

    log: str
    size: int
    old_note: bytes
    note: bytes
    size_bytes: int


@dataclass(slots=True)
class Freeze:
    """Remove the entries below an index, and their level-0 tiles: they lie elsewhere; the outcome is 0."""

    log: str
    holder: str
    fence: int
    end: int
    size_bytes: int = 128


TreeOperation = TakeLease | GiveLeaseBack | Seal | KeepCheckpoint | Freeze
Operation = Append | Apply | Shred | AppendAll | TreeOperation
Outcome = int | Exception
