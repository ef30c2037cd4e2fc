"""A log in the tlog-tiles layout made with the pure parts alone: what the tests of readers read."""

from __future__ import annotations

from collections.abc import Sequence

from ringwall.crypto import leaf_hash
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.edge import Edge
from ringwall.crypto.notes import Ed25519Signer, Signer, sign_note
from ringwall.crypto.tiles import CHECKPOINT_PATH, WIDTH, bundle, entries_path, tile_path
from ringwall.errors import NotFound

ORIGIN = "ringwall.example/statements"
LOG = Ed25519Signer(ORIGIN, bytes(range(32)))
TIME = 1_700_000_000


class StaticLog:
    """A growing log held in memory, with every piece of its present size; it reads like a source and like files."""

    def __init__(self, signers: Sequence[Signer] = (LOG,), origin: str = ORIGIN) -> None:
        self.signers, self.origin = signers, origin
        self.entries: list[bytes] = []
        self.files: dict[str, bytes] = {}
        self._edge = Edge()
        self.sign()

    def add(self, *entries: bytes) -> None:
        """Append entries and sign the new tree."""
        first = len(self.entries)
        self.entries += entries
        for (level, index), tile in self._edge.extend(leaf_hash(entry) for entry in entries).items():
            self.files[tile_path(level, index, len(tile) // 32)] = tile
        for index in range(first // WIDTH, -(-len(self.entries) // WIDTH)):
            held = self.entries[index * WIDTH : (index + 1) * WIDTH]
            self.files[entries_path(index, len(held))] = bundle(held)
        self.sign()

    def sign(self) -> None:
        """Sign the present tree."""
        self.checkpoint = Checkpoint(origin=self.origin, size=len(self.entries), root=self._edge.root())
        self.files[CHECKPOINT_PATH] = sign_note(self.checkpoint.text(), self.signers, timestamp=TIME)

    def get(self, path: str) -> bytes:
        """Return a piece."""
        try:
            return self.files[path]
        except KeyError:
            raise NotFound(f"there is no `{path}`") from None


class Source:
    """A static log as the ledger gives it."""

    def __init__(self, log: StaticLog) -> None:
        self._log = log

    async def read(self, path: str) -> bytes:
        """Return a piece."""
        return self._log.get(path)
