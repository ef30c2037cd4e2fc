"""The data set pages: versions, what was found before each, how their columns changed, where the ledger has them, and their lineage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

import msgspec

from ringwall.api.native.datasets import DatasetsOutput, HistoryOutput
from ringwall.console.lineage import around
from ringwall.console.visit import Visit
from ringwall.data.commitment.schema import Schema
from ringwall.data.datasets import Dataset, Version
from ringwall.errors import NotFound
from ringwall.vocabulary import Arn
from ringwall.wire import HttpResponse

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_PAGE: Final = 100


class Change(msgspec.Struct, frozen=True):
    """One difference between the columns of two versions that follow each other."""

    version: int
    kind: str
    says: str


async def datasets(visit: Visit) -> HttpResponse:
    """List the data sets."""
    found: DatasetsOutput = await visit.call("ListDatasets", {"after": visit.query.get("after", ""), "limit": _PAGE})
    return visit.page("datasets.html", {"datasets": found.datasets, "next": found.next})


async def dataset(visit: Visit) -> HttpResponse:
    """Show one data set: its policy, its newest versions, how their columns changed, and its lineage."""
    held: Dataset = await visit.call("GetDataset", {"name": unquote(visit.path[1])})
    return await _shown(visit, held, None)


async def version(visit: Visit) -> HttpResponse:
    """Show one version of a data set, with its lineage, above what the data set's page shows."""
    name, number = unquote(visit.path[1]), visit.path[2]
    if not _NUMBER.fullmatch(number):
        raise NotFound("there is no such version")
    one: Version = await visit.call("GetDatasetVersion", {"name": name, "version": int(number)})
    return await _shown(visit, await visit.call("GetDataset", {"name": name}), one)


async def _shown(visit: Visit, held: Dataset, one: Version | None) -> HttpResponse:
    # One version more than is shown, so that the oldest shown can be compared with the one before it.
    after = max(held.versions - _PAGE - 1, 0)
    versions: list[Version] = []
    while after < held.versions:
        page: HistoryOutput = await visit.call("ListDatasetVersions", {"name": held.name, "after": after, "limit": _PAGE})
        versions.extend(page.versions)
        if page.next is None:
            break
        after = page.next
    resource = f"dataset/{held.name}" + (f"/{one.version}" if one else "")
    values = {
        "dataset": held,
        "versions": versions[::-1][:_PAGE],
        "changes": changes(versions)[::-1],
        "shown": one or (versions[-1] if versions else None),
        "older": max(held.versions - _PAGE, 0),
        "lineage": await around(visit, str(Arn("ringwall", visit.region, visit.visitor.principal.account_id, resource))),
    }
    return visit.page("dataset.html", values)


def changes(versions: Sequence[Version]) -> list[Change]:
    """Return how columns changed from version to version, oldest first."""
    return [Change(new.version, *change) for old, new in pairwise(versions) for change in _differences(old.columns, new.columns)]


def _differences(old: Schema, new: Schema) -> list[tuple[str, str]]:
    was, is_ = {each.name: each.type for each in old.columns}, {each.name: each.type for each in new.columns}
    found = [("removed", f"{name} ({_word(kind)})") for name, kind in was.items() if name not in is_]
    found += [("added", f"{name} ({_word(kind)})") for name, kind in is_.items() if name not in was]
    found += [("changed", f"{name}: {_word(was[name])} became {_word(kind)}") for name, kind in is_.items() if was.get(name, kind) != kind]
    kept_before, kept_now = [name for name in was if name in is_], [name for name in is_ if name in was]
    return found if kept_before == kept_now else [*found, ("moved", "columns stand in another order")]


def _word(kind: object) -> str:
    return kind if isinstance(kind, str) else msgspec.json.encode(kind).decode()
