"""Write merkle.json: `python tests/conformance/vectors/make_merkle.py`.

The definitions of RFC 6962 s.2.1 word by word, recursive and without any of ringwall: an independent opinion on the product's iterative ones.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: list[bytes]) -> bytes:
    if not d:
        return hashlib.sha256().digest()
    if len(d) == 1:
        return hashlib.sha256(b"\x00" + d[0]).digest()
    k = split(len(d))
    return hashlib.sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: list[bytes]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: list[bytes], *, complete: bool) -> list[bytes]:
    if m == len(d):
        return [] if complete else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], complete=complete), mth(d[k:])]
    return [*subproof(m - k, d[k:], complete=False), mth(d[:k])]


def main() -> None:
    entries = [b"", b"\x00", b"\x01", *[b"entry %d" % turn * turn for turn in range(3, 40)]]
    vectors = {
        "source": "RFC 6962 s.2.1, by the definitions (make_merkle.py)",
        "entries": [entry.hex() for entry in entries],
        "roots": [mth(entries[:size]).hex() for size in range(len(entries) + 1)],
        "inclusion": [
            {"size": size, "index": index, "path": [node.hex() for node in path(index, entries[:size])]}
            for size in (1, 2, 3, 7, 8, 9, 31, 33, 40)
            for index in {0, size // 2, size - 1}
        ],
        "consistency": [
            {"old": old, "size": size, "path": [node.hex() for node in subproof(old, entries[:size], complete=True)]}
            for size in (1, 2, 3, 7, 8, 9, 31, 33, 40)
            for old in sorted({1, 2, 3, 4, size // 2, size - 1, size} - {0})
            if old <= size
        ],
    }
    Path(__file__).with_name("merkle.json").write_text(json.dumps(vectors, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
