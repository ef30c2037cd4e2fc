"""The native API's data sets: names, policies, and commitments to their versions. Clients hash; what arrives here is digests and counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import Shape, anything
from ringwall.crypto.statements import DATASET_COMMITMENT
from ringwall.data.datasets import Dataset, Datasets, Given, Name, Receipt, Version, statement_of
from ringwall.vocabulary import Arn

_PAGE = 1000


class PutDatasetInput(Shape, frozen=True, kw_only=True):
    """A data set's name, and the types (of personal data, or SECRET) that no version may hold; absent: the policy stays as it is."""

    name: Name
    forbidden: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=100)] | None = None


class DatasetInput(Shape, frozen=True, kw_only=True):
    """One data set."""

    name: Name


class ListDatasetsInput(Shape, frozen=True, kw_only=True):
    """Which page of data sets: those whose names come after `after`."""

    after: Annotated[str, Meta(max_length=64)] = ""
    limit: Annotated[int, Meta(ge=1, le=_PAGE)] = 100


class VersionInput(Shape, frozen=True, kw_only=True):
    """One version of a data set."""

    name: Name
    version: Annotated[int, Meta(ge=1, lt=2**31)]


class HistoryInput(Shape, frozen=True, kw_only=True):
    """Which page of versions: those after the number `after`."""

    name: Name
    after: Annotated[int, Meta(ge=0, lt=2**31)] = 0
    limit: Annotated[int, Meta(ge=1, le=100)] = 100


class CommitDatasetInput(Given, frozen=True, kw_only=True):
    """A commitment to a table, and what was seen of it before."""

    name: Name


class DatasetsOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Data sets; `next` is the `after` of the page that follows."""

    datasets: tuple[Dataset, ...]
    next: str | None


class HistoryOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Versions, oldest first; `next` is the `after` of the page that follows. A page can be shorter than its limit and still have one."""

    versions: tuple[Version, ...]
    next: int | None


def _datasets(call: Call) -> Datasets:
    return Datasets(call.rooms.storage, call.rooms.clock)


def _arn(call: Call, given: Any) -> Sequence[str]:
    return (str(Arn("ringwall", call.region, call.account_id, f"dataset/{given.name}")),)


async def _put(call: Call, given: PutDatasetInput) -> Dataset:
    made = await _datasets(call).put(call.account_id, given.name, given.forbidden)
    call.record["dataset"] = {"forbidden": list(made.forbidden)}
    return made


async def _get(call: Call, given: DatasetInput) -> Dataset:
    return await _datasets(call).get(call.account_id, given.name)


async def _list(call: Call, given: ListDatasetsInput) -> DatasetsOutput:
    found = await _datasets(call).page(call.account_id, after=given.after, limit=given.limit)
    return DatasetsOutput(datasets=tuple(found), next=found[-1].name if len(found) == given.limit else None)


async def _version(call: Call, given: VersionInput) -> Version:
    return await _datasets(call).version(call.account_id, given.name, given.version)


async def _history(call: Call, given: HistoryInput) -> HistoryOutput:
    found, following = await _datasets(call).history(call.account_id, given.name, after=given.after, limit=given.limit)
    return HistoryOutput(versions=tuple(found), next=following)


async def _commit(call: Call, given: CommitDatasetInput) -> Version:
    datasets = _datasets(call)
    version = await datasets.commit(call.account_id, given.name, given)
    said = statement_of(version)
    if version.receipt is None:
        subject = {version.name: version.digest}
        attested = await call.rooms.attestor.attest(call.account_id, DATASET_COMMITMENT, subject, said, by=call.principal.arn, at=call.now)
        version = await datasets.sealed(call.account_id, version, Receipt(log=attested.receipt.log, index=attested.index))
    call.record["commitment"] = {"digest": version.digest} | said
    return version


def _row(name: str, handle: Any, resources: Any, *, read_only: bool = False) -> Operation:
    return Operation("ringwall", name, f"ringwall:{name}", handle, resources, read_only=read_only)


OPERATIONS = (
    NativeOperation(
        _row("PutDataset", _put, _arn),
        "PUT",
        "/datasets/{name}",
        "Create a data set, or change what its versions may not hold.",
        PutDatasetInput,
        Dataset,
    ),
    NativeOperation(_row("GetDataset", _get, _arn, read_only=True), "GET", "/datasets/{name}", "Show a data set.", DatasetInput, Dataset),
    NativeOperation(
        _row("ListDatasets", _list, anything, read_only=True), "GET", "/datasets", "List data sets.", ListDatasetsInput, DatasetsOutput
    ),
    NativeOperation(
        _row("CommitDataset", _commit, _arn),
        "POST",
        "/datasets/{name}/versions",
        "Commit to a version of a data set; refused if its policy forbids what was found in it.",
        CommitDatasetInput,
        Version,
        status=201,
    ),
    NativeOperation(
        _row("ListDatasetVersions", _history, _arn, read_only=True),
        "GET",
        "/datasets/{name}/versions",
        "List a data set's versions, oldest first.",
        HistoryInput,
        HistoryOutput,
    ),
    NativeOperation(
        _row("GetDatasetVersion", _version, _arn, read_only=True),
        "GET",
        "/datasets/{name}/versions/{version}",
        "Show one version of a data set.",
        VersionInput,
        Version,
    ),
)
