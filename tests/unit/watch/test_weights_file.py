"""A weights file is read whole and checked whole, or refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringwall.watch import WeightsRefused, features, shipped
from ringwall.watch.calibration import Calibration, Thresholds
from ringwall.watch.linear import CONTENT_WEIGHTS, LinearContentScorer
from ringwall.watch.weights_file import MAGIC, Head, Header, Weights, assemble, parse

BITS = 4
WORDS = bytes(range(16))
CHARACTERS = bytes(range(16, 32))


def header(**changes: Any) -> Header:
    head = Head(
        name="HATE",
        word_scale=0.5,
        character_scale=0.25,
        bias=-1.0,
        calibration=Calibration(margins=(-1.0, 1.0), scores=(0.0, 1.0)),
        thresholds=Thresholds(0.5, 0.7, 0.9),
    )
    whole = Header(
        format=1,
        name="tiny",
        version="1",
        features=features.VERSION,
        word_bits=BITS,
        character_bits=BITS,
        heads=(head,),
        tables_sha256=hashlib.sha256(WORDS + CHARACTERS).hexdigest(),
    )
    return msgspec.structs.replace(whole, **changes)


def pinned(data: bytes) -> Weights:
    return parse(data, expected_sha256=hashlib.sha256(data).hexdigest())


def test_what_is_assembled_is_read_back() -> None:
    data = assemble(header(), WORDS, CHARACTERS)
    weights = pinned(data)
    assert (weights.word_table, weights.character_table) == (WORDS, CHARACTERS)
    assert weights.header == header()
    assert weights.sha256 == hashlib.sha256(data).hexdigest()
    assert 0.0 <= LinearContentScorer(weights).score("hello")["HATE"] <= 1.0


def test_any_changed_byte_is_refused() -> None:
    data = assemble(header(), WORDS, CHARACTERS)
    digest = hashlib.sha256(data).hexdigest()
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(WeightsRefused):
            parse(bytes(changed), expected_sha256=digest)


def head_with(**changes: Any) -> tuple[Head, ...]:
    return (msgspec.structs.replace(header().heads[0], **changes),)


WRONG: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "only the magic": lambda: MAGIC,
    "another magic": lambda: b"XX" + assemble(header(), WORDS, CHARACTERS)[2:],
    "a header that is cut off": lambda: assemble(header(), WORDS, CHARACTERS)[:40],
    "a header length beyond the limit": lambda: MAGIC + b"\xff\xff\xff\xff" + bytes(100),
    "a header that is not JSON": lambda: MAGIC + (4).to_bytes(4, "little") + b"{{{{" + WORDS + CHARACTERS,
    "a header with an unknown field": lambda: MAGIC + (9).to_bytes(4, "little") + b'{"no": 1}' + WORDS + CHARACTERS,
    "tables that are too short": lambda: assemble(header(), WORDS, CHARACTERS[:-1]),
    "tables that are too long": lambda: assemble(header(), WORDS, CHARACTERS + b"\0"),
    "tables of another digest": lambda: assemble(header(), CHARACTERS, WORDS),
    "features of another version": lambda: assemble(header(features=features.VERSION + 1), WORDS, CHARACTERS),
    "no heads": lambda: assemble(header(heads=()), b"", b""),
    "too many bits": lambda: assemble(header(word_bits=30), WORDS, CHARACTERS),
    "thresholds out of order": lambda: assemble(header(heads=head_with(thresholds=Thresholds(0.9, 0.7, 0.5))), WORDS, CHARACTERS),
    "thresholds of zero": lambda: assemble(header(heads=head_with(thresholds=Thresholds(0.0, 0.7, 0.9))), WORDS, CHARACTERS),
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_even_where_its_digest_is_pinned(make: Callable[[], bytes]) -> None:
    with pytest.raises(WeightsRefused):
        pinned(make())


class TestShippedFiles:
    """Files beside their list of pinned digests."""

    def test_a_pinned_file_is_returned(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(b"abc")
        (tmp_path / shipped.PINS).write_text(f"{hashlib.sha256(b'abc').hexdigest()}  a.bin\n")
        assert shipped.checked("a.bin", where=tmp_path) == (b"abc", hashlib.sha256(b"abc").hexdigest())

    def test_a_changed_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(b"abd")
        (tmp_path / shipped.PINS).write_text(f"{hashlib.sha256(b'abc').hexdigest()}  a.bin\n")
        with pytest.raises(WeightsRefused, match="pinned digest"):
            shipped.checked("a.bin", where=tmp_path)

    def test_a_file_that_is_not_pinned_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(b"abc")
        (tmp_path / shipped.PINS).write_text("")
        with pytest.raises(WeightsRefused, match="no digest"):
            shipped.checked("a.bin", where=tmp_path)

    def test_two_digests_for_one_file_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(b"abc")
        (tmp_path / shipped.PINS).write_text(f"{hashlib.sha256(b'abc').hexdigest()}  a.bin\n{'0' * 64}  a.bin\n")
        with pytest.raises(WeightsRefused, match="two digests"):
            shipped.checked("a.bin", where=tmp_path)

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsRefused, match="missing"):
            shipped.checked("a.bin", where=tmp_path)

    def test_a_missing_list_of_pins_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(b"abc")
        with pytest.raises(WeightsRefused, match="missing"):
            shipped.checked("a.bin", where=tmp_path)

    def test_a_file_beyond_the_limit_is_refused(self, tmp_path: Path) -> None:
        with (tmp_path / "a.bin").open("wb") as file:
            file.truncate(shipped.MAX_BYTES + 1)
        with pytest.raises(WeightsRefused, match="longer"):
            shipped.checked("a.bin", where=tmp_path)

    def test_the_shipped_weights_are_the_pinned_ones(self) -> None:
        data, digest = shipped.checked(CONTENT_WEIGHTS)
        assert parse(data, expected_sha256=digest).header.name == "ringwall-content-linear"
