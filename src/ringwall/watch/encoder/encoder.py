"""The parts that all encoders share, loaded once: word pieces and the table of word embeddings."""

from __future__ import annotations

import functools
from importlib.resources.abc import Traversable

from ringwall.watch import shipped
from ringwall.watch.encoder.body import Body
from ringwall.watch.encoder.table import WordTable
from ringwall.watch.encoder.wordpiece import WordPiece
from ringwall.watch.weights_file import WeightsRefused

VOCABULARY = "words-v1.txt"
TABLE = "words-v1.bin"


class Encoder:
    """Word pieces and their embeddings, and the bodies that read them."""

    def __init__(self, pieces: WordPiece, table: WordTable) -> None:
        """Keep the parts."""
        self.pieces, self.table = pieces, table

    def body(self, name: str, *, where: Traversable | None = None) -> tuple[Body, str]:
        """Check one body by the name of its file; return it with its digest. The file is read again, and checked again, when it is opened.

        Raises:
            WeightsRefused: the file is missing, or is not the pinned one.
        """
        _, digest = shipped.checked(name, where=where)

        def read() -> bytes:
            data, found = shipped.checked(name, where=where)
            if found != digest:
                raise WeightsRefused(f"`{name}` is another file than when it was loaded", digest=found)
            return data

        return Body(read, self.table, pad=self.pieces.pad), digest


@functools.cache
def load_encoder() -> Encoder:
    """Load what ships with ringwall.

    Raises:
        WeightsRefused: a file is missing or is not the pinned one.
    """
    vocabulary, _ = shipped.checked(VOCABULARY)
    table = WordTable(shipped.checked(TABLE)[0])
    words = vocabulary.decode("utf-8").split("\n")[:-1]
    if len(words) != table.rows:
        raise WeightsRefused("the vocabulary and the table of word embeddings differ in length")
    return Encoder(WordPiece(words), table)
