"""Data sets as a ringwall knows them: names, policies, and the versions that were committed to. The data themselves never come here.

Rules this file upholds: a version has one number and one commitment for ever; what a policy forbids is refused here too, whatever the
client did; a growth that is claimed is verified; and a version counts once the ledger has its statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from ringwall.data.commitment.commit import Commitment
from ringwall.data.commitment.growth import GrowthProof, verify_growth
from ringwall.data.commitment.schema import Schema
from ringwall.data.commitment.sources import Origin
from ringwall.data.inspection import FINDING_TYPES, Inspection, check_inspection, refuse_forbidden
from ringwall.data.listing import read_body
from ringwall.errors import Conflict, IntegrityError, InvalidRequest, NotFound
from ringwall.storage import Document, Insert, Replace, Storage
from ringwall.vocabulary import Clock

_KIND: Final = "dataset"
_VERSION: Final = "dataset-version"
_DIGEST: Final = "dataset-digest"
_ATTEMPTS: Final = 5
_GROWTH_PATHS: Final = 64
_PAGE_BYTES: Final = 4 * 1024 * 1024
_AT_ONCE: Final = 4
"""Versions read at once: few, since each may be as large as a request."""

Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}\Z", max_length=64)]
"""As SageMaker names feature groups."""


class NoSuchDataset(NotFound, code="no-such-dataset"):
    """There is no such data set."""

    remedy = "create it first: `FeatureGroup(name).create(...)`, or `ringwall dataset create NAME`"


class Dataset(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One data set. forbidden: types of personal data (and SECRET) that no version may hold. versions: how many there are."""

    name: str
    created_at: str
    forbidden: tuple[str, ...] = ()
    versions: int = 0


