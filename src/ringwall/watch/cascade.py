"""Levels 0 and 1 of the watch together: the linear model reads every window, and the encoder those that it is unsure of.

1. A window is sure where every category's linear margin lies outside its gate; its scores are the linear model's, by curves of the
   cascade's own.
2. The word pieces of an unsure window are cut into runs at fixed offsets. All runs of all unsure windows of one call are asked at once,
   equal ones only once (a fold of a text often has the same pieces), together with those of other callers (`batching`).
3. A category's margin is `linear * a + encoder * b + bias`, where `encoder` is the highest logit of the window's runs; that run is the
   place that decided.

Rules it upholds: a window's scores depend on its text alone, bit for bit; what fails raises, and blocks; no text is kept between calls.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib.resources.abc import Traversable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ringwall.guardrails.ports import WindowScore
from ringwall.vocabulary.patience import take_time
from ringwall.watch import shipped
from ringwall.watch.batching import Turns
from ringwall.watch.calibration import Calibration, Thresholds
from ringwall.watch.cascade_file import CONTENT_CASCADE, Cascade, read_cascade
from ringwall.watch.encoder import Pieces, WordPiece, load_encoder
from ringwall.watch.encoder.runs import Run, runs
from ringwall.watch.linear import LinearContentScorer, load_content_scorer
from ringwall.watch.weights_file import WeightsRefused

ATTACK = "PROMPT_ATTACK"
LEADERS = 4  # threads that run the encoder at once, where there are as many processors

Logits = NDArray[np.float32]
Model = Callable[[Sequence[Sequence[int]]], Sequence[Logits]]
"""Ids of pieces, begin and end included, to one logit per output for each text."""


class CascadeContentScorer:
    """Scores windows of text in every category; a `ringwall.guardrails.ports.ContentScorer` that threads may share."""

    def __init__(self, cascade: Cascade, digest: str, *, linear: LinearContentScorer, pieces: WordPiece, model: Model) -> None:
        """Take the parts, each of which was checked by itself, and check that they belong together.

        Args:
            cascade: what `read_cascade` returned. digest: of its file.
            linear: level 0. pieces: what cuts texts for level 1. model: level 1.

        Raises:
            WeightsRefused: they do not; or the model has not as many outputs as the cascade reads.
        """
        heads = {head.name: index for index, head in enumerate(linear.header.heads)}
        if cascade.linear_sha256 != linear.sha256:
            raise WeightsRefused("the cascade was made with another linear model", digest=linear.sha256)
        if set(heads) != {head.name for head in cascade.categories}:
            raise WeightsRefused("the cascade and the linear model have other categories")
        self._linear, self._pieces, self._cascade = linear, pieces, cascade
        self._model_id = f"{cascade.name}/{cascade.version}@sha256:{digest}"
        self._categories = tuple((head, heads[head.name]) for head in cascade.categories)
        self._thresholds = MappingProxyType({head.name: head.thresholds for head in cascade.categories})
        self._kinds = tuple((head, _scale(head.thresholds, self._thresholds[ATTACK])) for head in cascade.kinds) if ATTACK in heads else ()
        self._turns: Turns[Logits] = Turns(model, leaders=min(LEADERS, os.cpu_count() or 1))
        outputs = np.shape(model([(pieces.begin, pieces.end)])[0])
        if len(outputs) != 1 or outputs[0] <= max(head.index for head in cascade.heads):
            raise WeightsRefused("the encoder has fewer outputs than the cascade reads")

    @property
    def model_id(self) -> str:
        """Name, version and digest of the cascade's file, which holds the digests of both models."""
        return self._model_id

    @property
    def thresholds(self) -> Mapping[str, Thresholds]:
        """The scores at which each category's confidence becomes LOW, MEDIUM and HIGH."""
        return self._thresholds

    def score(self, text: str) -> Mapping[str, float]:
        """Return the scores of one window."""
        return self.score_windows((text,))[0].scores

    def score_windows(self, windows: Sequence[str]) -> list[WindowScore]:
        """Return the scores of windows, the unsure ones by both levels.

        Raises:
            LimitExceeded: a window is longer than one may be.
            TakesLong: a window is unsure, and the caller is in a hurry.
            TurnFailed: the encoder failed.
        """
        margins = [self._linear.margins(window) for window in windows]
        unsure = [index for index, each in enumerate(margins) if self._is_unsure(each)]
        out = [self._sure(each) for each in margins]
        if unsure:
            take_time()
            read = self._read([windows[index] for index in unsure])
            for index, (pieces, cut, logits) in zip(unsure, read, strict=True):
                out[index] = self._both(margins[index], pieces, cut, logits)
        return out

    def _is_unsure(self, margins: Sequence[float]) -> bool:
        return any(head.gate is not None and head.gate.low <= margins[at] < head.gate.high for head, at in self._categories)

    def _sure(self, margins: Sequence[float]) -> WindowScore:
        return WindowScore({head.name: (head.sure or head.calibration).score(margins[at]) for head, at in self._categories})

    def _read(self, windows: Sequence[str]) -> list[tuple[Pieces, list[Run], Logits]]:
        """Return each window's pieces, its runs and their logits, (runs, outputs)."""
        cut = [self._pieces.pieces(window) for window in windows]
        planned = [runs(self._pieces, each.ids, longest=self._cascade.pieces, stride=self._cascade.stride) for each in cut]
        places: dict[tuple[int, ...], int] = {}
        for of_window in planned:
            for run in of_window:
                places.setdefault(tuple(run.ids), len(places))
        made = self._turns.ask(tuple(places))
        logits = [np.stack([made[places[tuple(run.ids)]] for run in of_window]) for of_window in planned]
        return list(zip(cut, planned, logits, strict=True))

    def _both(self, margins: Sequence[float], pieces: Pieces, cut: Sequence[Run], logits: Logits) -> WindowScore:
        scores: dict[str, float] = {}
        spans: dict[str, tuple[int, int]] = {}
        deciding = logits.argmax(0)
        for head, at in self._categories:
            run = cut[deciding[head.index]]
            total = head.linear * margins[at] + head.encoder * float(logits[deciding[head.index], head.index]) + head.bias
            scores[head.name] = head.calibration.score(total)
            if run.last > run.first:
                spans[head.name] = pieces.starts[run.first], pieces.ends[run.last - 1]
        return WindowScore(scores, 1, self._kinds_of(logits.max(0)), spans)

    def _kinds_of(self, logits: Logits) -> dict[str, float]:
        return {
            head.name: scale.score(head.calibration.score(head.encoder * float(logits[head.index]) + head.bias))
            for head, scale in self._kinds
        }


def _scale(own: Thresholds, others: Thresholds) -> Calibration:
    """Return the curve that brings one head's scores to where the same confidence is another's."""
    knots = [(0.0, 0.0), *zip(own, others, strict=True)]
    if own.high < 1.0 and others.high < 1.0:
        knots.append((1.0, 1.0))
    return Calibration(margins=tuple(margin for margin, _ in knots), scores=tuple(score for _, score in knots))


def load_cascade_scorer(*, where: Traversable | None = None) -> CascadeContentScorer:
    """Load both levels that ship with ringwall.

    Args:
        where: the folder of the cascade's file and of the encoder; by default the one that ships with ringwall.

    Raises:
        WeightsRefused: a file is missing, is not the one whose digest is pinned, or does not belong to the others.
    """
    cascade, digest = read_cascade(shipped.checked(CONTENT_CASCADE, where=where)[0])
    encoder = load_encoder()
    body, body_digest = encoder.body(cascade.encoder, where=where)
    if body_digest != cascade.encoder_sha256:
        raise WeightsRefused("the cascade was made with another encoder", digest=body_digest)
    return CascadeContentScorer(cascade, digest, linear=load_content_scorer(), pieces=encoder.pieces, model=body.run)
