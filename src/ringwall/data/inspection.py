"""The look for personal data and secrets that goes before each commitment.

What it upholds: the summary holds counts by column and type and never a value; what was not looked at is named; a detector that fails
stops the commitment. A large table is sampled, and the summary says which share of rows would have been seen with which confidence.
"""

from __future__ import annotations

import math
import os
import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from ringwall.crypto import canonical_json, sha256
from ringwall.data.commitment.columns import decoded, is_text
from ringwall.data.commitment.extra import arrow, compute
from ringwall.data.commitment.schema import Schema, schema_of
from ringwall.data.commitment.sources import Source, translated
from ringwall.errors import CallerError, InvalidRequest
from ringwall.guardrails.ports import NameFinder
from ringwall.text.detectors import AWS_PII_TYPES, DetectorConfig, Detectors, compile_detectors

SECRET: Final = "SECRET"  # noqa: S105 - the type under which all secrets are counted
FINDING_TYPES: Final = (*AWS_PII_TYPES, SECRET)
_PIECE: Final = 100_000
_OVERLAP: Final = 500
_ASKED_AT_ONCE: Final = 256
_LEAST_NUMBER: Final = 10_000_000
"""Whole numbers from eight digits on may be account, card or identity numbers."""
_MOST_WHOLE: Final = 2.0**53
_LEAST_RATE: Final = 1e-15
"""One in more rows than any table has."""
_TEXTS: Final = frozenset({"string", "int32", "int64", "uint32", "uint64", "float64"})
"""The types, as schemas write them, whose values are looked at; `_has_texts` says the same of Arrow's."""

_Name = Annotated[str, Meta(max_length=1_000)]
_Count = Annotated[int, Meta(ge=0, le=2**53)]


class DataForbidden(CallerError, code="data-forbidden", status=403):
    """The data set's policy forbids what was found in the data."""

    remedy = "take the values out and commit again, or change the data set's policy"


class ColumnFinding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many cells of a column hold something of one type."""

    column: _Name
    type: Annotated[str, Meta(max_length=100)]
    cells: _Count


class Inspection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """What was looked for, where, and what was found.

    rows_read: less than `rows` where the table was sampled; then whatever the detectors recognise in at least `rate` of the rows is seen
    with `confidence`. seed: of the sample, so that whoever has the data can look at the same rows. detectors: the digest of all rules.
    not_read: columns whose type holds no text or long number: dates, truth values, bytes, decimals.
    learned: the model that looked for names and the like beside the rules; empty where rules looked alone.
    """

    rows: _Count
    rows_read: _Count
    rate: float
    confidence: float
    seed: Annotated[str, Meta(max_length=64)]
    detectors: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    columns_read: Annotated[tuple[_Name, ...], Meta(max_length=10_000)]
    not_read: Annotated[tuple[_Name, ...], Meta(max_length=10_000)]
    findings: Annotated[tuple[ColumnFinding, ...], Meta(max_length=100_000)]
    learned: Annotated[str, Meta(max_length=200)] = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form."""
        return sha256(canonical_json(self)).hex()

    @property
    def types(self) -> tuple[str, ...]:
        """The types that were found, each once."""
        return tuple(sorted({finding.type for finding in self.findings}))


def sample_size(rate: float, confidence: float) -> int:
    """Return how many rows to read so that something in `rate` of them is among them with `confidence`: n >= ln(1-c) / ln(1-p).

    Raises:
        InvalidRequest: not shares between 0 and 1.
    """
    if not (_LEAST_RATE <= rate < 1 and 0 < confidence < 1):
        raise InvalidRequest(
            "a detection bound needs a rate and a confidence between 0 and 1", remedy="look at every row where the rate is next to nothing"
        )
    return math.ceil(math.log1p(-confidence) / math.log1p(-rate))


