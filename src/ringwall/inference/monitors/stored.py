"""Monitors that outlast the process: what they know lies sealed in documents, written at intervals.

One document per account, model and place; a place is one worker process. Workers do not share what they know: each sees its part of an
account's queries. A crash loses what was seen since the last writing, half a minute at most as a rule.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

import msgspec

from ringwall.crypto import sha256
from ringwall.errors import Conflict, IntegrityError
from ringwall.inference.monitors.calibration import SALT_BYTES, Calibration
from ringwall.inference.monitors.errors import CalibrationChanged
from ringwall.inference.monitors.flags import Flags
from ringwall.inference.monitors.monitors import PAIRS_MAX, Monitors, Pair, Snapshot
from ringwall.inference.monitors.ports import Sealer
from ringwall.inference.monitors.query import Confidences, Kind, Query, Signal
from ringwall.inference.stored import put_in_place
from ringwall.storage import Delete, Document, Insert, Storage

SAVE_INTERVAL: Final = timedelta(seconds=30)
_KEPT: Final = timedelta(days=90)
_OWNER: Final = "ringwall"  # the salt is no tenant's
_STATE, _CALIBRATION, _SALT = "monitor-state", "monitor-calibration", "monitor-salt"
_ATTEMPTS: Final = 5
_LOOKED_MAX: Final = 1_024
_REMEDY: Final = "restore a backup, or forget what the monitors know of the account and the model"

_Value = TypeVar("_Value")


class _Body(msgspec.Struct, frozen=True):
    sealed: bytes


class _Looked(NamedTuple):
    generation: int
    revision: int


class _Saved(NamedTuple):
    seen: int
    at: datetime


class Seen(NamedTuple):
    """What is known of an account's use of a model. first: of each kind's flags, as the worker that saw it counts its own queries."""

    queries: int
    counts: dict[Kind, int]
    first: dict[Kind, int]


_BODY = msgspec.json.Decoder(_Body)
_SNAPSHOT = msgspec.msgpack.Decoder(Snapshot)
_CALIBRATION_BODY = msgspec.msgpack.Decoder(Calibration)


async def kept_salt(storage: Storage, sealer: Sealer) -> bytes:
    """Return the installation's salt for words, made when it is first asked for.

    Raises:
        IntegrityError: it is stored, and cannot be opened.
    """
    for _ in range(_ATTEMPTS):
        held = await storage.get(_OWNER, _SALT, _SALT)
        if held is not None:
            return _opened_bytes(sealer, held)
        sealed = sealer.seal(secrets.token_bytes(SALT_BYTES), context=f"{_SALT}/{_OWNER}/{_SALT}")
        with suppress(Conflict):  # another process made it meanwhile
            await storage.apply(Insert(Document(account_id=_OWNER, kind=_SALT, id=_SALT, body=msgspec.json.encode(_Body(sealed)))))
    raise Conflict("the salt of the monitors could not be stored")


def _opened_bytes(sealer: Sealer, document: Document) -> bytes:
    try:
        sealed = _BODY.decode(document.body).sealed
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"the stored {document.kind} cannot be read", remedy=_REMEDY) from error
    return sealer.open(sealed, context=f"{document.kind}/{document.account_id}/{document.id}")


class StoredMonitors:
    """Monitors over storage. `see` reads what is stored of a pair before its first query; `save` is to be called every few seconds."""

    def __init__(self, storage: Storage, sealer: Sealer, *, salt: bytes, place: str = "0", pairs_max: int = PAIRS_MAX) -> None:
        """Open the monitors of one worker.

        Args:
            storage: holds the documents.
            sealer: encrypts them.
            salt: 16 to 64 secret bytes, the same at every start: words of texts are hashed with it.
            place: names the worker; two workers at once never have the same.
            pairs_max: how many pairs of account and model are held in memory; others are read again when they come back.
        """
        self.monitors = Monitors(salt=salt, pairs_max=pairs_max)
        self._storage = storage
        self._sealer = sealer
        self._place = place
        self._pairs_max = pairs_max
        self._saved: dict[Pair, _Saved] = {}
        self._looked: dict[Pair, _Looked] = {}

    async def see(self, account_id: str, model_id: str, query: Query, answer: Confidences | None, now: datetime) -> list[Signal]:
        """As `Monitors.see`, after what is stored of the pair was read.

        Raises:
            UnreadableVector: as `Monitors.see`.
            IntegrityError: what is stored cannot be read; the call must be refused. `forget` mends it.
        """
        pair = Pair(account_id, model_id)
        await self._read_calibration(pair)
        await self._read(pair, now)
        return self.monitors.see(account_id, model_id, query, answer, now)

    async def save(self, now: datetime, *, everything: bool = False) -> int:
        """Write the pairs that changed and were not written for half a minute (or all that changed), and return how many.

        Call it with `everything` before the process ends.
        """
        written = 0
        for pair in self.monitors.pairs:
            saved = self._saved.get(pair)
            if everything or saved is None or abs(now - saved.at) >= SAVE_INTERVAL:
                written += await self._write(pair, now)
        return written

    async def forget(self, account_id: str, model_id: str) -> None:
        """Forget an account's use of a model, here and in storage (what other workers hold in memory stays theirs)."""
        self.monitors.forget(account_id, model_id)
        self._saved.pop(Pair(account_id, model_id), None)
        stored = await self._storage.list(account_id, _STATE, prefix=_model_part(model_id))
        if stored:
            await self._storage.apply(*(Delete(account_id, _STATE, document.id) for document in stored))

    async def set_calibration(self, account_id: str, calibration: Calibration) -> None:
        """Store an account's calibration of a model; its version is one more than the stored one's, or 1.

        Raises:
            CalibrationChanged: it is not.
        """
        hashed = _hashed(calibration.model_id)
        held = await self._storage.get(account_id, _CALIBRATION, hashed)
        known = 0 if held is None else self._opened(held, _CALIBRATION_BODY).version
        if calibration.version != known + 1:
            raise CalibrationChanged(f"the calibration has version {calibration.version}, and the stored one has {known}")
        document = self._sealed(account_id, _CALIBRATION, hashed, msgspec.msgpack.encode(calibration))
        try:
            await self._storage.apply(put_in_place(document, held))
        except Conflict as error:
            raise CalibrationChanged("another calibration of the model was stored meanwhile") from error

    async def calibration(self, account_id: str, model_id: str) -> Calibration | None:
        """Return an account's calibration of a model, as last stored."""
        await self._read_calibration(Pair(account_id, model_id))
        return self.monitors.calibration(account_id, model_id)

    async def standing(self, account_id: str, model_id: str, now: datetime) -> list[Signal]:
        """As `Monitors.standing`, after what is stored of the pair was read."""
        await self._read(Pair(account_id, model_id), now)
        return self.monitors.standing(account_id, model_id)

    async def seen_everywhere(self, account_id: str, model_id: str, now: datetime) -> Seen:
        """Return what all workers saw of an account's use of a model: this one as it stands, others as they last wrote it."""
        pair = Pair(account_id, model_id)
        await self._read(pair, now)
        own = self.monitors.snapshot(*pair)
        found = [] if own is None else [own]
        stored = await self._storage.list(account_id, _STATE, prefix=_model_part(model_id))
        found += [self._opened(document, _SNAPSHOT) for document in stored if document.id != self._id(model_id)]
        return _together(found)

    async def _read_calibration(self, pair: Pair) -> None:
        generation = await self._storage.generation()  # before the read: a change in between makes the next call look again
        known = self._looked.get(pair)
        is_held = self.monitors.calibration(*pair) is not None
        if known is not None and known.generation == generation and is_held == bool(known.revision):
            return
        held = await self._storage.get(pair.account_id, _CALIBRATION, _hashed(pair.model_id))
        if held is not None and (known is None or not is_held or held.revision != known.revision):
            self.monitors.calibrate(pair.account_id, self._opened(held, _CALIBRATION_BODY))
        if len(self._looked) >= _LOOKED_MAX:
            self._looked.clear()
        self._looked[pair] = _Looked(generation, 0 if held is None else held.revision)

    async def _read(self, pair: Pair, now: datetime) -> None:
        if self.monitors.holds(*pair):
            return
        held = await self._storage.get(pair.account_id, _STATE, self._id(pair.model_id))
        snapshot = None if held is None else self._opened(held, _SNAPSHOT)
        await self._make_room(now)
        if snapshot is not None and not self.monitors.holds(*pair):  # another call may have read it while this one waited
            self.monitors.restore(*pair, snapshot)
            self._saved[pair] = _Saved(snapshot.seen, now)

    async def _make_room(self, now: datetime) -> None:
        """Write and forget the pair that was not used for longest, if there is no room for one more."""
        while len(self.monitors.pairs) >= self._pairs_max:
            quietest = self.monitors.pairs[0]
            await self._write(quietest, now)
            if self._is_written(quietest):  # and not used again while it was written
                self.monitors.forget(*quietest)
                self._saved.pop(quietest, None)

    def _is_written(self, pair: Pair) -> bool:
        snapshot, saved = self.monitors.snapshot(*pair), self._saved.get(pair)
        return snapshot is None or (saved is not None and saved.seen == snapshot.seen)

    async def _write(self, pair: Pair, now: datetime) -> bool:
        snapshot = self.monitors.snapshot(*pair)
        if snapshot is None or self._is_written(pair):
            return False
        document = self._sealed(pair.account_id, _STATE, self._id(pair.model_id), msgspec.msgpack.encode(snapshot))
        await self._put(msgspec.structs.replace(document, expires_at=int((now + _KEPT).timestamp())))
        self._saved[pair] = _Saved(snapshot.seen, now)
        return True

    async def _put(self, document: Document) -> None:
        """Store a document in the place of whatever is there."""
        for attempt in range(_ATTEMPTS):
            held = await self._storage.get(document.account_id, document.kind, document.id)
            try:
                await self._storage.apply(put_in_place(document, held), quiet=True)
            except Conflict:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            return

    def _id(self, model_id: str) -> str:
        return _model_part(model_id) + _hashed(self._place)[:16]

    def _sealed(self, account_id: str, kind: str, id: str, plaintext: bytes) -> Document:
        sealed = self._sealer.seal(plaintext, context=f"{kind}/{account_id}/{id}")
        return Document(account_id=account_id, kind=kind, id=id, body=msgspec.json.encode(_Body(sealed)))

    def _opened(self, document: Document, decoder: msgspec.msgpack.Decoder[_Value]) -> _Value:
        try:
            return decoder.decode(_opened_bytes(self._sealer, document))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise IntegrityError(f"the stored {document.kind} cannot be read", remedy=_REMEDY) from error


def _together(snapshots: list[Snapshot]) -> Seen:
    counts: dict[Kind, int] = {}
    first: dict[Kind, int] = {}
    for snapshot in snapshots:
        for kind, stored in snapshot.flags.items():
            flags = Flags.restored(stored)
            counts[kind] = counts.get(kind, 0) + flags.count(snapshot.seen)
            first[kind] = min(first.get(kind, flags.first), flags.first)
    return Seen(sum(snapshot.seen for snapshot in snapshots), counts, first)


def _model_part(model_id: str) -> str:
    return f"{_hashed(model_id)[:32]}-"


def _hashed(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hex()
