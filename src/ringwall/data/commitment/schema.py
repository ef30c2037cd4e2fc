"""The canonical schema of a table: names and logical types in order, and one digest of them.

What is stored otherwise but says the same is one type: dictionaries and run lengths are their values, `large_` and `_view` variants their
plain kin. Left out on purpose: metadata, and whether a column could hold nulls (a promise about data, which some programs do not keep;
nulls themselves are in the leaves). What differs in meaning stays different: units and time zones of timestamps, widths, signedness.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ringwall.crypto import canonical_json, sha256
from ringwall.data.commitment.extra import arrow
from ringwall.errors import InvalidRequest, LimitExceeded

FORMAT: Final = "rwds/1"
MAX_COLUMNS: Final = 10_000
MAX_NAME: Final = 1_000
_MAX_NESTING: Final = 8


class UnsupportedColumn(InvalidRequest, code="unsupported-column"):
    """The table has a column that no commitment is defined for."""

    remedy = "cast the column to a plain type, or leave it out"


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column. type: a word (`int64`, `timestamp(us,UTC)`), or for nested types an object with one member."""

    name: str
    type: Any


class Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names and logical types in order."""

    columns: tuple[Column, ...]

    def to_json(self) -> bytes:
        """Return the canonical form that is hashed."""
        return canonical_json({"columns": [{"name": each.name, "type": each.type} for each in self.columns], "format": FORMAT})

    def digest(self) -> bytes:
        """Return SHA-256 of the canonical form."""
        return sha256(self.to_json())


def schema_of(fields: Any) -> Schema:
    """Describe a `pyarrow.Schema`.

    Raises:
        UnsupportedColumn: a type that is not canonicalised, or a name that is there twice.
        LimitExceeded: more than 10,000 columns, a name over 1,000 characters, or types nested deeper than 8.
    """
    if len(fields) > MAX_COLUMNS:
        raise LimitExceeded(f"the table has {len(fields)} columns; at most {MAX_COLUMNS} are taken")
    if not len(fields):
        raise UnsupportedColumn("the table has no columns", remedy="commit to a table with at least one column")
    columns = tuple(Column(_name(field.name), _logical(field.type, field.name, 0)) for field in fields)
    seen: set[str] = set()
    for column in columns:
        if column.name in seen:
            raise UnsupportedColumn(f"two columns are called `{column.name[:100]}`", remedy="give each column a name of its own")
        seen.add(column.name)
    return Schema(columns)


def _name(name: str) -> str:
    if len(name) > MAX_NAME:
        raise LimitExceeded(f"a column's name has {len(name)} characters; at most {MAX_NAME} are taken")
    return name


_WORDS: Final = {
    "halffloat": "float16",
    "float": "float32",
    "double": "float64",
    "date32[day]": "date",
    "date64[ms]": "date",
    "large_string": "string",
    "string_view": "string",
    "large_binary": "binary",
    "binary_view": "binary",
}
_PLAIN: Final = frozenset(
    {"null", "bool", "string", "binary", "date", "float16", "float32", "float64"}
    | {f"{sign}int{width}" for sign in ("", "u") for width in (8, 16, 32, 64)}
)


def _logical(kind: Any, name: str, depth: int) -> Any:
    """Return a type's logical form: a word or, where it holds others, an object."""
    if depth > _MAX_NESTING:
        raise LimitExceeded(f"column `{name[:100]}` is nested deeper than {_MAX_NESTING}")
    types = arrow().types
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _logical(kind.value_type, name, depth)
    word = _WORDS.get(str(kind), str(kind))
    if word in _PLAIN:
        return word
    return _measured(kind, types) or _nested(kind, types, name, depth)


def _measured(kind: Any, types: Any) -> str:
    """Return the word of a type with a width, a unit or a time zone; empty for others."""
    if types.is_fixed_size_binary(kind):
        return f"binary({kind.byte_width})"
    if types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if types.is_timestamp(kind):
        return f"timestamp({kind.unit},{kind.tz})" if kind.tz is not None else f"timestamp({kind.unit})"
    for is_kind, word in ((types.is_time, "time"), (types.is_duration, "duration")):
        if is_kind(kind):
            return f"{word}({kind.unit})"
    return ""


def _nested(kind: Any, types: Any, name: str, depth: int) -> dict[str, Any]:
    if types.is_map(kind):
        return {"map": [_logical(kind.key_type, name, depth + 1), _logical(kind.item_type, name, depth + 1)]}
    if types.is_fixed_size_list(kind):
        return {"list": _logical(kind.value_type, name, depth + 1), "size": kind.list_size}
    if types.is_list(kind) or types.is_large_list(kind) or types.is_list_view(kind) or types.is_large_list_view(kind):
        return {"list": _logical(kind.value_type, name, depth + 1)}
    if types.is_struct(kind):
        members = [kind.field(index) for index in range(kind.num_fields)]
        return {"struct": [{"name": _name(each.name), "type": _logical(each.type, name, depth + 1)} for each in members]}
    raise UnsupportedColumn(f"column `{name[:100]}` has the type `{str(kind)[:100]}`, which has no canonical form")
