"""One column of one chunk of rows as canonical bytes, and the leaf they hash to.

A leaf hashes `0x00 | "rwds/1 column" 0x00 | schema digest | column u32 | chunk u64 | rows u32 | body`, numbers little-endian. The body:

- `0x00`, or `0x01` and a bitmap with a 1 for each value that is not null (bit 0 first; the bits past the end are 0);
- fixed widths: the values, little-endian, nulls as zero bytes; booleans as a bitmap; every NaN as the one quiet NaN, -0.0 as it is;
- texts and bytes: the lengths as u32, then the values one after the other; a null has length 0;
- lists: the lengths as u32 (none where the type fixes them), the number of inner values as u64, then the body of those, nulls having none;
- structs: the bodies of the members, null wherever the struct is; a map is a list of structs of two; `null` has no body.

The type and the number of rows are known from the schema and the header, so two different columns have no body in common.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from ringwall.data.commitment.extra import arrow, compute
from ringwall.data.commitment.schema import FORMAT
from ringwall.errors import Bug, LimitExceeded

CHUNK_ROWS: Final = 65_536
_OFFSETS_END: Final = 2**31 - 1
_LENGTH_END: Final = 2**32 - 1
_HEADER: Final = struct.Struct("<IQI")
_DOMAIN: Final = b"\x00" + FORMAT.encode() + b" column\0"
_QUIET_NAN: Final = {16: 0x7E00, 32: 0x7FC00000, 64: 0x7FF8000000000000}
_MAGNITUDE_16: Final = 0x7FFF
_INFINITY_16: Final = 0x7C00

Hasher = Callable[..., Any]


def column_leaf(hasher: Hasher, schema_digest: bytes, column: int, chunk: int, values: Any) -> bytes:
    """Hash one column of one chunk.

    Args:
        hasher: makes the hash object, as `hashlib.sha256` does.
        schema_digest: of the table's canonical schema.
        column: its index.
        chunk: the index of the chunk: row number / 65,536.
        values: a `pyarrow.Array` of at most 65,536 rows.
    """
    hash_ = hasher()
    hash_.update(_DOMAIN + schema_digest + _HEADER.pack(column, chunk, len(values)))
    for piece in body(values):
        hash_.update(piece)
    digest: bytes = hash_.digest()
    return digest


def joined(pieces: list[Any]) -> Any:
    """Make one array of the pieces of a column, decoded, so that the joins between them leave no trace."""
    plain = [decoded(piece) for piece in pieces]
    if len(plain) == 1:
        return plain[0]
    pa = arrow()
    kind = plain[0].type
    if sum(piece.nbytes for piece in plain) > _OFFSETS_END:
        wide = pa.large_string() if pa.types.is_string(kind) else pa.large_binary() if pa.types.is_binary(kind) else kind
        plain = [piece.cast(wide) for piece in plain]
    return pa.concat_arrays(plain)


def decoded(values: Any) -> Any:
    """Return an array in the plain kin of its type: no dictionary, run lengths, views or odd widths. Inner arrays stay as they are."""
    pa = arrow()
    types, kind = pa.types, values.type
    if types.is_dictionary(kind):
        return decoded(values.dictionary).take(values.indices)
    if types.is_run_end_encoded(kind):
        return decoded(compute().run_end_decode(values))
    wanted = kind
    if types.is_decimal(kind) and kind.precision <= 38:
        wanted = pa.decimal128(kind.precision, kind.scale)
    elif types.is_string_view(kind) or types.is_binary_view(kind):
        wanted = pa.large_string() if types.is_string_view(kind) else pa.large_binary()
    elif types.is_date64(kind):
        wanted = pa.date32()
    return values if wanted == kind else values.cast(wanted)


def body(values: Any) -> Iterator[Any]:
    """Yield the buffers of an array's canonical bytes."""
    values = decoded(values)
    types, kind = arrow().types, values.type
    if types.is_null(kind):
        return
    has_nulls = values.null_count > 0
    yield b"\x01" if has_nulls else b"\x00"
    if has_nulls:
        yield bitmap(compute().is_valid(values))
    if is_text(kind):
        yield from _text(values, has_nulls=has_nulls)
    elif types.is_boolean(kind):
        yield bitmap(compute().fill_null(values, False) if has_nulls else values)
    elif types.is_nested(kind):
        yield from _inner(values, has_nulls=has_nulls)
    else:
        yield fixed(values, has_nulls=has_nulls)


def is_text(kind: Any) -> bool:
    """Say whether values of a decoded type are texts or bytes of any length."""
    types = arrow().types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind))


