"""The committed tables are what their generator makes, and a damaged file is refused."""

from __future__ import annotations

import hashlib
import random
import unicodedata

import pytest

from ringwall.text.native_interpreter import NativeInterpreter, native_is_built
from ringwall.text.tables import generate, load_tables, loader, tables_digest, tables_version
from ringwall.text.tables.loader import CorruptTables, parse, table_bytes


def test_committed_tables_are_what_the_generator_makes() -> None:
    manifest = loader._manifest()
    if unicodedata.unidata_version != manifest["unicode"]:
        pytest.skip(f"the tables are of Unicode {manifest['unicode']}, this Python has {unicodedata.unidata_version}")
    data = generate.build()
    assert data == table_bytes()
    assert generate.manifest(data) == manifest


def test_digest_and_version_are_the_manifests() -> None:
    assert tables_digest() == hashlib.sha256(table_bytes()).hexdigest() == loader._manifest()["sha256"]
    assert tables_version() == generate.VERSION


def test_a_truncated_file_is_refused() -> None:
    data = table_bytes()
    for size in (0, 3, 4, 7, 100, 20_000, len(data) - 1):
        with pytest.raises(CorruptTables):
            parse(data[:size])


def test_damaged_sections_never_get_an_index_past_the_loader() -> None:
    """Flip bytes everywhere: the loader refuses, or what it returns is still within bounds (so the C interpreter takes it)."""
    data, randomness = bytearray(table_bytes()), random.Random(1)
    refused = 0
    for _ in range(60):
        place, old = randomness.randrange(8, len(data)), 0
        old, data[place] = data[place], 255
        try:
            tables = parse(bytes(data))
            if native_is_built():
                NativeInterpreter(tables)
        except CorruptTables:
            refused += 1
        data[place] = old
    assert refused > 0


def test_every_decoder_is_named_once_and_can_be_reached() -> None:
    tables = load_tables()
    names = [machine.name for machine in tables.machines]
    assert len(set(names)) == len(names)
    assert all(machine.readings for machine in tables.machines)
    assert [tables.alphabets[alphabet] + "<" * backwards for alphabet, backwards in tables.decode_readings] == ["", "<", "rot13", "atbash"]
