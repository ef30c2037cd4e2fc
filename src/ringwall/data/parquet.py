"""Rows of a feature group as Parquet files in the layout of SageMaker's offline store: one file for each hour of event times.

pyarrow is imported here and nowhere above: an installation without the extra `data` never needs it. Functions here block.

Source: SageMaker Developer Guide, "Offline store data format" (columns that are added, partitions by hour, names of files).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ringwall.crypto import sha256
from ringwall.data.commitment.extra import ExtraMissing, arrow, part
from ringwall.data.feature_errors import OfflineStoreUnavailable
from ringwall.data.feature_group import Definition, FeatureGroup
from ringwall.data.offline_rows import Row
from ringwall.storage.private_folder import make_private
from ringwall.vocabulary import new_id

_NANOS = 1_000_000_000
_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class WrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its path below the group's `data` folder, and what is in it. digest: SHA-256 of its bytes, hex."""

    path: str
    rows: int
    size: int
    digest: str


def check_parquet() -> None:
    """Refuse where Parquet cannot be written.

    Raises:
        OfflineStoreUnavailable: pyarrow is not installed.
    """
    _pyarrow()


def _pyarrow() -> Any:
    try:
        part("parquet")  # makes arrow().parquet
        return arrow()
    except ExtraMissing:
        raise OfflineStoreUnavailable("an offline store needs pyarrow, which this installation has not") from None


def write_files(group: FeatureGroup, rows: Sequence[Row], now: datetime, staging: Path) -> list[WrittenFile]:
    """Write rows to files in a staging folder, each durable when this returns.

    Raises:
        OfflineStoreUnavailable: pyarrow is not installed.
        OSError: the folder cannot be written.
    """
    pa = _pyarrow()
    make_private(staging)
    hours: dict[str, list[Row]] = {}
    for row in rows:
        hours.setdefault(_moment(row).strftime("year=%Y/month=%m/day=%d/hour=%H"), []).append(row)
    written = [_write_file(pa, group, hour, hours[hour], now, staging) for hour in sorted(hours)]
    sync_folder(staging)
    return written


def _moment(row: Row) -> datetime:
    return datetime.fromtimestamp(row.record.event_ns // _NANOS, UTC)


def _write_file(pa: Any, group: FeatureGroup, hour: str, rows: Sequence[Row], now: datetime, staging: Path) -> WrittenFile:
    latest = max(_moment(row) for row in rows)
    name = f"{latest.strftime('%Y%m%dT%H%M%SZ')}_{new_id(16, _ALNUM)}.parquet"
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(_table(pa, group, rows, now), sink, compression="snappy")
    data = sink.getvalue().to_pybytes()
    handle = os.open(staging / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return WrittenFile(path=f"{hour}/{name}", rows=len(rows), size=len(data), digest=sha256(data).hex())


def _table(pa: Any, group: FeatureGroup, rows: Sequence[Row], now: datetime) -> Any:
    """Return an Arrow table: the features in the group's order, then the columns that the offline store adds."""
    fields, columns = [], []
    for definition in group.definitions:
        kind = _arrow_type(pa, definition)
        fields.append(pa.field(definition.feature_name, kind))
        columns.append(pa.array([_cell(definition, values) for values in (_values(group, row) for row in rows)], kind))
    moment = pa.timestamp("us", tz="UTC")
    fields += [pa.field("write_time", moment), pa.field("api_invocation_time", moment), pa.field("is_deleted", pa.bool_())]
    columns += [
        pa.array([now] * len(rows), moment),
        pa.array([row.invoked_at for row in rows], moment),
        pa.array([row.record.deleted for row in rows], pa.bool_()),
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _values(group: FeatureGroup, row: Row) -> Mapping[str, Any]:
    """Return a row's values; a mark of deletion has its identifier and event time, and nothing else."""
    if not row.record.deleted:
        return row.record.values
    return {group.record_identifier: row.record.identifier, group.event_time: row.record.event_time}


def _arrow_type(pa: Any, definition: Definition) -> Any:
    kind = {"Integral": pa.int64(), "Fractional": pa.float64(), "String": pa.string()}[definition.feature_type]
    return pa.list_(kind) if definition.collection_type else kind


def _cell(definition: Definition, values: Mapping[str, Any]) -> Any:
    value = values.get(definition.feature_name)
    read = {"Integral": int, "Fractional": float, "String": str}[definition.feature_type]
    if value is None:
        return None
    return [read(element) for element in value] if definition.collection_type else read(value)


def move_into_place(staging: Path, data: Path, files: Sequence[WrittenFile]) -> None:
    """Move files that the manifest names from staging to where readers look; those that are there already are left.

    Raises:
        OSError: a folder cannot be written.
    """
    folders = set()
    for file in files:
        source, target = staging / Path(file.path).name, data / file.path
        if not source.exists():
            continue
        make_private(target.parent)
        source.rename(target)
        folders |= {target.parent, *target.parent.parents[:5]}
    for folder in folders:
        if folder == data or data in folder.parents:
            sync_folder(folder)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hex; empty where there is no such file."""
    try:
        return sha256(path.read_bytes()).hex()
    except FileNotFoundError:
        return ""


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
