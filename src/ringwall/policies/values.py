"""Readings of condition values: numbers, dates, addresses, bytes. Each returns None for text that is not one."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

_NUMBER = re.compile(r"[+-]?\d{1,38}(?:\.\d{1,38})?", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d))?)?)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")

Network = tuple[int, int, int]
"""(IP version, network bits as an integer, mask as an integer)."""


def number(text: str) -> Decimal | None:
    """Read a decimal number, exactly."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def moment(text: str) -> int | None:
    """Read a W3C date (ISO 8601 profile) or seconds since 1970 as microseconds since 1970.

    Source: IAM User Guide, "Date condition operators": ISO 8601 formats or epoch (UNIX) time.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        seconds = number(text)
        return None if seconds is None else int(seconds * 1_000_000)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        whole = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
    except ValueError:
        return None
    microseconds = (whole - _EPOCH) // _MICROSECOND + int((fraction or "0")[:6].ljust(6, "0"))
    if zone and zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        microseconds -= (-offset if zone[0] == "-" else offset) * 1_000_000
    return microseconds


@lru_cache(maxsize=8192)
def address(text: str) -> tuple[int, int] | None:
    """Read an IP address as (version, integer); an IPv4-mapped IPv6 address is the IPv4 address it carries."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id:
            return None  # a zone index means something on one machine only
        if parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
    return parsed.version, int(parsed)


def network(text: str) -> Network | None:
    """Read CIDR notation, or one address as a network of one; IPv4-mapped networks become IPv4."""
    try:
        parsed = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Network) and parsed.subnet_of(_MAPPED):
        parsed = ipaddress.IPv4Network((int(parsed.network_address) & 0xFFFFFFFF, parsed.prefixlen - 96))
    return parsed.version, int(parsed.network_address), int(parsed.netmask)


def binary(text: str) -> bytes | None:
    """Read base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def boolean(text: str) -> bool | None:
    """Read `true` or `false`, in any case."""
    return {"true": True, "false": False}.get(text.lower())