def bitmap(values: Any) -> bytes:
    """Return the bits of a boolean array without nulls, bit 0 first, from bit 0 of byte 0 on, padded with zeros."""
    count, offset = len(values), values.offset
    if not count:
        return b""
    packed = memoryview(values.buffers()[1])[offset // 8 : (offset + count + 7) // 8]
    bits = int.from_bytes(packed, "little") >> (offset % 8)
    kept: int = bits & ((1 << count) - 1)
    return kept.to_bytes((count + 7) // 8, "little")


def lengths(values: Any) -> Any:
    """Return the lengths of texts as an array of u32, nulls as 0.

    Raises:
        LimitExceeded: a value of 4 GiB or more.
    """
    pc, pa = compute(), arrow()
    found = pc.fill_null(pc.binary_length(values), 0)
    if pa.types.is_int64(found.type) and len(found) and pc.max(found).as_py() > _LENGTH_END:
        raise LimitExceeded("a value has 4 GiB or more")
    return found.cast(pa.uint32())


def text_bytes(values: Any) -> memoryview:
    """Return the bytes of texts without nulls, one after the other."""
    pa = arrow()
    kind = values.type
    wide = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    _, offsets, data = values.buffers()
    if not len(values) or data is None:
        return memoryview(b"")
    at = memoryview(offsets).cast("B").cast("q" if wide else "i")
    return memoryview(data)[at[values.offset] : at[values.offset + len(values)]]


def _text(values: Any, *, has_nulls: bool) -> Iterator[Any]:
    counted = lengths(values)
    yield _slice(counted, 32)
    # A null may have bytes of its own in Arrow: they are no part of the table.
    yield text_bytes(compute().fill_null(values, arrow().scalar(b"").cast(values.type)) if has_nulls else values)


def fixed(values: Any, *, has_nulls: bool) -> memoryview:
    """Return the little-endian bytes of values of one width, nulls as zeros, NaN as the one NaN."""
    pa, pc = arrow(), compute()
    types, kind = pa.types, values.type
    width = int(kind.bit_width)
    if types.is_floating(kind):
        values = _one_nan(values, width)
    elif types.is_primitive(kind):
        values = values.view(_unsigned(width))
    if has_nulls:
        values = pc.fill_null(values, _zero(values.type))
    return _slice(values, width)


def _zero(kind: Any) -> Any:
    pa = arrow()
    if pa.types.is_fixed_size_binary(kind):
        return pa.scalar(bytes(kind.byte_width), kind)
    return pa.scalar(Decimal(0) if pa.types.is_decimal(kind) else 0, kind)


def _unsigned(width: int) -> Any:
    pa = arrow()
    return {8: pa.uint8(), 16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}[width]


def _one_nan(values: Any, width: int) -> Any:
    """Return floats as the integers of their bits, every NaN being the same."""
    pa, pc = arrow(), compute()
    bits = values.view(_unsigned(width))
    if width == 16:  # no kernel tells its NaN
        nan = pc.greater(pc.bit_wise_and(bits, pa.scalar(_MAGNITUDE_16, pa.uint16())), pa.scalar(_INFINITY_16, pa.uint16()))
    else:
        nan = pc.is_nan(values)
    return pc.if_else(nan, pa.scalar(_QUIET_NAN[width], _unsigned(width)), bits) if pc.any(nan).as_py() else bits


def _inner(values: Any, *, has_nulls: bool) -> Iterator[Any]:
    pa, pc = arrow(), compute()
    types, kind = pa.types, values.type
    if types.is_struct(kind):
        for member in values.flatten():
            yield from body(member)
        return
    if types.is_map(kind):
        values = values.cast(pa.list_(pa.struct([pa.field("key", kind.key_type), pa.field("value", kind.item_type)])))
    if not types.is_fixed_size_list(kind):
        counted = pc.list_value_length(values)
        yield _slice((pc.fill_null(counted, 0) if has_nulls else counted).cast(pa.uint32()), 32)
    inner = values.flatten()
    yield len(inner).to_bytes(8, "little")
    yield from body(inner)


def _slice(values: Any, width: int) -> memoryview:
    """Return the bytes of the array's own stretch of its buffer."""
    data = values.buffers()[1]
    if width % 8:
        raise Bug("a fixed width of a part of a byte", width=width)
    if not len(values) or data is None:
        return memoryview(b"")
    size = width // 8
    return memoryview(data)[values.offset * size : (values.offset + len(values)) * size]
