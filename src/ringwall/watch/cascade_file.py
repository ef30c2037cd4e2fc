"""The file that says how the linear model and the encoder decide together: `content-cascade-v1.json`, checked whole or refused.

    {"format": 1, "name": ..., "version": ..., "linear_sha256": ..., "encoder": FILE, "encoder_sha256": ..., "pieces": 94, "stride": 72,
     "heads": [{"name": "HATE", "index": 0, "gate": {"low": x, "high": y}, "linear": a, "encoder": b, "bias": c, "sure": CURVE,
                "calibration": CURVE, "thresholds": [l, m, h]}, ...]}

A head with a gate is a category that guardrails filter. One without is a kind of prompt attack: the encoder alone scores it, and it says
of an attack which it is, and blocks nothing by itself.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ringwall.crypto import sha256
from ringwall.errors import IntegrityError
from ringwall.watch.calibration import Calibration, Thresholds
from ringwall.watch.weights_file import MAX_HEADS, WeightsRefused

CONTENT_CASCADE = "content-cascade-v1.json"
LONGEST_RUN = 510  # pieces: as many positions as the base model has, less a begin and an end
_Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The linear margins between which a head is unsure: `low` is the first that is, `high` the first that is not."""

    low: float
    high: float


class CascadeHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One category or kind.

    index: the encoder's output. linear, encoder, bias: the factors of both margins and the constant of their sum.
    sure: the score of a linear margin where the window is sure. calibration: the score of the sum where it is not.
    """

    name: Annotated[str, Meta(pattern=r"^[A-Z][A-Z_]{0,63}\Z")]
    index: Annotated[int, Meta(ge=0, lt=MAX_HEADS)]
    gate: Gate | None
    linear: float
    encoder: float
    bias: float
    sure: Calibration | None
    calibration: Calibration
    thresholds: Thresholds


class Cascade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file. `pieces`: of one run, without its begin and end; `stride`: from one run's first to the next one's."""

    format: Literal[1]
    name: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,64}\Z")]
    version: Annotated[str, Meta(pattern=r"^[a-z0-9.-]{1,32}\Z")]
    linear_sha256: _Digest
    encoder: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,80}\.onnx\Z")]
    encoder_sha256: _Digest
    pieces: Annotated[int, Meta(ge=1, le=LONGEST_RUN)]
    stride: Annotated[int, Meta(ge=1)]
    heads: Annotated[tuple[CascadeHead, ...], Meta(min_length=1, max_length=MAX_HEADS)]

    @property
    def categories(self) -> tuple[CascadeHead, ...]:
        """The heads that guardrails filter by."""
        return tuple(head for head in self.heads if head.gate is not None)

    @property
    def kinds(self) -> tuple[CascadeHead, ...]:
        """The heads that say which kind an attack is."""
        return tuple(head for head in self.heads if head.gate is None)


def read_cascade(data: bytes) -> tuple[Cascade, str]:
    """Check a file; return it with its digest.

    1. It is JSON of this shape. 2. Runs overlap or touch. 3. Names and indices are there once, and a head has a gate and a curve for sure
    windows, or neither. 4. Every number is finite; gates and thresholds rise.

    Raises:
        WeightsRefused: any of these does not hold.
    """
    try:
        cascade = msgspec.json.decode(data, type=Cascade)  # 1
    except (msgspec.DecodeError, UnicodeDecodeError, IntegrityError) as error:
        raise WeightsRefused(f"the cascade's file cannot be read: {error}") from error
    if cascade.stride > cascade.pieces:  # 2
        raise WeightsRefused("the cascade's runs leave pieces out between them")
    names, indices = ({getattr(head, field) for head in cascade.heads} for field in ("name", "index"))
    if len(names) < len(cascade.heads) or len(indices) < len(cascade.heads):  # 3
        raise WeightsRefused("the cascade names a head or an output twice")
    for head in cascade.heads:
        _check(head)
    return cascade, sha256(data).hex()


def _check(head: CascadeHead) -> None:
    if (head.gate is None) != (head.sure is None):
        raise WeightsRefused(f"`{head.name}` has a gate without a curve for sure windows, or the other way round")
    gate = () if head.gate is None else (head.gate.low, head.gate.high)
    curves = (*head.calibration.margins, *(head.sure.margins if head.sure is not None else ()))
    if not all(map(math.isfinite, (head.linear, head.encoder, head.bias, *gate, *curves))):  # 4
        raise WeightsRefused(f"the numbers of `{head.name}` are not finite")
    if head.gate is not None and not head.gate.low < head.gate.high:
        raise WeightsRefused(f"the gate of `{head.name}` is empty")
    if not 0.0 < head.thresholds.low < head.thresholds.medium < head.thresholds.high <= 1.0:
        raise WeightsRefused(f"the thresholds of `{head.name}` are out of order")
