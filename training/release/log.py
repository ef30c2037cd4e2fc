"""The log as committed files (C2SP tlog-tiles), read whole, grown, and written back by the ledger's own export."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from ringwall.crypto import leaf_hashes, root_hash
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.edge import Edge
from ringwall.crypto.log_policy import LogPolicy
from ringwall.crypto.notes import sign_note
from ringwall.crypto.tiles import CHECKPOINT_PATH, WIDTH, TilePath, bundle, parse_tile_path, read_bundle
from ringwall.errors import NotFound
from ringwall.ledger.export import Exported, Files, audit_log_files, export_log, pieces
from training.release.key import ReleaseKey


class GrownLog:
    """A log in memory, piece by piece, as the export asks for it."""

    def __init__(self, entries: Sequence[bytes], checkpoint: bytes) -> None:
        """Take all entries, and the signed note about them."""
        self._entries, self._checkpoint = entries, checkpoint
        self._tiles: dict[tuple[int, int], bytes] = {}
        edge = Edge()
        for start in range(0, len(entries), WIDTH):
            self._tiles |= edge.extend(leaf_hashes(entries[start : start + WIDTH]))

    async def read(self, path: str) -> bytes:
        """Return a piece; NotFound if there is none."""
        if path == CHECKPOINT_PATH:
            return self._checkpoint
        piece = parse_tile_path(path)
        if piece.level is None:
            return bundle(self._entries[piece.index * WIDTH :][: piece.width])
        if (piece.level, piece.index) not in self._tiles:
            raise NotFound(f"there is no `{path}`")
        return self._tiles[piece.level, piece.index]


def read_log(folder: Path, policy: LogPolicy) -> tuple[bytes, list[bytes]]:
    """Return the signed checkpoint and all entries of a folder, audited from end to end."""
    files = Files(folder)
    size = audit_log_files(files, policy).size
    entries: list[bytes] = []
    for piece in pieces(size):
        if piece.level is None:
            entries += read_bundle(files.read(str(TilePath(None, piece.index, piece.width))))
    return files.read(CHECKPOINT_PATH), entries


def write_log(folder: Path, entries: Sequence[bytes], key: ReleaseKey, policy: LogPolicy, *, at: int) -> tuple[bytes, Exported]:
    """Sign a checkpoint over all entries, and bring the folder up to it: refused unless the tree grew from the one that is there.

    Args:
        at: Unix seconds, for the signature that says when.
    """
    origin = key.checkpoints[0].key.name
    text = Checkpoint(origin=origin, size=len(entries), root=root_hash(leaf_hashes(entries))).text()
    note = sign_note(text, key.checkpoints, timestamp=at)
    return note, asyncio.run(export_log(GrownLog(entries, note), folder, policy))
