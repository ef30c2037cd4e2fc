"""Word embeddings, one int8 row and one scale per vocabulary entry: what every body reads, kept in memory once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ringwall.watch.weights_file import WeightsRefused

MAGIC = b"RWWORDS1"


class WordTable:
    """Rows of `width` numbers; the file is the magic, rows and width as 4 bytes each (little endian), float32 scales, int8 rows."""

    def __init__(self, data: bytes) -> None:
        """Read a checked file.

        Raises:
            WeightsRefused: it is not a table, or not as long as it says.
        """
        if data[: len(MAGIC)] != MAGIC or len(data) < 16:
            raise WeightsRefused("this is not a table of word embeddings")
        self.rows, self.width = int.from_bytes(data[8:12], "little"), int.from_bytes(data[12:16], "little")
        if len(data) != 16 + self.rows * (4 + self.width):
            raise WeightsRefused("the table of word embeddings is not as long as its header says")
        self._scales = np.frombuffer(data, np.float32, self.rows, 16)[:, None]
        self._levels = np.frombuffer(data, np.int8, self.rows * self.width, 16 + 4 * self.rows).reshape(self.rows, self.width)

    def vectors(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the embeddings of ids of any shape, with one more axis of `width`."""
        index = np.asarray(ids, np.int64)
        return self._levels[index].astype(np.float32) * self._scales[index]


def assemble(rows: NDArray[np.float32]) -> bytes:
    """Round a table (rows, width) to int8 and return its file (training writes it)."""
    scales = np.maximum(np.abs(rows).max(1) / 127.0, 1e-12).astype(np.float32)
    levels = np.clip(np.rint(rows / scales[:, None]), -127, 127).astype(np.int8)
    size = rows.shape[0].to_bytes(4, "little") + rows.shape[1].to_bytes(4, "little")
    return b"".join((MAGIC, size, scales.tobytes(), levels.tobytes()))
