"""Generate the tables: `python -m ringwall.text.tables.generate` writes `tables.bin` and `manifest.json` beside this file.

File: zlib of "RWT1", uint32 header length, a JSON header, sections (little-endian arrays, each at a multiple of 8). Everything that folds
or decodes a text is in it; interpreters hold no alphabet of their own. `docs/decisions/0001-text-tables.md` says why.
"""

from __future__ import annotations

import hashlib
import json
import struct
import unicodedata
import zlib
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ringwall.text.tables import character_folds, scanning, utf8
from ringwall.text.tables.block_codes import BLOCK_CODES
from ringwall.text.tables.inplace_codes import INPLACE_CODES
from ringwall.text.tables.machine import VERSION, Machine, tabulate

MAGIC = b"RWT1"
PAGE = 256
_CODE_POINTS = 0x110000
# Decoders read every text as it is, backwards, and through the two involutions that people use.
_DECODE_READINGS = (("", False), ("", True), ("rot13", False), ("atbash", False))


class _Sections:
    """Arrays laid one after the other, remembered by name."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.places: dict[str, tuple[str, int, int]] = {}

    def add(self, name: str, kind: str, values: bytes | list[int] | tuple[int, ...]) -> None:
        """Append an array of `kind` (an `array` type code with a fixed size: B, H, I or q)."""
        self.body.extend(b"\0" * (-len(self.body) % 8))
        data = values if isinstance(values, bytes) else array(kind, values).tobytes()
        self.places[name] = (kind, len(self.body), len(data) // array(kind).itemsize)
        self.body.extend(data)


def _add_fold(sections: _Sections, name: str, fold: Callable[[int], str]) -> None:
    """Add a two-level map: entry 0 is "itself", otherwise pool offset << 5 | length."""
    pool: list[int] = [0]
    places: dict[str, int] = {}
    pages: dict[tuple[int, ...], int] = {}
    index: list[int] = []
    for first in range(0, _CODE_POINTS, PAGE):
        entries = []
        for code_point in range(first, first + PAGE):
            text = fold(code_point)
            if text == chr(code_point):
                entries.append(0)
                continue
            if text not in places:
                places[text] = len(pool) << 5 | len(text)
                pool.extend(map(ord, text))
            entries.append(places[text])
        index.append(pages.setdefault(tuple(entries), len(pages)))
    sections.add(f"{name}.index", "H", index)
    sections.add(f"{name}.entries", "I", [entry for page in pages for entry in page])
    sections.add(f"{name}.pool", "I", pool)


def _add_machine(sections: _Sections, machine: Machine) -> dict[str, Any]:
    sections.add(f"{machine.name}.classes", "B", machine.classes)
    sections.add(f"{machine.name}.alphabet", "B", machine.alphabet)
    sections.add(f"{machine.name}.transitions", "H", machine.transitions)
    sections.add(f"{machine.name}.ops", "q", [value for op in machine.ops for value in op])
    sections.add(f"{machine.name}.texts", "I", [ord(c) for c in machine.texts] or [0])
    kept = ("name", "sink", "starts", "minimum", "run_minimum", "minimum_changes", "lattice", "state_count", "class_count")
    return {key: getattr(machine, key) for key in kept} | {"readings": _readings(machine)}


def _readings(machine: Machine) -> list[int]:
    """Leave out the decode readings whose alphabet map the machine cannot see: digits and dots are the same after rot13."""
    kept = []
    for reading, (name, _) in enumerate(_DECODE_READINGS):
        if name and not machine.mapped:
            continue
        mapped = scanning.character_map(scanning.alphabets()[name])
        if not name or any(machine.classes[mapped[symbol]] != machine.classes[symbol] for symbol in range(128)):
            kept.append(reading)
    return kept


def build() -> bytes:
    """Return the file's bytes before compression; the same on every machine with the same Unicode version."""
    sections = _Sections()
    for name in ("characters", "letters", "specks"):
        _add_fold(sections, name, getattr(character_folds, name))
    machines = [_add_machine(sections, tabulate(define())) for define in (*BLOCK_CODES, *INPLACE_CODES)]
    alphabets = scanning.alphabets()
    sections.add("scan.symbols", "B", scanning.symbol_table())
    sections.add("scan.columns", "B", b"".join(scanning.columns_of(alphabet) for alphabet in alphabets.values()))
    sections.add("maps", "B", b"".join(scanning.character_map(alphabet) for alphabet in alphabets.values()))
    sections.add("leet", "B", scanning.leet_map())
    sections.add("utf8.transitions", "B", utf8.transitions())
    sections.add("utf8.leads", "B", utf8.lead_masks())
    names = list(alphabets)
    header = {
        "version": VERSION,
        "unicode": unicodedata.unidata_version,
        "machines": machines,
        "alphabets": names,
        "decode_readings": [[names.index(name), backwards] for name, backwards in _DECODE_READINGS],
        "scan": {
            "symbol_count": scanning.SYMBOL_COUNT,
            "column_count": scanning.COLUMN_COUNT,
            "first_leet": scanning.FIRST_LEET,
            "marker": scanning.MARKER,
            "leet": scanning.LEET,
        },
        "sections": sections.places,
    }
    head = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    head += b" " * (-(len(head) + 8) % 8)
    return MAGIC + struct.pack("<I", len(head)) + head + bytes(sections.body)


def manifest(data: bytes) -> dict[str, Any]:
    """Describe the file as `manifest.json` does; the digest is of the bytes before compression, whose form may differ between zlib
    versions.
    """
    return {"file": "tables.bin", "sha256": hashlib.sha256(data).hexdigest(), "version": VERSION, "unicode": unicodedata.unidata_version}


def main() -> None:
    """Write both files."""
    here = Path(__file__).resolve().parent
    data = build()
    (here / "tables.bin").write_bytes(zlib.compress(data, 9))
    (here / "manifest.json").write_text(json.dumps(manifest(data), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