def check_inspection(inspection: Inspection, columns: Schema) -> None:
    """Refuse a summary that `inspect` did not make of a table with these columns, as far as it shows that by itself.

    Raises:
        InvalidRequest: it read fewer rows than its bound needs, left out a column that is to be read, or names a type that is not looked
            for, which no policy could forbid.
    """
    if inspection.rows_read < min(inspection.rows, sample_size(inspection.rate, inspection.confidence)):
        raise InvalidRequest("the inspection read fewer rows than its bound needs")
    looked_at = {*inspection.columns_read, *inspection.not_read}
    if looked_at != {column.name for column in columns.columns}:
        raise InvalidRequest("the inspection does not account for every column")
    read = set(inspection.columns_read)
    for column in columns.columns:
        if column.name not in read and _says_texts(column.type):
            raise InvalidRequest(f"the inspection did not look at the column `{column.name[:60]}`")
    unknown = [finding.type for finding in inspection.findings if finding.type not in FINDING_TYPES]
    if unknown:
        raise InvalidRequest(
            f"the inspection found `{unknown[0][:60]}`, which is not looked for here", remedy="use a client of the server's release"
        )


def refuse_forbidden(inspection: Inspection, forbidden: Sequence[str]) -> None:
    """Refuse data in which something was found that a policy forbids.

    Raises:
        DataForbidden: it names columns and types, and no value.
    """
    found = [f"{finding.type} in `{finding.column[:60]}`" for finding in inspection.findings if finding.type in forbidden]
    if found:
        raise DataForbidden(f"the policy forbids what was found: {', '.join(found[:10])}{' and more' if len(found) > 10 else ''}")


def inspect(  # noqa: PLR0913 - each is said by its name
    source: Source,
    *,
    rate: float = 1e-4,
    confidence: float = 0.99,
    everything: bool = False,
    seed: bytes | None = None,
    progress: Callable[[int, int], None] | None = None,
    finder: NameFinder | None = None,
) -> Inspection:
    """Look for personal data and secrets in the texts and long numbers of a table, as they stand: nothing is decoded.

    Args:
        source: the table.
        rate, confidence: of the detection bound for tables larger than the sample that it needs (46,050 rows for 1e-4 and 0.99).
        everything: read every row.
        seed: 16 bytes that choose the rows; fresh ones if None.
        progress: is told how many rows of the sample are read, of how many.
        finder: looks at the same texts beside the rules, if given; about 10 ms for 100 short texts.

    Raises:
        InvalidRequest: a bound that is none, or a table that cannot be committed to. EngineFailed: a detector did not do its work.
    """
    schema_of(source.schema)
    wanted = source.rows if everything else min(source.rows, sample_size(rate, confidence))
    seed = os.urandom(16) if seed is None else seed
    sampled = wanted < source.rows
    rows = _chosen(source.rows, wanted, seed) if sampled else None
    names = [field.name for field in source.schema]
    read = [name for name in names if _has_texts(source.schema.field(name).type)]
    counts: Counter[tuple[str, str]] = Counter()
    done = 0
    with translated():
        for batch in _sampled(source, read, rows):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                for path, texts in _texts(name, column):
                    counts.update(_scan(path, texts, finder))
            done += batch.num_rows
            if progress is not None:
                progress(done, wanted)
    return Inspection(
        rows=source.rows,
        rows_read=done if read else wanted,
        rate=rate,
        confidence=confidence,
        seed=seed.hex() if sampled else "",
        detectors=_detectors().digest,
        columns_read=tuple(read),
        not_read=tuple(name for name in names if name not in set(read)),
        findings=tuple(ColumnFinding(column, kind, cells) for (column, kind), cells in sorted(counts.items())),
        learned="" if finder is None else finder.model_id,
    )


@lru_cache(maxsize=1)
def _detectors() -> Detectors:
    return compile_detectors(DetectorConfig(pii=AWS_PII_TYPES, secrets=True))


def _chosen(rows: int, wanted: int, seed: bytes) -> list[int]:
    """Choose rows without repetition, each as likely as any other; the seed gives the same rows again."""
    return sorted(random.Random(seed).sample(range(rows), wanted))  # noqa: S311 - a sample is no secret; its seed is published


