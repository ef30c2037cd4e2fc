"""NumPy's file format, for numbers only. Nothing is unpickled and nothing is evaluated: the head is read by patterns.

Source: NumPy reference, "numpy.lib.format", versions 1.0 to 3.0.
"""

from __future__ import annotations

import itertools
import math
import re
import struct
from collections.abc import Sequence
from typing import Final

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.tabular.limits import AXES_MAX, VALUES_MAX

MAGIC: Final = b"\x93NUMPY"
HEAD_BYTES: Final = 10_000  # NumPy's own bound for heads of files that are not trusted
_ALIGNED: Final = 64

_KINDS: Final = {
    "f2": "e", "f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "b1": "?",
}  # fmt: skip
"""NumPy's word for a type to that of `struct`."""

_DESCR = re.compile(r"'descr': ?'([<>|])([a-z][0-9])'")
_ORDER = re.compile(r"'fortran_order': ?(True|False)")
_SHAPE = re.compile(r"'shape': ?\(((?:[0-9]{1,9}(?:, ?[0-9]{1,9})*,?)?)\)")


class Array(msgspec.Struct, frozen=True, kw_only=True):
    """An array: its type as NumPy writes it (`<f8`), its shape, and its numbers, the last axis fastest."""

    descr: str
    shape: tuple[int, ...]
    values: tuple[float, ...]


def read_npy(body: bytes) -> Array:
    """Read a file that holds one array of numbers with at least one axis.

    Raises:
        MalformedRequest: anything else: objects, structures, texts, dates, complex numbers, a size that is not the shape's.
        LimitExceeded: more than VALUES_MAX numbers; found before any is made.
    """
    descr, fortran, shape, start = _head(body)
    count = math.prod(shape)
    if count > VALUES_MAX:
        raise LimitExceeded(f"the array has more than {VALUES_MAX} values")
    code = _KINDS[descr[1:]]
    wide = struct.calcsize(f"={code}")
    if len(body) - start != count * wide:
        raise MalformedRequest("the array's size is not the one that its shape says")
    values = struct.unpack(f"{'>' if descr[0] == '>' else '<'}{count}{code}", body[start:])
    return Array(descr=descr, shape=shape, values=_in_c_order(values, shape) if fortran and len(shape) > 1 else values)


def write_npy(array: Array) -> bytes:
    """Write an array, version 1.0, the last axis fastest."""
    shape = f"({array.shape[0]},)" if len(array.shape) == 1 else f"({', '.join(map(str, array.shape))})"
    head = f"{{'descr': '{array.descr}', 'fortran_order': False, 'shape': {shape}, }}"
    padded = head + " " * (-(len(MAGIC) + 4 + len(head) + 1) % _ALIGNED) + "\n"
    order, code = (">" if array.descr[0] == ">" else "<"), _KINDS[array.descr[1:]]
    return (
        MAGIC
        + b"\x01\x00"
        + struct.pack("<H", len(padded))
        + padded.encode()
        + struct.pack(f"{order}{len(array.values)}{code}", *array.values)
    )


def _head(body: bytes) -> tuple[str, bool, tuple[int, ...], int]:
    """Return type, whether the first axis is fastest, shape, and where the numbers begin."""
    if body[:6] != MAGIC or len(body) < 12 or body[6] not in {1, 2, 3} or body[7] != 0:
        raise MalformedRequest("the body is no file of NumPy's that ringwall reads")
    length, start = (
        struct.unpack_from("<H", body, 8)[0] if body[6] == 1 else struct.unpack_from("<I", body, 8)[0],
        10 if body[6] == 1 else 12,
    )
    if length > HEAD_BYTES or len(body) < start + length:
        raise MalformedRequest("the array's head is too long or cut off")
    try:
        head = body[start : start + length].decode("ascii")
    except UnicodeDecodeError:
        raise MalformedRequest("the array's head is not one of an array of numbers") from None
    members = head.strip().removeprefix("{").removesuffix("}")
    rest, found = members, []
    for pattern in (_DESCR, _ORDER, _SHAPE):
        match = pattern.search(rest)
        if match is None:
            raise MalformedRequest("the array's head is not one of an array of numbers")
        rest = rest[: match.start()] + rest[match.end() :]
        found.append(match)
    if rest.strip(" ,") or rest.count(",") > 3:
        raise MalformedRequest("the array's head is not one of an array of numbers")
    order, kind = found[0].groups()
    shape = tuple(int(each) for each in found[2][1].replace(" ", "").split(",") if each)
    if kind not in _KINDS or (order == "|") != (kind in {"i1", "u1", "b1"}) or not 1 <= len(shape) <= AXES_MAX or not all(shape):
        raise MalformedRequest("the array's type or shape is none that ringwall reads")
    return order + kind, found[1][1] == "True", shape, start + length


def _in_c_order(values: Sequence[float], shape: tuple[int, ...]) -> tuple[float, ...]:
    """Return numbers whose first axis was fastest with the last axis fastest."""
    steps = list(itertools.accumulate((1, *shape[:-1]), lambda one, size: one * size))
    places = [0]
    for size, step in zip(shape, steps, strict=True):
        places = [place + index * step for place in places for index in range(size)]
    return tuple(values[place] for place in places)
