"""How much of a classifier an account could have copied by now: a budget, not a suspicion.

A shadow of the model is kept: for each example of the model's private set, the three of the account's own queries that lie nearest,
with the classes the model answered. The share of private examples on which the three agree with the model estimates how faithful a copy
trained on these queries would be. Whoever asks about everything spends it, honest or not. So a spent budget says that answers should
become coarser or stop, never that somebody is stealing.
It is defined for classifiers only, and nothing is claimed for generated text.

Source: Kesarwani et al., Model Extraction Warning in MLaaS Paradigm (ACSAC 2018), with nearest neighbours in place of a decision tree.
Not PRADA (Juuti et al. 2019): it alarmed on two of three benign accounts when it was tried.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

from ringwall.inference.monitors.calibration import Private
from ringwall.inference.monitors.encoding import CODE_BYTES, LEVELS, distances

NEAREST: Final = 3
_FAR: Final = 8 * CODE_BYTES + LEVELS  # further than any two codes are apart
_NONE: Final = -1


class LeakSnapshot(msgspec.Struct, frozen=True):
    """What is stored of a shadow: distances and classes of each private example's nearest queries, one after the other."""

    distances: tuple[int, ...]
    labels: tuple[int, ...]


class LeakBudget:
    """One account's shadow of one model; its size is that of the private set, however many queries come."""

    __slots__ = ("_agreed", "_codes", "_nearest", "_truth", "_worst")

    def __init__(self, private: tuple[Private, ...]) -> None:
        self._codes = [int.from_bytes(one.code, "little") for one in private]
        self._truth = [one.label for one in private]
        self._nearest = [[(_FAR, _NONE)] * NEAREST for _ in private]
        self._worst = [_FAR] * len(private)
        self._agreed = [False] * len(private)

    @property
    def spent(self) -> float:
        """The share of the private set on which the shadow agrees with the model; 0 where there is no private set."""
        return sum(self._agreed) / len(self._agreed) if self._agreed else 0.0

    def learn(self, code: int, label: int) -> float:
        """Take one query and the class it was answered with; return what is spent."""
        for index, (distance, worst) in enumerate(zip(distances(code, self._codes), self._worst, strict=True)):
            if distance < worst:
                self._put(index, sorted([*self._nearest[index], (distance, label)])[:NEAREST])
        return self.spent

    def _put(self, index: int, nearest: list[tuple[int, int]]) -> None:
        self._nearest[index] = nearest
        self._worst[index] = nearest[-1][0]
        votes = Counter(label for _, label in nearest if label != _NONE).most_common()  # of equal counts the nearer comes first
        self._agreed[index] = bool(votes) and votes[0][0] == self._truth[index]

    def snapshot(self) -> LeakSnapshot:
        """Return what is to be stored."""
        flat = [one for nearest in self._nearest for one in nearest]
        return LeakSnapshot(tuple(distance for distance, _ in flat), tuple(label for _, label in flat))

    @classmethod
    def restored(cls, private: tuple[Private, ...], snapshot: LeakSnapshot) -> LeakBudget:
        """Go on where a snapshot was taken, of the same private set."""
        budget = cls(private)
        pairs = list(zip(snapshot.distances, snapshot.labels, strict=True))
        for index in range(len(private)):
            budget._put(index, pairs[index * NEAREST : (index + 1) * NEAREST])
        return budget
