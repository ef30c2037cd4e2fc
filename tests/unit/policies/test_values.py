"""Readings of condition values."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ringwall.policies import values

NUMBERS = {
    "5": Decimal(5),
    "-1.50": Decimal("-1.5"),
    "+7": Decimal(7),
    "0.1": Decimal("0.1"),
    "": None,
    "1e5": None,
    "NaN": None,
    "Infinity": None,
    "٥": None,
    "1" * 39: None,
    " 5": None,
    "0x10": None,
    "1_000": None,
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers(text: str) -> None:
    assert values.number(text) == NUMBERS[text]


MOMENTS = {
    "1970": 0,
    "1970-01": 0,
    "1970-01-02": 86_400_000_000,
    "1970-01-01T00:01Z": 60_000_000,
    "1970-01-01T00:00:01Z": 1_000_000,
    "1970-01-01T00:00:00.5Z": 500_000,
    "1970-01-01T00:00:00.123456789Z": 123_456,
    "1970-01-01T01:00:00+01:00": 0,
    "1969-12-31T23:00:00-01:00": 0,
    "86400": 86_400_000_000,
    "-1.5": -1_500_000,
    "1970-01-01T00:00:00": None,
    "1970-13-01": None,
    "1970-02-29": None,
    "0000": None,
    "1970-01-01T24:00:00Z": None,
    "tomorrow": None,
    "": None,
    "1970-1-1": None,
}


@pytest.mark.parametrize("text", MOMENTS)
def test_moments(text: str) -> None:
    assert values.moment(text) == MOMENTS[text]


ADDRESSES = {
    "10.0.0.1": (4, 0x0A000001),
    "::1": (6, 1),
    "::ffff:10.0.0.1": (4, 0x0A000001),
    "fe80::1%eth0": None,
    "010.0.0.1": None,
    "10.0.0": None,
    "10.0.0.1/32": None,
    "": None,
    "localhost": None,
}


@pytest.mark.parametrize("text", ADDRESSES)
def test_addresses(text: str) -> None:
    assert values.address(text) == ADDRESSES[text]


NETWORKS = {
    "10.0.0.0/8": (4, 0x0A000000, 0xFF000000),
    "10.1.2.3": (4, 0x0A010203, 0xFFFFFFFF),
    "10.1.2.3/8": (4, 0x0A000000, 0xFF000000),
    "::ffff:10.0.0.0/104": (4, 0x0A000000, 0xFF000000),
    "::/0": (6, 0, 0),
    "10.0.0.0/33": None,
    "10.0.0.0/-1": None,
    "all": None,
}


@pytest.mark.parametrize("text", NETWORKS)
def test_networks(text: str) -> None:
    assert values.network(text) == NETWORKS[text]


def test_bytes_and_booleans() -> None:
    assert values.binary("eA==") == b"x"
    assert values.binary("eA") is None
    assert values.binary("é") is None
    assert [values.boolean(text) for text in ("true", "FALSE", "yes", "")] == [True, False, None, None]
