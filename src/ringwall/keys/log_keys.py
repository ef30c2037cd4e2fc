"""The keys that sign a log's checkpoints: generated here, sealed in the database, rotated without a gap.

Each log has an origin and a row of key versions; a version is an Ed25519 and an ML-DSA-44 key under the origin's name. Rotation adds a
version that is pending: while it is, checkpoints carry the old version's signatures and the new one's, so that whoever trusts the old key
sees the new one come. The sequencer settles it with the size from which on the new version signs; from there on the old one is not
believed any more.

A log that cannot be continued under its origin (an older state of it was restored, and others have seen more of it) is given another one,
with keys of its own. What it was before is kept: its checkpoints up to the size that was taken over still count, larger ones never again.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from typing import Final, NoReturn

import msgspec

from ringwall.crypto.checkpoint import Checkpoint, check_origin, parse_checkpoint
from ringwall.crypto.notes import (
    SEED_BYTES,
    Ed25519Signer,
    MlDsa44Signer,
    NoteKey,
    Signer,
    open_checkpoint,
    open_note,
    parse_vkey,
    split_note,
    vkey,
)
from ringwall.errors import Bug, Conflict, IntegrityError, InvalidRequest
from ringwall.keys.keys import Keys
from ringwall.keys.root import RandomBytes
from ringwall.storage import Document, Insert, Replace, Storage
from ringwall.vocabulary import Clock

PENDING: Final = -1
_OWNER: Final = "ringwall"
_KIND: Final = "log-key"
_VERSIONS: Final = 1000
_ATTEMPTS: Final = 5


class LogKeyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version, as it is stored.

    vkeys: of Ed25519, then ML-DSA-44. sealed: both secret seeds, base64.
    since: signs checkpoints of trees larger than this; -1: pending.
    """

    version: int
    created_at: str
    vkeys: tuple[str, str]
    sealed: str
    since: int


class FormerOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """An origin that the log had before.

    versions: of its keys. until: its checkpoints count for trees of up to this size.
    last: its last known checkpoint, base64: of a larger tree, where the log was rolled back.
    """

    origin: str
    versions: tuple[LogKeyVersion, ...]
    until: int
    last: str


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    origin: str
    versions: tuple[LogKeyVersion, ...]
    former: tuple[FormerOrigin, ...] = ()


