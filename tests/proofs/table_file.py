"""The tables as parts that can be changed one by one, and written down again: how defects are planted."""

from __future__ import annotations

import json
import struct
from array import array
from typing import Any

NONE, BYTES, CODE, COPY, TEXT, BREAK, FAIL, REWIND = range(8)
NEXT, KIND, FLAGS, MUL, ADD, KEEP, SHIFT, COUNT, BACK = range(9)
FIELDS = 11


class TableFile:
    """Header and sections of `tables.bin`, decompressed."""

    def __init__(self, data: bytes) -> None:
        (size,) = struct.unpack_from("<I", data, 4)
        self.header: dict[str, Any] = json.loads(data[8 : 8 + size])
        body = data[8 + size :]
        self.sections: dict[str, array] = {}
        for name, (kind, offset, count) in self.header["sections"].items():
            self.sections[name] = array(kind)
            self.sections[name].frombytes(body[offset : offset + count * self.sections[name].itemsize])

    def to_bytes(self) -> bytes:
        body, places = bytearray(), {}
        for name, values in self.sections.items():
            body.extend(b"\0" * (-len(body) % 8))
            places[name] = (values.typecode, len(body), len(values))
            body.extend(values.tobytes())
        head = json.dumps(self.header | {"sections": places}, separators=(",", ":"), sort_keys=True).encode()
        head += b" " * (-(len(head) + 8) % 8)
        return b"RWT1" + struct.pack("<I", len(head)) + head + bytes(body)

    def machine(self, name: str) -> dict[str, Any]:
        (found,) = [m for m in self.header["machines"] if m["name"] == name]
        return found

    def drop(self, name: str) -> None:
        self.header["machines"] = [m for m in self.header["machines"] if m["name"] != name]

    def row(self, name: str, state: int, symbol: int) -> int:
        wide = self.machine(name)["class_count"]
        return self.sections[f"{name}.transitions"][state * wide + self.sections[f"{name}.classes"][symbol]]

    def op(self, name: str, state: int, symbol: int) -> list[int]:
        row = self.row(name, state, symbol)
        return list(self.sections[f"{name}.ops"][row * FIELDS : (row + 1) * FIELDS])

    def put(self, name: str, state: int, symbol: int, op: list[int]) -> None:
        """Give one state and symbol an op of their own; the symbol leaves its class if it shares one."""
        machine, classes = self.machine(name), self.sections[f"{name}.classes"]
        wide, states = machine["class_count"], machine["state_count"]
        transitions = self.sections[f"{name}.transitions"]
        if list(classes).count(classes[symbol]) > 1:
            rows = [list(transitions[q * wide : (q + 1) * wide]) for q in range(states)]
            for row in rows:
                row.append(row[classes[symbol]])
            transitions = self.sections[f"{name}.transitions"] = array("H", [t for row in rows for t in row])
            classes[symbol] = wide
            machine["class_count"] = wide = wide + 1
        ops = self.sections[f"{name}.ops"]
        transitions[state * wide + classes[symbol]] = len(ops) // FIELDS
        ops.extend(op)

    def change(self, name: str, change: Any) -> None:
        """Change every op row of a machine in place: `change(row)` edits a list."""
        ops = self.sections[f"{name}.ops"]
        for place in range(0, len(ops), FIELDS):
            row = list(ops[place : place + FIELDS])
            change(row)
            ops[place : place + FIELDS] = array("q", row)

    def same_class(self, name: str, symbol: int, other: int) -> None:
        self.sections[f"{name}.classes"][symbol] = self.sections[f"{name}.classes"][other]

    def swap_classes(self, name: str, symbol: int, other: int) -> None:
        classes = self.sections[f"{name}.classes"]
        classes[symbol], classes[other] = classes[other], classes[symbol]

    def fold(self, name: str, code_point: int, image: str) -> None:
        """Fold one code point to something else; its page becomes its own."""
        index, entries, pool = (self.sections[f"{name}.{part}"] for part in ("index", "entries", "pool"))
        page = index[code_point >> 8]
        index[code_point >> 8] = len(entries) // 256
        entries.extend(entries[page * 256 : (page + 1) * 256])
        entries[index[code_point >> 8] << 8 | code_point & 255] = 0 if image == chr(code_point) else len(pool) << 5 | len(image)
        pool.extend(map(ord, image))

    def walk(self, name: str, text: str, lane: int = 0) -> int:
        """Return the state after some characters that neither fail nor are read again."""
        state = self.machine(name)["starts"][lane]
        for character in text:
            state = self.op(name, state, ord(character))[NEXT]
        return state
