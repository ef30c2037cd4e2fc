"""Condition values read as numbers, dates, addresses, ...: tests on one text, and finite sets of texts that stand for all.

For every family, the bounds that some tests name cut its values into finitely many pieces on which all those tests agree;
`representatives` returns a text from each piece, and one that does not read as the family at all.
"""

from __future__ import annotations

import base64
import ipaddress
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from ringwall.policies import values
from ringwall.reasoning.policy.formula import Compare, Family, Reads, Relation, Test, Text
from ringwall.reasoning.policy.language import contains

READERS: dict[Family, Callable[[str], Any]] = {
    "number": values.number,
    "date": values.moment,
    "boolean": values.boolean,
    "bytes": values.binary,
    "address": values.address,
}
BOUND_READERS: dict[Family, Callable[[str], Any]] = {**READERS, "address": values.network}
RELATIONS: dict[Relation, Callable[[Any, Any], bool]] = {
    "=": lambda given, bound: bool(given == bound),
    "<": lambda given, bound: bool(given < bound),
    "<=": lambda given, bound: bool(given <= bound),
    ">": lambda given, bound: bool(given > bound),
    ">=": lambda given, bound: bool(given >= bound),
    "within": lambda given, bound: bool(given[0] == bound[0] and given[1] & bound[2] == bound[1]),
}
UNREADABLE: dict[Family, str] = {"number": "none", "date": "never", "boolean": "maybe", "bytes": "%", "address": "nowhere"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_PRECISION = 90  # digits: two bounds of 38 + 38, and one more


def passes(test: Test, value: str) -> bool:
    """Say whether a value passes a test. Its patterns must have no references."""
    match test:
        case Text(language):
            return contains(language, value)
        case Reads(family):
            return READERS[family](value) is not None
        case Compare(family, relation, bounds):
            given = READERS[family](value)
            return given is not None and any(RELATIONS[relation](given, bound) for bound in parsed(family, bounds))


@lru_cache(maxsize=16_384)
def parsed(family: Family, bounds: tuple[str, ...]) -> tuple[Any, ...]:
    """Read a condition's values; the grammar has made sure that they can be read."""
    return tuple(BOUND_READERS[family](bound) for bound in bounds)


def representatives(family: Family, bounds: Iterable[tuple[str, ...]]) -> list[str]:
    """Return texts such that every text behaves like one of them in all comparisons with these bounds; readable ones first."""
    known = {bound for several in bounds for bound in parsed(family, several)}
    return [*dict.fromkeys(_SPELLERS[family](known)), UNREADABLE[family]]


def _numbers(known: set[Any]) -> Iterator[str]:
    with localcontext(prec=_PRECISION):
        points = sorted(known) or [Decimal(0)]
        between = [(low + high) / 2 for low, high in itertools.pairwise(points)]
        spelled = [format(point, "f") for point in [*points, points[0] - 1, *between, points[-1] + 1]]
    yield from (text for text in spelled if values.number(text) is not None)


def _moments(known: set[Any]) -> Iterator[str]:
    points = sorted(known) or [0]
    for point in [*points, points[0] - 1, *(point + 1 for point in points)]:
        yield spell_moment(point)


def spell_moment(microseconds: int) -> str:
    """Spell microseconds since 1970 as a date, or where there is none as seconds."""
    if 0 <= microseconds < 253_402_300_800_000_000:  # years 1970 to 9999
        return (_EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return format(Decimal(microseconds).scaleb(-6), "f")


def _booleans(_known: set[Any]) -> Iterator[str]:
    yield from ("true", "false")


def _bytes(known: set[Any]) -> Iterator[str]:
    longest = max(map(len, known), default=0)
    for one in [*sorted(known), b"\x00" * (longest + 1)]:
        yield base64.b64encode(one).decode()


def _addresses(known: set[Any]) -> Iterator[str]:
    """Yield the first address of every piece. What IPv6 maps to IPv4 reads as IPv4, so pieces inside of that range are nobody's."""
    for version, bits in ((4, 32), (6, 128)):
        starts = {0}
        for family, network, mask in known:
            if family == version:
                starts |= {network, network + (~mask & (1 << bits) - 1) + 1}
        if version == 6:
            starts |= {int(_MAPPED.broadcast_address) + 1}
        for start in sorted(starts):
            if start < 1 << bits and not (version == 6 and ipaddress.IPv6Address(start) in _MAPPED):
                yield str(ipaddress.IPv4Address(start) if version == 4 else ipaddress.IPv6Address(start))


_SPELLERS: dict[Family, Callable[[set[Any]], Iterator[str]]] = {
    "number": _numbers,
    "date": _moments,
    "boolean": _booleans,
    "bytes": _bytes,
    "address": _addresses,
}