class LogKeys:
    """One log's keys as they were when they were loaded."""

    def __init__(
        self, log: str, origin: str, versions: tuple[LogKeyVersion, ...], keys: Keys, former: tuple[FormerOrigin, ...] = ()
    ) -> None:
        self.log = log
        self.former = former
        self.origin = origin
        self.versions = versions
        self._settled = [version for version in versions if version.since != PENDING]
        self._keys = keys
        self._signers: list[Signer] = []
        try:
            self._public = {version.version: [parse_vkey(text) for text in version.vkeys] for version in versions}
        except InvalidRequest:
            self._public = {}
        if not self._settled or {key.name for pair in self._public.values() for key in pair} != {origin}:
            raise IntegrityError(f"the stored keys of the log `{log}` are not its own", remedy="restore a backup")
        self._former = {old.origin: (old.until, LogKeys(log, old.origin, old.versions, keys)) for old in former}

    def __repr__(self) -> str:
        return f"LogKeys({self.origin}, {len(self.versions)} versions)"

    @property
    def pending(self) -> LogKeyVersion | None:
        """The version that a rotation added and no checkpoint has settled."""
        return self.versions[-1] if self.versions[-1].since == PENDING else None

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier keys that check new checkpoints, newest version first."""
        return tuple(text for version in reversed(self._signing()) for text in version.vkeys)

    def verifiers(self, size: int) -> list[NoteKey]:
        """Return the two keys that a checkpoint of this size must be signed with.

        Raises:
            IntegrityError: the log had another origin when it was of this size.
        """
        signed = [version for version in self._settled if version.since < max(size, 1)]
        if not signed:
            raise IntegrityError(f"`{self.origin}` has no key that signs a tree of {size} entries")
        return self._public[max(signed, key=lambda version: version.since).version]

    def signers(self) -> list[Signer]:
        """Return what signs the next checkpoint; the secrets are opened once.

        Raises:
            IntegrityError: a sealed key was altered, or its root key is missing.
            MlDsaMissing: the cryptographic library has no ML-DSA-44.
        """
        if not self._signers:
            for version in self._signing():
                seeds = self._keys.open(base64.b64decode(version.sealed), context=_context(self.log, version.version))
                pair: list[Signer] = [Ed25519Signer(self.origin, seeds[:SEED_BYTES]), MlDsa44Signer(self.origin, seeds[SEED_BYTES:])]
                if [vkey(signer.key) for signer in pair] != list(version.vkeys):
                    raise IntegrityError(
                        f"a sealed key of the log `{self.log}` is not the one that was published", remedy="restore a backup"
                    )
                self._signers += pair
        return self._signers

    def open(self, note: bytes) -> Checkpoint:
        """Return a checkpoint of this log that both keys of the right version signed, under its origin or one that it had at that size.

        Raises:
            IntegrityError: it is not.
        """
        until, former = self._former.get(_origin_of(note), (0, None))
        if former is not None:
            checkpoint = former.open(note)
            if checkpoint.size > until:
                raise IntegrityError(f"the checkpoint is of the former origin `{former.origin}`, which ended at {until} entries")
            return checkpoint
        everyone = [key for pair in self._public.values() for key in pair]
        checkpoint = open_checkpoint(note, self.origin, everyone)
        wanted = self.verifiers(checkpoint.size)
        signed = {signature.key.key_id for signature in open_note(note, wanted).signatures}
        if signed != {key.key_id for key in wanted}:
            raise IntegrityError("the checkpoint does not carry both signatures of its log")
        return checkpoint

    def is_left_behind(self, note: bytes) -> bool:
        """Say whether a note claims to be of a former origin and of a tree that was not taken over."""
        until, former = self._former.get(_origin_of(note), (0, None))
        return former is not None and parse_checkpoint(split_note(note)[0]).size > until

    def _signing(self) -> list[LogKeyVersion]:
        return [self._settled[-1], *([self.pending] if self.pending else [])]


class LogKeyStore:
    """The keys of all logs, in the database."""

    def __init__(
        self, storage: Storage, keys: Keys, clock: Clock, *, base: str = "", random_bytes: RandomBytes = secrets.token_bytes
    ) -> None:
        """Take what keys are made of.

        Args:
            storage: holds the keys, sealed.
            keys: seals them.
            clock: for their dates.
            base: what origins begin with; empty: `ringwall.internal/` and 16 random digits. Only the first start asks for it.
            random_bytes: makes seeds.
        """
        self._storage = storage
        self._keys = keys
        self._clock = clock
        self._base = base
        self._random_bytes = random_bytes

    async def load(self, log: str) -> LogKeys:
        """Return a log's keys, making them the first time.

        Raises:
            IntegrityError: the stored keys cannot be read.
        """
        found = await self._read(log)
        for _ in range(_ATTEMPTS):
            if found is not None:
                return LogKeys(log, found[1].origin, found[1].versions, self._keys, found[1].former)
            origin = await self._new_origin(log)
            body = _Stored(origin=origin, versions=(self._make(log, origin, 1, 0),))
            with suppress(Conflict):  # another process starts at the same moment: take its keys
                await self._storage.apply(Insert(Document(account_id=_OWNER, kind=_KIND, id=log, body=msgspec.json.encode(body))))
            found = await self._read(log)
        raise Bug("a log's keys could not be stored", log=log)

    async def rotate(self, log: str) -> LogKeys:
        """Add a pending version; the next checkpoints carry both, and the sequencer settles it.

        Raises:
            Conflict: a rotation is under way already.
        """
        keys = await self.load(log)
        if keys.pending is not None:
            raise Conflict("the log's key is being rotated already", remedy="wait for the next checkpoint", log=log)
        if len(keys.versions) >= _VERSIONS:
            raise InvalidRequest(f"a log has at most {_VERSIONS} versions of its key")
        added = self._make(log, keys.origin, keys.versions[-1].version + 1, PENDING)

        def with_it(stored: _Stored) -> _Stored:
            return msgspec.structs.replace(stored, versions=(*stored.versions, added)) if stored.versions == keys.versions else _changed()

        return await self._change(log, with_it)

    async def settle(self, log: str, version: int, since: int) -> LogKeys:
        """Let a pending version sign alone, after a checkpoint of a tree larger than `since` carried both.

        Raises:
            Conflict: it is not pending any more.
        """

        def settled(stored: _Stored) -> _Stored:
            *older, last = stored.versions
            if last.version != version or last.since != PENDING:
                _changed()
            return msgspec.structs.replace(stored, versions=(*older, msgspec.structs.replace(last, since=since)))

        return await self._change(log, settled)

    async def next_origin(self, log: str) -> str:
        """Return an origin that the log never had, not even in a state that was lost: its first one, and the time."""
        keys = await self.load(log)
        first = keys.former[0].origin if keys.former else keys.origin
        origin = f"{first}-{self._clock().astimezone(UTC):%Y%m%dT%H%M%SZ}"
        check_origin(origin)
        if origin == keys.origin or any(origin == old.origin for old in keys.former):
            raise Conflict("the log was given a new origin this very second", remedy="look at it before you do it again", log=log)
        return origin

    async def begin_origin(self, log: str, origin: str, *, until: int, last: bytes) -> LogKeys:
        """Give a log another origin, and keys of it that sign trees larger than `until`; those of the former one sign nothing any more.

        Args:
            log: whose keys change.
            origin: from `next_origin`.
            until: the size that was taken over from the former origin.
            last: the former origin's last known checkpoint.

        Raises:
            Conflict: the keys were changed meanwhile.
        """
        keys = await self.load(log)
        made = self._make(log, origin, keys.versions[-1].version + 1, until)
        old = FormerOrigin(origin=keys.origin, versions=keys.versions, until=until, last=base64.b64encode(last).decode())

        def begun(stored: _Stored) -> _Stored:
            if (stored.origin, stored.versions) != (keys.origin, keys.versions):
                _changed()
            settled = tuple(version for version in old.versions if version.since != PENDING)  # a rotation that is under way ends here
            return _Stored(origin=origin, versions=(made,), former=(*stored.former, msgspec.structs.replace(old, versions=settled)))

        return await self._change(log, begun)

    async def _change(self, log: str, change: Callable[[_Stored], _Stored]) -> LogKeys:
        found = await self._read(log)
        if found is None:
            raise Bug("a log without keys is asked to change them", log=log)
        document, stored = found
        body = change(stored)
        await self._storage.apply(Replace(msgspec.structs.replace(document, body=msgspec.json.encode(body))))
        return LogKeys(log, body.origin, body.versions, self._keys, body.former)

    async def _read(self, log: str) -> tuple[Document, _Stored] | None:
        document = await self._storage.get(_OWNER, _KIND, log)
        if document is None:
            return None
        try:
            return document, msgspec.json.decode(document.body, type=_Stored)
        except msgspec.DecodeError:
            raise IntegrityError(f"the stored keys of the log `{log}` cannot be read", remedy="restore a backup") from None

    async def _new_origin(self, log: str) -> str:
        """Return an origin that begins as those of the other logs here do."""
        base = self._base
        if not base:
            others = await self._storage.list(_OWNER, _KIND, limit=1)
            base = (
                msgspec.json.decode(others[0].body, type=_Stored).origin.rpartition("/")[0]
                if others
                else f"ringwall.internal/{self._random_bytes(8).hex()}"
            )
        origin = f"{base.rstrip('/')}/{log}"
        check_origin(origin)
        return origin

    def _make(self, log: str, origin: str, version: int, since: int) -> LogKeyVersion:
        seeds = self._random_bytes(2 * SEED_BYTES)
        signers = (Ed25519Signer(origin, seeds[:SEED_BYTES]), MlDsa44Signer(origin, seeds[SEED_BYTES:]))
        return LogKeyVersion(
            version=version,
            created_at=self._clock().isoformat(timespec="seconds"),
            vkeys=(vkey(signers[0].key), vkey(signers[1].key)),
            sealed=base64.b64encode(self._keys.seal(seeds, context=_context(log, version))).decode(),
            since=since,
        )


def _context(log: str, version: int) -> str:
    return f"log-key/{log}/{version}"


def _origin_of(note: bytes) -> str:
    """Return what a note has where a checkpoint has its origin; nothing was verified."""
    return note.partition(b"\n")[0].decode(errors="replace")


def _changed() -> NoReturn:
    raise Conflict("the log's keys were changed meanwhile", remedy="look at them and try again")
