"""The offline store: every record ever put, in Parquet files below the data directory.

Rules it upholds: a row leaves the database only in the transaction that names the file it is in, so that it is in one of the two places and
never in both; a file is durable before the manifest names it; readers' folders hold only files that the manifest names; what could not be
written (a full disk) waits in the database, and the group says that its store is blocked; the files of every batch are named, by SHA-256,
in a signed statement of the ledger, so that not even whoever owns the database can exchange one unseen.

It leaves to others: when to write (`FeatureStore.maintain`), and what a row is (`offline_rows`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from ringwall.data.chores import CHORE, HOLDER, Chore, read_chore
from ringwall.data.feature_group import GROUP, FeatureGroup, GroupHead, group_arn, read_group
from ringwall.data.feature_groups import METADATA
from ringwall.data.listing import every, read_body
from ringwall.data.offline_rows import ROW, read_row
from ringwall.data.parquet import WrittenFile, digest_of, move_into_place, write_files
from ringwall.errors import Conflict, IntegrityError, RingwallError
from ringwall.ledger.attestations import Attestor
from ringwall.storage import Change, Delete, Document, Insert, Replace, Storage
from ringwall.vocabulary import Clock

log = logging.getLogger("ringwall.data")

STATE: Final = "feature-offline-state"
MANIFEST: Final = "feature-offline-files"
OFFLINE_FILES: Final = "urn:ringwall:predicate:offline-store-files:v1"
"""Predicate of the statement about one batch: its subjects are the files, its `rows` are theirs together."""

FILE_ROWS: Final = 900  # rows written at once; storage takes 1,000 changes in one transaction
_FILE_BYTES: Final = 32 * 1024 * 1024
_PAGE: Final = 50
_PURGE: Final = 500
_KEPT_AFTER_DELETION: Final = timedelta(minutes=10)
"""A request that read the group before it was deleted may still write a record for as long as it lives; after this it cannot."""
_ABANDONED: Final = timedelta(hours=1)
"""After this a staged file that no manifest names belongs to a process that is gone."""


class State(msgspec.Struct, frozen=True):
    """How much a group's offline store holds; also what makes two processes that write it at once take turns.

    attested: how many of the batches, from the first on, are in the ledger.
    """

    batches: int = 0
    attested: int = 0
    files: int = 0
    rows: int = 0
    size: int = 0


class Manifest(msgspec.Struct, frozen=True):
    """The files of one batch. statement: its index in the ledger's log of statements; -1: not there yet."""

    files: tuple[WrittenFile, ...]
    written_at: datetime
    statement: int = -1


_STATE = msgspec.json.Decoder(State)
_MANIFEST = msgspec.json.Decoder(Manifest)


