"""One trained body: an ONNX file run on the CPU, one thread a call.

A text's result does not depend on what else is in its batch (activations are rounded per token), so batches are formed freely.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ringwall.vocabulary.memory import give_back
from ringwall.vocabulary.patience import take_time
from ringwall.watch.encoder.table import WordTable
from ringwall.watch.weights_file import WeightsRefused

Array = NDArray[np.float32]
LONGEST = 512  # pieces of one text, special ones included: as many positions as the base model has
WHOLE = (
    "whole"  # an input that is true by default: whether what only the first output needs is computed (onnxruntime itself cuts nothing away)
)
BATCH_PIECES = 128  # pieces of one batch, padding included: short texts gain by company, and long ones lose (the caches are small)

onnxruntime.disable_telemetry_events()


class Body:
    """A session over one file; safe to call from several threads.

    The file is read, and the session opened, when the first text comes: not every installation asks every model.
    """

    def __init__(self, read: Callable[[], bytes], table: WordTable, *, pad: int) -> None:
        """Keep what reads the checked file."""
        self._read = read
        self._session: onnxruntime.InferenceSession | None = None
        self._opening = threading.Lock()
        self._table, self._pad = table, pad

    def open(self) -> onnxruntime.InferenceSession:
        """Return the session.

        Raises:
            WeightsRefused: the file is not the one that was checked, or onnxruntime cannot read it.
        """
        with self._opening:
            if self._session is None:
                self._session = _session(self._read())
                give_back()
            return self._session

    def run(self, texts: Sequence[Sequence[int]], segments: Sequence[Sequence[int]] | None = None, *, output: str = "") -> list[Array]:
        """Return the output of each text: what the model makes of it, without padding where there is one row a piece.

        Args:
            texts: ids with special pieces, 1 to `LONGEST` each.
            segments: 0 or 1 per piece; by default all 0.
            output: which of the file's outputs; by default its first. What only the first needs is not computed for another, where the
                file has the input `WHOLE`.

        Raises:
            TakesLong: the caller is in a hurry.
        """
        take_time()
        out: list[Array | None] = [None] * len(texts)
        for batch in _batches([len(text) for text in texts]):
            found = self._run([texts[i] for i in batch], segments and [segments[i] for i in batch], output)
            for index, made in zip(batch, found, strict=True):
                out[index] = made
        return [made for made in out if made is not None]

    def _run(self, texts: Sequence[Sequence[int]], segments: Sequence[Sequence[int]] | None, output: str) -> list[Array]:
        lengths = [len(text) for text in texts]
        shape = len(texts), max(lengths)
        ids = np.full(shape, self._pad, np.int64)
        mask = np.zeros(shape, np.float32)
        kinds = np.zeros(shape, np.int64)
        for row, text in enumerate(texts):
            ids[row, : lengths[row]] = text
            mask[row, : lengths[row]] = 1.0
            if segments is not None:
                kinds[row, : lengths[row]] = segments[row]
        session = self._session or self.open()
        wanted = output or session.get_outputs()[0].name
        fed = {"words": self._table.vectors(ids), "mask": mask, "segments": kinds}
        if output and any(one.name == WHOLE for one in session.get_overridable_initializers()):
            fed[WHOLE] = np.array(wanted == session.get_outputs()[0].name)
        (made,) = session.run([wanted], fed)
        result: Array = np.asarray(made, np.float32)
        if not np.isfinite(result).all():
            raise FloatingPointError("the model answered with something that is not a number")
        return [result[row, : lengths[row]] if result.ndim == 3 else result[row] for row in range(shape[0])]


def _session(data: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = True  # keeps the largest batch, a few MB; without it the heap grows by 100 MB and more
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no class but this one
        raise WeightsRefused("onnxruntime cannot read the model file", reason=type(error).__name__) from error
    vars(session).pop("_model_bytes", None)  # kept to start again with other providers: there are none, and it is the whole file once more
    return session


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Group texts of like length so that padding costs little."""
    batches: list[list[int]] = []
    longest = 0
    for index in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batches and (len(batches[-1]) + 1) * longest <= BATCH_PIECES:
            batches[-1].append(index)
        else:
            batches.append([index])
            longest = lengths[index]
    return batches