def _sampled(source: Source, columns: Sequence[str], rows: list[int] | None) -> Iterator[Any]:
    if not columns:
        return
    start = 0
    for batch in source.batches(columns):
        if rows is None:
            yield batch
        else:
            low, high = bisect_left(rows, start), bisect_left(rows, start + batch.num_rows)
            if low < high:
                yield batch.take(arrow().array([row - start for row in rows[low:high]], arrow().int64()))
        start += batch.num_rows


def _has_texts(kind: Any) -> bool:
    types = arrow().types
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _has_texts(kind.value_type)
    if types.is_nested(kind):
        return any(_has_texts(kind.field(index).type) for index in range(kind.num_fields))
    if types.is_integer(kind):
        return int(kind.bit_width) >= 32
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_float64(kind))


def _says_texts(kind: Any) -> bool:
    """Say of a type as a schema writes it what `_has_texts` says of Arrow's."""
    if isinstance(kind, dict):
        return any(_says_texts(each) for each in kind.values())
    if isinstance(kind, list | tuple):
        return any(_says_texts(each["type"] if isinstance(each, dict) and "type" in each else each) for each in kind)
    return isinstance(kind, str) and kind in _TEXTS


def _texts(name: str, column: Any) -> Iterator[tuple[str, Any]]:
    """Yield the texts of a column as Arrow arrays, those of nested members under their paths."""
    pa, pc = arrow(), compute()
    column = decoded(column)
    kind = column.type
    if not _has_texts(kind):
        return
    if pa.types.is_struct(kind):
        for index, member in enumerate(column.flatten()):
            yield from _texts(f"{name}.{kind.field(index).name}", member)
    elif pa.types.is_map(kind):
        yield from _texts(f"{name}.key", column.keys)
        yield from _texts(f"{name}.value", column.items)
    elif pa.types.is_nested(kind):
        yield from _texts(name, column.flatten())
    elif is_text(kind):
        yield name, column
    else:
        if pa.types.is_float64(kind):  # how pandas keeps whole numbers among which one is missing
            whole = pc.and_(pc.equal(pc.floor(column), column), pc.less_equal(column, _MOST_WHOLE))
            column = pc.filter(column, whole).cast(pa.int64(), safe=False)
        yield name, pc.filter(column, pc.greater_equal(column, pa.scalar(_LEAST_NUMBER, column.type))).cast(pa.string())


def _scan(name: str, texts: Any, finder: NameFinder | None) -> dict[tuple[str, str], int]:
    """Count the cells of each type; a text that stands in many cells is read once."""
    counts: dict[tuple[str, str], int] = {}
    cells = {pair["values"]: pair["counts"] for pair in compute().value_counts(texts).to_pylist() if pair["values"]}
    learned = {} if finder is None else _learned(name, [text for text in cells if not text.isdecimal()], finder)
    for text, times in cells.items():
        for kind in _types_in(name, text) | learned.get(text, set()):
            counts[name, kind] = counts.get((name, kind), 0) + times
    return counts


def _learned(name: str, texts: Sequence[str], finder: NameFinder) -> dict[str, set[str]]:
    """Return the types that the finder sees in each text, behind the column's name as the rules read it."""
    label = f"{name}: "
    found: dict[str, set[str]] = {}
    for start in range(0, len(texts), _ASKED_AT_ONCE):
        some = texts[start : start + _ASKED_AT_ONCE]
        for text, spans in zip(some, finder.find([label + text for text in some]), strict=True):
            found[text] = {span.type for span in spans if span.end > len(label)}
    return found


def _types_in(name: str, text: str) -> set[str]:
    """Return what a cell holds. The column's name stands before it, since it is often what tells an account number from any other."""
    label = f"{name}: "
    found: set[str] = set()
    for start in range(0, len(text), _PIECE):
        piece = text[max(start - _OVERLAP, 0) : start + _PIECE]
        for finding in _detectors().scan(label + piece, readings="raw").findings:
            if finding.span.end > len(label):
                found.add(SECRET if finding.kind == "secret" else finding.type)
    return found