class OfflineStore:
    """The files of all accounts' feature groups."""

    def __init__(self, storage: Storage, *, clock: Clock, region: str, folder: Path, attestor: Attestor | None) -> None:
        """Stand on storage and a folder.

        Args:
            storage: where rows wait and manifests are.
            clock: for the times of writing.
            region: part of the files' path, as on AWS.
            folder: where the files go; made when the first one is written.
            attestor: puts signed statements about files into the ledger; None: nothing is stated until a start with one.
        """
        self._attestor = attestor
        self._storage = storage
        self._clock = clock
        self._region = region
        self._folder = folder
        self._blocked: dict[str, str] = {}
        self._turn = asyncio.Lock()

    def blocked(self, group: GroupHead) -> str:
        """Say why the last rows of a group could not be written; empty: they could."""
        return self._blocked.get(group.generation, "")

    def data_folder(self, account_id: str, group: FeatureGroup) -> Path:
        """Return the folder that holds a group's partitions."""
        return self._folder / account_id / "sagemaker" / self._region / "offline-store" / group.folder / "data"

    async def files(self, account_id: str, group: FeatureGroup) -> list[WrittenFile]:
        """Return every file of a group, oldest batch first."""
        found: list[WrittenFile] = []
        async for document in every(self._storage, account_id, MANIFEST, prefix=f"{group.generation}:"):
            found.extend(read_body(_MANIFEST, document).files)
        return found

    async def statements(self, account_id: str, group: FeatureGroup) -> list[int]:
        """Return the indexes, in the log of statements, of what is stated about a group's files, oldest batch first."""
        documents = every(self._storage, account_id, MANIFEST, prefix=f"{group.generation}:")
        return [
            manifest.statement async for manifest in (read_body(_MANIFEST, each) async for each in documents) if manifest.statement >= 0
        ]

    async def verify(self, account_id: str, group: FeatureGroup) -> list[WrittenFile]:
        """Return every file of a group, each read whole and found to be what was written.

        Raises:
            IntegrityError: a file is missing or changed; it is named.
        """
        files = await self.files(account_id, group)
        data = self.data_folder(account_id, group)
        for file in files:
            if await asyncio.to_thread(digest_of, data / file.path) != file.digest:
                raise IntegrityError(f"the offline store's file `{file.path}` is missing or changed", remedy="restore it from a backup")
        return files

    # -- chores ---------------------------------------------------------------------------------------------------------------------

    async def maintain(self, *, batches: int) -> None:
        """Write out what waits, at most so many batches a group, and empty deleted groups."""
        async with self._turn:
            async for document in every(self._storage, HOLDER, CHORE):
                try:
                    await self._look_after(read_chore(document), document, batches)
                except RingwallError as error:  # one group that cannot be looked after does not keep the others from it
                    log.warning("data.offline.chore.failed %s %s", document.id.partition(":")[2], error.code)

    async def _look_after(self, chore: Chore, document: Document, batches: int) -> None:
        group = chore.group if chore.deleted_at else await self._standing(chore)
        if group.offline is not None:
            await self._write_out(chore.account_id, group, batches)
        if chore.deleted_at is None or self.blocked(group):
            return
        await self._empty(chore.account_id, group)
        if self._clock() - chore.deleted_at > _KEPT_AFTER_DELETION and not await self._waiting(chore.account_id, group, 1):
            # Rows that come late are numbered on from the state, so that it goes last.
            await self._storage.apply(
                Delete(document.account_id, document.kind, document.id, document.revision),
                Delete(chore.account_id, STATE, group.generation),
            )

    async def _standing(self, chore: Chore) -> FeatureGroup:
        """Return the group as it is now: features may have been added."""
        document = await self._storage.get(chore.account_id, GROUP, chore.group.name)
        group = chore.group if document is None else read_group(document)
        return group if group.generation == chore.group.generation else chore.group

    async def _empty(self, account_id: str, group: FeatureGroup) -> None:
        """Remove a deleted group's records and what was noted; the manifest of its files stays."""
        for kind in ("feature-record", METADATA):
            while documents := await self._storage.list(account_id, kind, prefix=group.generation, limit=_PURGE):
                await self._storage.apply(*(Delete(account_id, kind, document.id) for document in documents))

    async def _write_out(self, account_id: str, group: FeatureGroup, batches: int) -> None:
        try:
            await self._recover(account_id, group)
            for _ in range(batches):
                if not await self._write_batch(account_id, group):
                    break
            await self._attest(account_id, group)
        except Exception as error:  # noqa: BLE001 - a worker's loop: what keeps one group from being written must not keep the others
            log.warning("data.offline.blocked %s %s", group.generation, type(error).__name__)
            self._blocked[group.generation] = _reason(error)
            return
        self._blocked.pop(group.generation, None)

    async def _write_batch(self, account_id: str, group: FeatureGroup) -> bool:
        """Write one batch of rows; say whether there may be more."""
        # The state first: what another process writes after this changes it, and that is a conflict here. Rows that are gone are none.
        stored = await self._storage.get(account_id, STATE, group.generation)
        waiting = await self._waiting(account_id, group, FILE_ROWS)
        if not waiting:
            return False
        state = State() if stored is None else read_body(_STATE, stored)
        staging = self._staging(account_id, group)
        files = await asyncio.to_thread(write_files, group, [read_row(row) for row in waiting], self._clock(), staging)
        now = self._clock()
        state = msgspec.structs.replace(
            state,
            batches=state.batches + 1,
            files=state.files + len(files),
            rows=state.rows + len(waiting),
            size=state.size + sum(file.size for file in files),
        )
        counted = Document(
            account_id=account_id,
            kind=STATE,
            id=group.generation,
            body=msgspec.json.encode(state),
            revision=stored.revision if stored else 0,
        )
        manifest = Document(
            account_id=account_id,
            kind=MANIFEST,
            id=f"{group.generation}:{state.batches:012d}",
            body=msgspec.json.encode(Manifest(tuple(files), now)),
        )
        changes: list[Change] = [Replace(counted) if stored else Insert(counted), Insert(manifest)]
        changes += [Delete(account_id, ROW, row.id, row.revision) for row in waiting]
        try:
            await self._storage.apply(*changes)
        except Conflict:  # another process wrote these rows: what was staged here is nobody's
            await asyncio.to_thread(_remove, staging, files)
            return False
        await asyncio.to_thread(move_into_place, staging, self.data_folder(account_id, group), files)
        return True

    async def _attest(self, account_id: str, group: FeatureGroup) -> None:
        """State in the ledger what the files of each new batch are. One that dies in between states it twice: the same, so no harm."""
        stored = await self._storage.get(account_id, STATE, group.generation)
        if stored is None or self._attestor is None:
            return
        state = read_body(_STATE, stored)
        for batch in range(state.attested + 1, state.batches + 1):
            document = await self._storage.get(account_id, MANIFEST, f"{group.generation}:{batch:012d}")
            if document is None:
                raise IntegrityError("the manifest of an offline store has a gap", remedy="restore a backup")
            manifest = read_body(_MANIFEST, document)
            arn = group_arn(self._region, account_id, group.name)
            attested = await self._attestor.attest(
                account_id,
                OFFLINE_FILES,
                {file.path: file.digest for file in manifest.files},
                {"featureGroup": arn, "generation": group.generation, "batch": batch, "rows": sum(file.rows for file in manifest.files)},
                by=arn,
                at=manifest.written_at,
            )
            named = msgspec.structs.replace(manifest, statement=attested.index)
            counted = msgspec.structs.replace(state, attested=batch)
            try:
                await self._storage.apply(
                    Replace(msgspec.structs.replace(document, body=msgspec.json.encode(named))),
                    Replace(msgspec.structs.replace(stored, body=msgspec.json.encode(counted))),
                )
            except Conflict:  # another process writes or states at this moment: the next round goes on from there
                return
            state, stored = counted, msgspec.structs.replace(stored, revision=stored.revision + 1)

    async def _waiting(self, account_id: str, group: FeatureGroup, most: int) -> list[Document]:
        """Return the oldest rows that wait, as many as make a batch."""
        rows: list[Document] = []
        size = 0
        while len(rows) < most and size < _FILE_BYTES:
            some = await self._storage.list(
                account_id,
                ROW,
                prefix=f"{group.generation}:",
                after=rows[-1].id if rows else "",
                limit=min(_PAGE, most - len(rows)),
            )
            rows.extend(some)
            size += sum(len(row.body) for row in some)
            if len(some) < min(_PAGE, most):
                break
        return rows

    def _staging(self, account_id: str, group: FeatureGroup) -> Path:
        return self.data_folder(account_id, group).parent / "staging"

    async def _recover(self, account_id: str, group: FeatureGroup) -> None:
        """Finish what an interrupted batch left: move files that a manifest names, remove old ones that none does."""
        staging = self._staging(account_id, group)
        staged = await asyncio.to_thread(_staged, staging)
        if not staged:
            return
        named = [file for file in await self.files(account_id, group) if Path(file.path).name in staged]
        await asyncio.to_thread(move_into_place, staging, self.data_folder(account_id, group), named)
        oldest = (self._clock() - _ABANDONED).timestamp()
        abandoned = [name for name, modified in staged.items() if modified < oldest and all(not f.path.endswith(name) for f in named)]
        await asyncio.to_thread(_remove_names, staging, abandoned)


def _reason(error: Exception) -> str:
    """Say why rows could not be written, without a path or a value."""
    if isinstance(error, RingwallError):
        return error.message
    return (isinstance(error, OSError) and error.strerror) or "the rows could not be written; see the server's log"


def _staged(staging: Path) -> dict[str, float]:
    """Return the names in a staging folder, with the time each was written."""
    if not staging.is_dir():
        return {}
    return {path.name: path.stat().st_mtime for path in staging.iterdir()}


def _remove(staging: Path, files: Sequence[WrittenFile]) -> None:
    _remove_names(staging, [Path(file.path).name for file in files])


def _remove_names(staging: Path, names: Sequence[str]) -> None:
    for name in names:
        (staging / name).unlink(missing_ok=True)