class Receipt(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the ledger has a version's statement."""

    log: str
    index: int


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What a client sends of a table it commits to.

    growth: the proof that this version extends the latest; without rows in it.
    """

    commitment: Commitment
    columns: Schema
    origin: Origin
    inspection: Inspection
    growth: GrowthProof | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One committed version.

    extends: the rows of the former version that were proved to stand unchanged at this one's start; None where no growth was claimed.
    receipt: None until the ledger has the statement.
    """

    name: str
    version: int
    digest: str
    committed_at: str
    commitment: Commitment
    columns: Schema
    origin: Origin
    inspection: Inspection
    inspection_digest: str
    predecessor: str = ""
    extends: int | None = None
    receipt: Receipt | None = None


_DATASET = msgspec.json.Decoder(Dataset)
_DECODER = msgspec.json.Decoder(Version)


class Datasets:
    """The data sets of all accounts."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def put(self, account_id: str, name: str, forbidden: Sequence[str] | None) -> Dataset:
        """Create a data set, or change the policy of one; None leaves the policy as it is.

        Raises:
            InvalidRequest: a type that the detectors do not find. Conflict: others changed it all the while.
        """
        unknown = [each for each in forbidden or () if each not in FINDING_TYPES]
        if unknown:
            raise InvalidRequest(f"`{unknown[0][:60]}` is no type that is looked for", remedy=f"take of: {', '.join(FINDING_TYPES)}")
        for _ in range(_ATTEMPTS):
            document = await self._storage.get(account_id, _KIND, name)
            now = self._clock().isoformat(timespec="seconds")
            held = Dataset(name=name, created_at=now) if document is None else read_body(_DATASET, document)
            changed = held if forbidden is None else msgspec.structs.replace(held, forbidden=tuple(sorted(set(forbidden))))
            if document is not None and changed == held:
                return held
            made = _document(account_id, changed, 0 if document is None else document.revision)
            try:
                await self._storage.apply(Insert(made) if document is None else Replace(made))
            except Conflict:
                continue
            return changed
        raise Conflict(f"the data set `{name}` was changed by other requests")

    async def get(self, account_id: str, name: str) -> Dataset:
        """Return a data set.

        Raises:
            NoSuchDataset: there is none.
        """
        return (await self._find(account_id, name))[0]

    async def page(self, account_id: str, *, after: str = "", limit: int = 100) -> list[Dataset]:
        """Return data sets in the order of their names, those after `after`."""
        return [read_body(_DATASET, each) for each in await self._storage.list(account_id, _KIND, after=after, limit=limit)]

    async def version(self, account_id: str, name: str, version: int) -> Version:
        """Return one version.

        Raises:
            NoSuchDataset: there is no such data set, or no such version of it.
        """
        await self._find(account_id, name)
        document = await self._storage.get(account_id, _VERSION, _version_id(name, version))
        if document is None:
            raise NoSuchDataset(f"the data set `{name}` has no version {version}", remedy="ask for its history")
        return read_body(_DECODER, document)

    async def history(self, account_id: str, name: str, *, after: int = 0, limit: int = 100) -> tuple[list[Version], int | None]:
        """Return versions, oldest first, those after `after`, and the `after` of the page that follows; None: there is none.

        A page ends where it has `limit` versions, or 4 MiB of them: one version may name 10,000 columns.
        """
        dataset, _ = await self._find(account_id, name)
        found: list[Version] = []
        size = 0
        while len(found) < limit and size < _PAGE_BYTES:
            start = _version_id(name, found[-1].version if found else after)
            some = await self._storage.list(account_id, _VERSION, prefix=f"{name}/", after=start, limit=min(_AT_ONCE, limit - len(found)))
            found += [read_body(_DECODER, each) for each in some]
            size += sum(len(each.body) for each in some)
            if not some or found[-1].version >= dataset.versions:
                return found, None
        return found, found[-1].version

    async def of_digest(self, account_id: str, digest: str) -> Version | None:
        """Return the version with this digest; of several the first, by name and number."""
        found = await self._storage.list(account_id, _DIGEST, prefix=f"{digest}/", limit=1)
        if not found:
            return None
        _, name, number = found[0].id.split("/")
        return await self.version(account_id, name, int(number))

    async def commit(self, account_id: str, name: str, given: Given) -> Version:
        """Take a version in. It counts when `sealed` was told its place in the ledger; committing to the same table again goes on there.

        Raises:
            NoSuchDataset: create it first. DataForbidden: its policy forbids what was found.
            InvalidRequest: the parts of what was sent do not fit each other, or the growth proof proves nothing.
            Conflict: another version was committed at the same moment.
        """
        dataset, revision = await self._find(account_id, name)
        _check(given)
        refuse_forbidden(given.inspection, dataset.forbidden)
        latest = await self.version(account_id, name, dataset.versions) if dataset.versions else None
        if latest is not None and latest.commitment == given.commitment:
            return latest
        version = Version(
            name=name,
            version=dataset.versions + 1,
            digest=given.commitment.digest,
            committed_at=self._clock().isoformat(timespec="seconds"),
            commitment=given.commitment,
            columns=given.columns,
            origin=given.origin,
            inspection=given.inspection,
            inspection_digest=given.inspection.digest,
            predecessor="" if latest is None else latest.digest,
            extends=_growth(given, latest),
        )
        changed = msgspec.structs.replace(dataset, versions=version.version)
        try:
            await self._storage.apply(
                Replace(_document(account_id, changed, revision)),
                Insert(_version_document(account_id, version)),
                Insert(
                    Document(account_id=account_id, kind=_DIGEST, id=f"{version.digest}/{_version_id(name, version.version)}", body=b"{}")
                ),
            )
        except Conflict:
            raise Conflict(f"the data set `{name}` was changed at the same moment", remedy="commit again") from None
        return version

    async def sealed(self, account_id: str, version: Version, receipt: Receipt) -> Version:
        """Note where the ledger has a version's statement, and return the version; a place that is noted already stays.

        Two requests that go on with one version at the same moment leave two statements of it: they say the same, and the first counts.
        """
        for _ in range(_ATTEMPTS):
            document = await self._storage.get(account_id, _VERSION, _version_id(version.name, version.version))
            if document is None:
                raise IntegrityError("a committed version is gone", remedy="restore a backup")
            held = read_body(_DECODER, document)
            if held.receipt is not None:
                return held
            held = msgspec.structs.replace(held, receipt=receipt)
            try:
                await self._storage.apply(Replace(_version_document(account_id, held, document.revision)))
            except Conflict:
                continue
            return held
        raise Conflict(f"the data set `{version.name}` was changed by other requests", remedy="commit again")

    async def _find(self, account_id: str, name: str) -> tuple[Dataset, int]:
        document = await self._storage.get(account_id, _KIND, name)
        if document is None:
            raise NoSuchDataset(f"there is no data set `{name}`")
        return read_body(_DATASET, document), document.revision


def statement_of(version: Version) -> dict[str, Any]:
    """Return what the ledger's statement says of a version: digests and counts; no column's name and no value."""
    commitment = version.commitment
    inspection = version.inspection
    return {
        "dataset": version.name,
        "version": version.version,
        "commitment": msgspec.to_builtins(commitment),
        "predecessor": version.predecessor,
        "extendsRows": version.extends,
        "inspection": {"digest": version.inspection_digest, "rowsRead": inspection.rows_read, "types": list(inspection.types)},
        "source": {"kind": version.origin.kind, "sha256": version.origin.sha256},
    }


def _check(given: Given) -> None:
    commitment = given.commitment
    if given.columns.digest().hex() != commitment.schema_digest or len(given.columns.columns) != commitment.columns:
        raise InvalidRequest("the columns are not those of the commitment")
    if given.inspection.rows != commitment.rows or given.inspection.rows_read > commitment.rows:
        raise InvalidRequest("the inspection is of another table than the commitment")
    if commitment.mode == "rows" and given.origin.sha256:
        raise InvalidRequest(
            "a commitment under salts names no digest of its file: whoever guesses the file could test the guess",
            remedy="leave origin.sha256 out",
        )
    check_inspection(given.inspection, given.columns)


def _growth(given: Given, latest: Version | None) -> int | None:
    proof = given.growth
    if proof is None:
        return None
    if latest is None:
        raise InvalidRequest("the first version extends nothing")
    if max(len(proof.old_path), len(proof.new_path)) > _GROWTH_PATHS or (
        proof.tail is not None and (proof.tail.batch or proof.old.mode != "rows")
    ):
        raise InvalidRequest("a growth proof for the ledger holds no rows", remedy="make it without `show_tail`")
    try:
        return verify_growth(proof, latest.digest, given.commitment.digest)
    except IntegrityError as error:  # nothing of ours is broken: what was sent does not show what it claims
        raise InvalidRequest(f"the growth proof does not hold: {error.message}") from None


def _version_id(name: str, version: int) -> str:
    return f"{name}/{version:010d}"


def _document(account_id: str, dataset: Dataset, revision: int) -> Document:
    return Document(account_id=account_id, kind=_KIND, id=dataset.name, body=msgspec.json.encode(dataset), revision=revision)


def _version_document(account_id: str, version: Version, revision: int = 0) -> Document:
    body = msgspec.json.encode(version)
    return Document(account_id=account_id, kind=_VERSION, id=_version_id(version.name, version.version), body=body, revision=revision)
