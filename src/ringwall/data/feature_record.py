"""One record of a feature group: checked against the group's definitions, with its moment in a form that can be compared.

Source: SageMaker Developer Guide, "Create feature groups" (forms of event times) and "Quotas, naming rules and data types".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from ringwall.data.feature_errors import RecordRefused
from ringwall.data.feature_group import Definition, FeatureGroup

RECORD_BYTES: Final = 350 * 1024
IDENTIFIER_BYTES: Final = 2 * 1024
Value = str | tuple[str, ...]

_ISO: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_SECONDS: Final = re.compile(r"\d{1,12}(?:\.\d{1,9})?(?:[eE]\+?\d{1,2})?", re.ASCII)
_INTEGRAL: Final = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_FRACTIONAL: Final = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_NANOS: Final = 1_000_000_000
_LATEST_NS: Final = 253_402_300_800 * _NANOS  # the year 10000


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record as it is kept. Features without a value are absent.

    identifier, event_time: as they were sent.
    event_ns: the event time in nanoseconds since 1970.
    expires_at: Unix seconds; 0: never.
    deleted: a mark that the record was deleted at `event_time`; it has no values.
    """

    identifier: str
    event_time: str
    event_ns: int
    values: dict[str, Value] = {}
    expires_at: int = 0
    deleted: bool = False


def read_record(group: FeatureGroup, given: Sequence[Mapping[str, Any]]) -> Record:
    """Check a record and read it.

    Raises:
        RecordRefused: a feature that the group has not, or twice, a value that is not of its type, no identifier or event time, or more
            bytes than a record may have. Messages name features, never values.
    """
    definitions = {definition.feature_name: definition for definition in group.definitions}
    values: dict[str, Value] = {}
    size = 0
    for each in given:
        name = each["FeatureName"]
        definition = definitions.get(name)
        if definition is None:
            raise RecordRefused(f"the feature group `{group.name}` has no feature `{name}`")
        if name in values:
            raise RecordRefused(f"the feature `{name}` has two values")
        value = read_value(definition, each)
        if value is not None:
            values[name] = value
            size += len(name) + sum(len(part.encode()) for part in ((value,) if isinstance(value, str) else value))
    if size > RECORD_BYTES:
        raise RecordRefused(f"a record has at most {RECORD_BYTES} bytes")
    identifier, event_time = values.get(group.record_identifier), values.get(group.event_time)
    if not isinstance(identifier, str) or not isinstance(event_time, str):
        raise RecordRefused(f"a record has values for `{group.record_identifier}` and `{group.event_time}`")
    return Record(identifier=read_identifier(identifier), event_time=event_time, event_ns=read_event_time(group, event_time), values=values)


def read_identifier(identifier: str) -> str:
    """Return a record's identifier.

    Raises:
        RecordRefused: empty or too long.
    """
    if not identifier or len(identifier.encode()) > IDENTIFIER_BYTES:
        raise RecordRefused(f"a record identifier has 1 to {IDENTIFIER_BYTES} bytes")
    return identifier


def read_value(definition: Definition, given: Mapping[str, Any]) -> Value | None:
    """Return a feature's value, checked against its type; None where it has none.

    Raises:
        RecordRefused: not a value of this type.
    """
    single, several = given.get("ValueAsString"), given.get("ValueAsStringList")
    name = definition.feature_name
    if single is not None and several is not None:
        raise RecordRefused(f"the feature `{name}` has ValueAsString and ValueAsStringList")
    if definition.collection_type:
        return None if several is None and single is None else _collection(definition, several)
    if several is not None:
        raise RecordRefused(f"the feature `{name}` is a single value: send ValueAsString")
    if single is not None and not _is_of_type(definition.feature_type, single):
        raise RecordRefused(f"the value of the feature `{name}` is not {definition.feature_type}")
    return None if single is None else str(single)


def _collection(definition: Definition, several: Sequence[str] | None) -> tuple[str, ...]:
    name = definition.feature_name
    if several is None:
        raise RecordRefused(f"the feature `{name}` is a {definition.collection_type}: send ValueAsStringList")
    if not all(_is_of_type(definition.feature_type, element) for element in several):
        raise RecordRefused(f"an element of the feature `{name}` is not {definition.feature_type}")
    if definition.collection_type == "Set" and len(set(several)) != len(several):
        raise RecordRefused(f"the feature `{name}` is a Set and has an element twice")
    if definition.dimension and len(several) != definition.dimension:
        raise RecordRefused(f"the feature `{name}` is a Vector of {definition.dimension} elements")
    return tuple(several)


def _is_of_type(feature_type: str, text: str) -> bool:
    if feature_type == "Integral":
        return _INTEGRAL.fullmatch(text) is not None and -(2**63) <= int(text) < 2**63
    if feature_type == "Fractional":
        return _FRACTIONAL.fullmatch(text) is not None and math.isfinite(float(text))
    return True


def read_event_time(group: FeatureGroup, text: str) -> int:
    """Return an event time in nanoseconds since 1970.

    Raises:
        RecordRefused: not in a form that the group's event time feature takes.
    """
    definition = next(each for each in group.definitions if each.feature_name == group.event_time)
    moment = _from_iso(text) if definition.feature_type == "String" else _from_seconds(text)
    if moment is None or not 0 <= moment < _LATEST_NS:
        form = "yyyy-MM-ddTHH:mm:ssZ or yyyy-MM-ddTHH:mm:ss.SSSZ" if definition.feature_type == "String" else "Unix seconds"
        raise RecordRefused(f"the event time `{group.event_time}` is {form}, from 1970 to 9999")
    return moment


def _from_iso(text: str) -> int | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    try:
        whole = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return int((whole - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * _NANOS + int((found[2] or "").ljust(9, "0"))


def _from_seconds(text: str) -> int | None:
    if not _SECONDS.fullmatch(text):
        return None
    try:
        return int(Decimal(text) * _NANOS)
    except InvalidOperation:  # pragma: no cover - the pattern leaves Decimal nothing to refuse
        return None


def show_record(record: Record, wanted: frozenset[str] | None) -> list[dict[str, Any]]:
    """Return a record's features as the feature store runtime shows them; `wanted` None: all."""
    return [
        {"FeatureName": name, "ValueAsString": value} if isinstance(value, str) else {"FeatureName": name, "ValueAsStringList": list(value)}
        for name, value in record.values.items()
        if wanted is None or name in wanted
    ]


def show_expiry(record: Record) -> dict[str, str]:
    """Return the ExpiresAt member of a record that expires."""
    if not record.expires_at:
        return {}
    return {"ExpiresAt": datetime.fromtimestamp(record.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
