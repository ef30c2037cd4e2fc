"""The monitors of all accounts and models, in fixed memory: values in, signals out; storage is beside it (`stored.py`)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from ringwall.errors import Bug
from ringwall.inference.monitors.calibration import SALT_BYTES, Calibration
from ringwall.inference.monitors.encoding import Encoded, Encoder
from ringwall.inference.monitors.flags import Flags, FlagsSnapshot
from ringwall.inference.monitors.query import KINDS, Confidences, Kind, Query, Signal
from ringwall.inference.monitors.traffic import Traffic
from ringwall.inference.monitors.vectors import VectorMonitor, VectorSnapshot

PAIRS_MAX: Final = 256
"""Pairs of account and model that are held; 0.5 MB each at most, where the traffic is vectors, and 6 kB where it is text."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one account's use of one model."""

    seen: int
    flags: dict[Kind, FlagsSnapshot]
    traffic: Traffic
    vectors: VectorSnapshot | None


class Pair(NamedTuple):
    """Who asks what."""

    account_id: str
    model_id: str


class _Calibrated(NamedTuple):
    calibration: Calibration
    encoder: Encoder


class _Use:
    """One account's use of one model."""

    __slots__ = ("_flags", "_stored_vectors", "_traffic", "_vectors", "seen")

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.seen = 0 if snapshot is None else snapshot.seen
        self._flags: dict[Kind, Flags] = {} if snapshot is None else {kind: Flags.restored(one) for kind, one in snapshot.flags.items()}
        self._traffic = Traffic() if snapshot is None else snapshot.traffic
        self._stored_vectors = None if snapshot is None else snapshot.vectors
        self._vectors: VectorMonitor | None = None

    def see(self, query: Query, encoded: Encoded | None, model: _Calibrated | None, answer: Confidences | None) -> list[tuple[Kind, float]]:
        """Judge and remember a vector; nothing where there is none, or the model is not calibrated."""
        if query.vector is None or encoded is None or model is None:
            return []
        return self._vector_monitor(model).see(encoded, answer)

    def _vector_monitor(self, model: _Calibrated) -> VectorMonitor:
        """Return the monitor under the model's calibration: the stored one, the running one, or one from nothing."""
        stored, self._stored_vectors = self._stored_vectors, None
        if stored is not None:
            self._vectors = VectorMonitor.restored(*model, stored)
        if self._vectors is None or self._vectors.version != model.calibration.version:
            self._vectors = VectorMonitor(*model)
        return self._vectors

    def see_traffic(self, query: Query, now_s: float, salt: bytes) -> list[tuple[Kind, float]]:
        """Count a query."""
        self.seen += 1
        return self._traffic.see(query, now_s, salt)

    def flag(self, raised: Iterable[tuple[Kind, float]]) -> list[Signal]:
        """Flag the query that was just seen."""
        signals = []
        for kind, strength in raised:
            flags = self._flags.setdefault(kind, Flags())
            flags.mark(self.seen)
            signals.append(Signal(kind=kind, first_query=flags.first, count=flags.count(self.seen), strength=max(0.0, min(1.0, strength))))
        return signals

    def standing(self) -> list[Signal]:
        """Return what was flagged among the last 1,000 queries."""
        counts = [(kind, self._flags[kind].first, self._flags[kind].count(self.seen)) for kind in KINDS if kind in self._flags]
        return [Signal(kind=kind, first_query=first, count=count, strength=0.0) for kind, first, count in counts if count]

    def snapshot(self) -> Snapshot:
        """Return what is to be stored."""
        return Snapshot(
            seen=self.seen,
            flags={kind: flags.snapshot() for kind, flags in self._flags.items()},
            traffic=self._traffic,
            vectors=self._stored_vectors if self._vectors is None else self._vectors.snapshot(),
        )


