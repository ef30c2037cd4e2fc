"""A body's file is read when its first text comes: it must still be the one that was checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ringwall.crypto import sha256
from ringwall.watch import shipped
from ringwall.watch.encoder import load_encoder
from ringwall.watch.encoder.body import WHOLE
from ringwall.watch.sentences import BODY, PIECES
from ringwall.watch.weights_file import WeightsRefused
from tests.unit.watch import small_encoder

NAME = "small.onnx"


def _pinned(folder: Path, data: bytes) -> None:
    (folder / NAME).write_bytes(data)
    (folder / shipped.PINS).write_text(f"{sha256(data).hex()}  {NAME}\n")


def test_it_answers_when_first_asked(tmp_path: Path) -> None:
    _pinned(tmp_path, small_encoder.model(["kill"]))
    encoder = load_encoder()
    body, _ = encoder.body(NAME, where=tmp_path)
    loud, quiet = body.run([encoder.pieces.pieces("kill").ids, encoder.pieces.pieces("bread").ids])
    assert loud[0] > quiet[0]


@pytest.mark.parametrize("pinned", [False, True])
def test_a_file_that_changed_since_it_was_loaded_is_refused(tmp_path: Path, *, pinned: bool) -> None:
    _pinned(tmp_path, small_encoder.model(["kill"]))
    encoder = load_encoder()
    body, _ = encoder.body(NAME, where=tmp_path)
    other = small_encoder.model(["bread"])
    if pinned:
        _pinned(tmp_path, other)
    else:
        (tmp_path / NAME).write_bytes(other)
    with pytest.raises(WeightsRefused):
        body.run([encoder.pieces.pieces("kill").ids])


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    _pinned(tmp_path, small_encoder.model(["kill"]))
    encoder = load_encoder()
    body, _ = encoder.body(NAME, where=tmp_path)
    (tmp_path / NAME).unlink()
    with pytest.raises(WeightsRefused):
        body.run([encoder.pieces.pieces("kill").ids])


def test_what_only_the_first_output_needs_does_not_run_for_another() -> None:
    encoder = load_encoder()
    body, _ = encoder.body(BODY)
    ids = np.array([[encoder.pieces.begin, *encoder.pieces.pieces("The bridge was opened in 1883.").ids, encoder.pieces.end]])
    fed = {"words": encoder.table.vectors(ids), "mask": np.ones(ids.shape, np.float32), "segments": np.zeros(ids.shape, np.int64)}
    vectors, pieces = body.open().run(["vectors", PIECES], fed)
    nothing, same = body.open().run(["vectors", PIECES], {**fed, WHOLE: np.array(False)})
    assert (vectors.shape, nothing.shape) == ((1, encoder.table.width), (0, encoder.table.width))
    assert np.array_equal(pieces, same)
    assert np.array_equal(body.run([ids[0]], output=PIECES)[0], pieces[0])
    assert np.array_equal(body.run([ids[0]])[0], vectors[0])
    assert np.array_equal(body.run([ids[0]], output="vectors")[0], vectors[0])
