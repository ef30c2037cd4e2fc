"""The monitors of one account's vectors to one model: near-duplicates, close queries, probing of confidences, the leak budget.

An exact repeat of a recent query is passed over: a classifier answers it as before, so it tells nobody anything, and honest programs do
repeat themselves.

Sources: near-duplicates after Li et al., Blacklight (USENIX Security 2022); close queries after Chen et al., Stateful Detection of
Black-Box Adversarial Attacks (2019), with L1 in place of L2 distances, and a short window beside the long one.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ringwall.inference.monitors.calibration import RECENT, Calibration
from ringwall.inference.monitors.encoding import CODE_BYTES, MARK_BYTES, Encoded, Encoder, distances, matches
from ringwall.inference.monitors.leak import LeakBudget, LeakSnapshot
from ringwall.inference.monitors.query import Confidences, Kind

PROBES: Final = 8
"""So many neighbours nearer than any two benign vectors are, all answered with confidences, are probing."""
LEAK_BUDGET: Final = 0.85
_DIGEST_BYTES: Final = 8

Raised = tuple[Kind, float]
"""A monitor that a query set off, and how strongly, in [0, 1]."""


class VectorSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of an account's vectors: never the numbers, though codes tell them roughly. It is stored sealed."""

    calibration: int
    codes: bytes
    marks: bytes
    digests: bytes
    told: bytes
    leak: LeakSnapshot


class VectorMonitor:
    """One account's recent vectors, oldest first, in memory that does not grow beyond the calibrated history."""

    __slots__ = ("_calibration", "_codes", "_digests", "_encoder", "_leak", "_marks", "_told")

    def __init__(self, calibration: Calibration, encoder: Encoder) -> None:
        self._calibration = calibration
        self._encoder = encoder
        self._codes: list[int] = []
        self._marks: list[int] = []
        self._digests: list[int] = []
        self._told = bytearray()
        self._leak = LeakBudget(calibration.private)

    @property
    def version(self) -> int:
        """The calibration's."""
        return self._calibration.version

    @property
    def held(self) -> int:
        """How many vectors are remembered."""
        return len(self._codes)

    def see(self, encoded: Encoded, answer: Confidences | None) -> list[Raised]:
        """Judge a vector beside those before it, then remember it."""
        if encoded.digest in self._digests:
            return []
        told = answer is not None and bool(answer.values)
        apart = distances(encoded.code, self._codes)
        raised = [*self._near_duplicates(encoded.mark), *self._close(apart), *self._probing(apart, told=told)]
        if answer is not None and self._calibration.private:
            spent = self._leak.learn(encoded.code, answer.label)
            if spent >= LEAK_BUDGET:
                raised.append(("leak-budget", spent))
        self._remember(encoded, told=told)
        return raised

    def _near_duplicates(self, mark: int) -> list[Raised]:
        needed = self._calibration.matches
        if not needed or not self._marks:
            return []
        most = max(matches(mark, self._marks))
        return [("near-duplicates", most / self._encoder.windows)] if most >= needed else []

    def _close(self, apart: list[int]) -> list[Raised]:
        nearest, lately = sorted(apart), sorted(apart[-RECENT:])
        judged = [(scale, nearest) for scale in self._calibration.scales] + [(self._calibration.lately, lately)]
        closeness = [
            1.0 - sum(near[: scale.neighbours]) / scale.total for scale, near in judged if scale.total and len(near) >= scale.neighbours
        ]
        strongest = max(closeness, default=0.0)
        return [("close-queries", strongest)] if strongest > 0.0 else []

    def _probing(self, apart: list[int], *, told: bool) -> list[Raised]:
        if not told:
            return []
        near = self._calibration.near
        probes = sum(one for distance, one in zip(apart, self._told, strict=True) if distance < near)
        return [("confidence-probing", min(1.0, probes / (4 * PROBES)))] if probes >= PROBES else []

    def _remember(self, encoded: Encoded, *, told: bool) -> None:
        if len(self._codes) >= self._calibration.history:
            for kept in (self._codes, self._marks, self._digests, self._told):
                del kept[0]
        self._codes.append(encoded.code)
        self._marks.append(encoded.mark)
        self._digests.append(encoded.digest)
        self._told.append(told)

    def snapshot(self) -> VectorSnapshot:
        """Return what is to be stored."""
        return VectorSnapshot(
            calibration=self._calibration.version,
            codes=_packed(self._codes, CODE_BYTES),
            marks=_packed(self._marks, MARK_BYTES),
            digests=_packed(self._digests, _DIGEST_BYTES),
            told=bytes(self._told),
            leak=self._leak.snapshot(),
        )

    @classmethod
    def restored(cls, calibration: Calibration, encoder: Encoder, snapshot: VectorSnapshot) -> VectorMonitor:
        """Go on where a snapshot was taken; from nothing where it was under another calibration."""
        monitor = cls(calibration, encoder)
        if snapshot.calibration == calibration.version:
            monitor._codes = _unpacked(snapshot.codes, CODE_BYTES)
            monitor._marks = _unpacked(snapshot.marks, MARK_BYTES)
            monitor._digests = _unpacked(snapshot.digests, _DIGEST_BYTES)
            monitor._told = bytearray(snapshot.told)
            monitor._leak = LeakBudget.restored(calibration.private, snapshot.leak)
        return monitor


def _packed(values: list[int], size: int) -> bytes:
    return b"".join(value.to_bytes(size, "little") for value in values)


def _unpacked(packed: bytes, size: int) -> list[int]:
    return [int.from_bytes(packed[start : start + size], "little") for start in range(0, len(packed), size)]