class Monitors:
    """Watches how accounts use models. One thread at a time.

    Rules it keeps: what one account does changes nothing in another's signals, unless there are more pairs than room; then the one longest
    unused is forgotten (`StoredMonitors` stores it first). No vector and no text is kept as it came. Time and salts are arguments.
    """

    def __init__(self, *, salt: bytes, pairs_max: int = PAIRS_MAX) -> None:
        """Start with nothing seen; `salt`: 16 to 64 secret bytes, for the words of texts."""
        if not SALT_BYTES <= len(salt) <= hashlib.blake2b.MAX_KEY_SIZE:
            raise Bug("the monitors' salt is not 16 to 64 bytes")
        self._salt = salt
        self._pairs_max = pairs_max
        self._models: OrderedDict[Pair, _Calibrated] = OrderedDict()
        self._uses: OrderedDict[Pair, _Use] = OrderedDict()

    def calibrate(self, account_id: str, calibration: Calibration) -> None:
        """Watch an account's vectors to a model from now on, by this calibration; what it did under another version is forgotten.

        Of calibrations as many are held as of pairs; the one longest unused is forgotten first.
        """
        pair = Pair(account_id, calibration.model_id)
        held = self._models.get(pair)
        if held is None or held.calibration != calibration:
            self._models[pair] = _Calibrated(calibration, Encoder(calibration.shape))
        self._models.move_to_end(pair)
        while len(self._models) > self._pairs_max:
            self._models.popitem(last=False)

    def calibration(self, account_id: str, model_id: str) -> Calibration | None:
        """Return what an account's vectors to a model are watched by; None where they are not, and only bursts and refusals are."""
        held = self._models.get(Pair(account_id, model_id))
        return None if held is None else held.calibration

    def see(self, account_id: str, model_id: str, query: Query, answer: Confidences | None, now: datetime) -> list[Signal]:
        """Take one call into account.

        Args:
            account_id: whose call it is.
            model_id: which model it asked; its vectors are watched if the account calibrated it.
            query: what was asked.
            answer: what a classifier answered, before it was rounded or withheld; None where nothing was answered, or text.
            now: the moment; a clock that goes backwards does no harm.

        Returns:
            a signal for each monitor that this query set off.

        Raises:
            UnreadableVector: the vector cannot be judged; nothing was counted. The call must be refused.

        Cost: 0.5 ms for a vector of 64 numbers at a full history and private set, 2 ms of 3,072; 0.04 ms for a text of 40 words
            (benchmarks/monitors.py).
        """
        pair = Pair(account_id, model_id)
        model = self._models.get(pair)
        if model is not None:
            self._models.move_to_end(pair)
        encoded = None if model is None or query.vector is None else model.encoder.encode(query.vector)
        use = self._use(pair)
        raised = use.see_traffic(query, now.timestamp(), self._salt)
        return use.flag([*use.see(query, encoded, model, answer), *raised])

    def standing(self, account_id: str, model_id: str) -> list[Signal]:
        """Return what the account's last 1,000 queries to the model set off, with strength 0: for a decision before the next call."""
        use = self._uses.get(Pair(account_id, model_id))
        return [] if use is None else use.standing()

    def holds(self, account_id: str, model_id: str) -> bool:
        """Say whether anything is known here of this pair."""
        return Pair(account_id, model_id) in self._uses

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs that are held, longest unused first."""
        return tuple(self._uses)

    def snapshot(self, account_id: str, model_id: str) -> Snapshot | None:
        """Return what is known of a pair; a later `see` may change what is returned, so encode it at once."""
        use = self._uses.get(Pair(account_id, model_id))
        return None if use is None else use.snapshot()

    def restore(self, account_id: str, model_id: str, snapshot: Snapshot) -> None:
        """Put what was stored of a pair in the place of what is known."""
        self.forget(account_id, model_id)
        self._put(Pair(account_id, model_id), _Use(snapshot))

    def forget(self, account_id: str, model_id: str) -> None:
        """Forget a pair."""
        self._uses.pop(Pair(account_id, model_id), None)

    def _use(self, pair: Pair) -> _Use:
        held = self._uses.get(pair)
        if held is None:
            return self._put(pair, _Use())
        self._uses.move_to_end(pair)
        return held

    def _put(self, pair: Pair, use: _Use) -> _Use:
        self._uses[pair] = use
        while len(self._uses) > self._pairs_max:
            self._uses.popitem(last=False)
        return use
