"""`rwds/1` a second time, from its description alone: Python values in, no Arrow buffers, no kernels; slow and plain.

A table is a list of (name, type, values); types are the words and objects of the canonical schema.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

Table = Sequence[tuple[str, Any, Sequence[Any]]]
CHUNK = 65_536
FIXED = {"int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q"}
FIXED |= {"date": "i", "time(s)": "i", "time(ms)": "i", "time(us)": "q", "time(ns)": "q"}
FLOATS = {"float16": ("e", 0x7E00), "float32": ("f", 0x7FC00000), "float64": ("d", 0x7FF8000000000000)}


def schema_digest(table: Table) -> bytes:
    columns = [{"name": name, "type": kind} for name, kind, _ in table]
    text = json.dumps({"columns": columns, "format": "rwds/1"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def bits(flags: Sequence[bool]) -> bytes:
    made = bytearray((len(flags) + 7) // 8)
    for index, flag in enumerate(flags):
        made[index // 8] |= flag << (index % 8)
    return bytes(made)


def one(kind: str, value: Any) -> bytes:
    """The bytes of a value of one width; None is zeros."""
    word, _, arguments = kind.removesuffix(")").partition("(")
    if word == "binary":
        return bytes(int(arguments)) if value is None else value
    if word == "decimal":
        precision, scale = map(int, arguments.split(","))
        sign, digits, exponent = Decimal(value or 0).as_tuple()
        number = int("".join(map(str, digits))) * 10 ** (int(exponent) + scale if value else 0)
        return (-number if sign else number).to_bytes(16 if precision <= 38 else 32, "little", signed=True)
    if kind in FLOATS:
        letter, nan = FLOATS[kind]
        size = struct.calcsize(letter)
        if value is None:
            return bytes(size)
        return nan.to_bytes(size, "little") if math.isnan(value) else struct.pack("<" + letter, value)
    return struct.pack("<" + FIXED.get(kind, "q"), value or 0)


def body(kind: Any, values: Sequence[Any]) -> bytes:
    if kind == "null":
        return b""
    made = b"\x01" + bits([value is not None for value in values]) if None in values else b"\x00"
    if kind in ("string", "binary"):
        texts = [b"" if value is None else value.encode() if isinstance(value, str) else value for value in values]
        return made + b"".join(struct.pack("<I", len(text)) for text in texts) + b"".join(texts)
    if kind == "bool":
        return made + bits([bool(value) for value in values])
    if isinstance(kind, str):
        return made + b"".join(one(kind, value) for value in values)
    return made + nested(kind, values)


def nested(kind: dict[str, Any], values: Sequence[Any]) -> bytes:
    if "struct" in kind:
        return b"".join(body(each["type"], [None if value is None else value[each["name"]] for value in values]) for each in kind["struct"])
    inner = kind.get("list")
    if "map" in kind:
        inner = {"struct": [{"name": "k", "type": kind["map"][0]}, {"name": "v", "type": kind["map"][1]}]}
        values = [None if value is None else [{"k": k, "v": v} for k, v in value] for value in values]
    made = b"" if "size" in kind else b"".join(struct.pack("<I", len(value or ())) for value in values)
    flat = [item for value in values if value is not None for item in value]
    return made + struct.pack("<Q", len(flat)) + body(inner, flat)


def column_leaves(table: Table, hasher: Callable[[bytes], Any] = hashlib.sha256) -> list[bytes]:
    digest, rows = schema_digest(table), len(table[0][2])
    leaves = []
    for chunk in range(-(-rows // CHUNK)):
        for index, (_, kind, values) in enumerate(table):
            piece = values[chunk * CHUNK : (chunk + 1) * CHUNK]
            header = b"\x00rwds/1 column\x00" + digest + struct.pack("<IQI", index, chunk, len(piece))
            leaves.append(hasher(header + body(kind, piece)).digest())
    return leaves


def row_bytes(table: Table, index: int) -> bytes:
    row = [(kind, values[index]) for _, kind, values in table]
    texts = [
        b"" if value is None else value.encode() if isinstance(value, str) else value for kind, value in row if kind in ("string", "binary")
    ]
    fixed = b"".join(
        bytes([bool(value)]) if kind == "bool" else one(kind, value) for kind, value in row if kind not in ("string", "binary", "null")
    )
    return bits([value is None for _, value in row]) + fixed + b"".join(struct.pack("<I", len(text)) for text in texts) + b"".join(texts)


def row_leaves(table: Table, salts: Sequence[bytes], hasher: Callable[[bytes], Any] = hashlib.sha256) -> list[bytes]:
    rows = [hasher(b"\x02" + salt + row_bytes(table, index)).digest() for index, salt in enumerate(salts)]
    return [hashlib.sha256(b"\x00" + b"".join(rows[at : at + 16])).digest() for at in range(0, len(rows), 16)]


def tree(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 s.2.1, from its definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + tree(leaves[:split]) + tree(leaves[split:])).digest()


def digest(table: Table, leaves: Sequence[bytes], mode: str, hash_: str = "sha256") -> str:
    whole = {
        "columns": len(table),
        "format": "rwds/1",
        "hash": hash_,
        "mode": mode,
        "root": tree(leaves).hex(),
        "rows": len(table[0][2]),
        "schemaDigest": schema_digest(table).hex(),
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
