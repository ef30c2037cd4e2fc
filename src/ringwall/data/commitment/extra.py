"""The packages of the extra `data`, imported when a data set is read and not before."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from ringwall.errors import DependencyError


class ExtraMissing(DependencyError, code="extra-missing"):
    """A package that data sets are read with is not installed."""

    remedy = "install it with `pip install ringwall[data]`"


def arrow() -> Any:
    """Return `pyarrow`.

    Raises:
        ExtraMissing: it is not installed. DependencyError: this machine stores numbers the other way round.
    """
    if sys.byteorder != "little":
        raise DependencyError("data sets are committed on little-endian machines only")
    return _package("pyarrow")


def compute() -> Any:
    """Return `pyarrow.compute`.

    Raises:
        ExtraMissing: it is not installed.
    """
    return _package("pyarrow.compute")


def part(name: str) -> Any:
    """Return another module of pyarrow: `parquet`, `csv`, `ipc`.

    Raises:
        ExtraMissing: it is not installed.
    """
    return _package(f"pyarrow.{name}")


def blake3() -> Any:
    """Return the hash function BLAKE3, which is called as those of hashlib are.

    Raises:
        ExtraMissing: it is not installed.
    """
    return _package("blake3").blake3


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ExtraMissing(f"`{name.partition('.')[0]}` is not installed") from error
