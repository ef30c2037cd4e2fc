"""A request's body as rows of numbers, by its media type."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from ringwall.wire.errors import MalformedRequest
from ringwall.wire.tabular.csv_rows import read_csv
from ringwall.wire.tabular.errors import UnreadMedia
from ringwall.wire.tabular.json_rows import read_json
from ringwall.wire.tabular.npy import read_npy

Rows = tuple[tuple[float, ...], ...]

JSON: Final = "application/json"
CSV: Final = "text/csv"
NPY: Final = "application/x-npy"
_PARAMETERS: Final = frozenset({"charset=utf-8", "charset=us-ascii", "header=absent", "label_size=0"})


def media_of(content_type: str) -> str:
    """Return which of the three media types a Content-Type names; parameters must say nothing that changes how it is read.

    Raises:
        UnreadMedia: another type, or a parameter that is not known (`header=present`).
    """
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if kind not in {JSON, CSV, NPY} or not {each.replace('"', "") for each in parameters if each} <= _PARAMETERS:
        raise UnreadMedia("the body's media type is none of application/json, text/csv and application/x-npy, or has parameters")
    return kind


def read_rows(content_type: str, body: bytes) -> Rows:
    """Return the rows of a body, at least one; all numbers are finite.

    Raises:
        UnreadMedia, MalformedRequest, LimitExceeded: it is not one of these, or too large.
    """
    return _READERS[media_of(content_type)](body)


def _read_npy(body: bytes) -> Rows:
    array = read_npy(body)
    values = tuple(map(float, array.values))
    if not all(map(math.isfinite, values)):
        raise MalformedRequest("the array holds a number that is not finite")
    if len(array.shape) == 1:
        return (values,)
    wide = math.prod(array.shape[1:])
    return tuple(values[start : start + wide] for start in range(0, len(values), wide))


_READERS: Mapping[str, Callable[[bytes], Rows]] = {JSON: read_json, CSV: read_csv, NPY: _read_npy}
