"""The file that a linear model's weights travel in: read whole, checked whole, or refused.

    8 bytes   magic `RWLINEAR`
    4 bytes   length of the header, little endian
    n bytes   the header, JSON (`Header`)
    tables    int8, row by row, one column per head: the word table, then the character table

Two digests guard it: the file's SHA-256 is pinned beside it in `sha256sums.txt` (the format that `sha256sum -c` reads), the tables' is in
the header.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from ringwall.crypto import equal, sha256
from ringwall.errors import IntegrityError
from ringwall.watch import features
from ringwall.watch.calibration import Calibration, Thresholds

MAGIC = b"RWLINEAR"
MAX_HEADER_BYTES = 1 << 20
MAX_BITS = 24
MAX_HEADS = 16


class WeightsRefused(IntegrityError, code="weights-refused"):
    """A weights file is not the one that was released."""

    remedy = "reinstall ringwall, or train the weights again and pin their digest"


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One category: how its integer sums become a margin, and the margin a score."""

    name: str
    word_scale: float
    character_scale: float
    bias: float
    calibration: Calibration
    thresholds: Thresholds


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the tables mean."""

    format: Literal[1]
    name: str
    version: str
    features: int
    word_bits: int
    character_bits: int
    heads: tuple[Head, ...]
    tables_sha256: str


class Weights(msgspec.Struct, frozen=True):
    """A checked file's content."""

    header: Header
    word_table: bytes
    character_table: bytes
    sha256: str


def parse(data: bytes, *, expected_sha256: str) -> Weights:
    """Check a file and return its tables.

    1. The bytes have the pinned digest. 2. The header is one that this version reads, with this version's features. 3. The tables are as
    long as the header says, and have the header's digest. 4. Every number is finite.

    Raises:
        WeightsRefused: any of these does not hold.
    """
    digest = sha256(data).hex()
    if not equal(digest.encode(), expected_sha256.encode()):
        raise WeightsRefused("the weights file does not have its pinned digest", digest=digest, expected=expected_sha256)
    header, tables = _split(data)
    word_size = len(header.heads) << header.word_bits
    if len(tables) != word_size + (len(header.heads) << header.character_bits):
        raise WeightsRefused("the weights file's tables are not as long as its header says")
    if not equal(sha256(tables).hex().encode(), header.tables_sha256.encode()):
        raise WeightsRefused("the weights file's tables do not have the header's digest")
    for head in header.heads:
        if not all(map(math.isfinite, (head.word_scale, head.character_scale, head.bias, *head.calibration.margins))):
            raise WeightsRefused(f"the weights of `{head.name}` are not finite")
        if not 0.0 < head.thresholds.low < head.thresholds.medium < head.thresholds.high <= 1.0:
            raise WeightsRefused(f"the thresholds of `{head.name}` are out of order")
    return Weights(header=header, word_table=tables[:word_size], character_table=tables[word_size:], sha256=digest)


def _split(data: bytes) -> tuple[Header, bytes]:
    start = len(MAGIC) + 4
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise WeightsRefused("this is not a weights file")
    length = int.from_bytes(data[len(MAGIC) : start], "little")
    if length > MAX_HEADER_BYTES or len(data) < start + length:
        raise WeightsRefused("the weights file's header is cut off or too long")
    try:
        header = msgspec.json.decode(data[start : start + length], type=Header)
    except (msgspec.DecodeError, IntegrityError) as error:
        raise WeightsRefused(f"the weights file's header cannot be read: {error}") from error
    if header.features != features.VERSION:
        raise WeightsRefused(f"the weights were trained on features version {header.features}, this is version {features.VERSION}")
    if not 3 <= header.word_bits <= MAX_BITS or not 3 <= header.character_bits <= MAX_BITS or not 1 <= len(header.heads) <= MAX_HEADS:
        raise WeightsRefused("the weights file's table sizes are out of range")
    return header, data[start + length :]


def assemble(header: Header, word_table: bytes, character_table: bytes) -> bytes:
    """Return the file of a header and its tables (training writes it; the header's digest must be the tables')."""
    encoded = msgspec.json.encode(header)
    return MAGIC + len(encoded).to_bytes(4, "little") + encoded + word_table + character_table
