"""Hashed n-grams of one window of text: the features of the linear model, in pure Python.

The words of the specification (`_hashing.c` computes the very same thing, and a property test holds the two together):

1. `normalise`: lower case, every run of white space becomes one space, ASCII digits become `0`, UTF-8.
2. Word grams: runs of `[0-9a-z']` and bytes >= 0x80; single words, and neighbouring pairs joined by one space.
3. Character grams: 3 to 5 code points inside one space-separated token, which carries a space before and after it.
4. A gram's bucket is the top `bits` bits of CRC-32(gram) * 0x9E3779B1 modulo 2^32. Every bucket counts once per window.
5. The weights of a half (words, characters) are summed, and the sum is divided by the root of its number of distinct buckets plus a
   damping: one word by itself must not weigh as much as a page that says the same throughout.

Everything up to the sums is integer arithmetic, so that the interpreters agree bit for bit; the division is the same code for both.
"""

from __future__ import annotations

import re
import zlib

from ringwall.errors import LimitExceeded

VERSION = 1
MAX_CHARACTERS = 65_536
"""One window; guardrails passes about a thousand characters."""

WORD_DAMPING = 4
CHARACTER_DAMPING = 30

_SHORTEST = 3
_LONGEST = 5
_MIX = 0x9E3779B1
_MASK = 0xFFFFFFFF
_WORDS = re.compile(rb"[0-9a-z'\x80-\xff]+")
_DIGITS = bytes.maketrans(b"123456789", b"000000000")


def normalise(text: str) -> bytes:
    """Return the body that grams are cut from.

    Raises:
        LimitExceeded: the text is longer than one window may be.
    """
    if len(text) > MAX_CHARACTERS:
        raise LimitExceeded(f"a window of {len(text)} characters is longer than {MAX_CHARACTERS}", remedy="score the text in windows")
    return " ".join(text.lower().split()).encode("utf-8", "replace").translate(_DIGITS)


def word_buckets(body: bytes, bits: int) -> dict[int, None]:
    """Return the distinct buckets of single words and pairs, in order of first appearance."""
    shift = 32 - bits
    crc32 = zlib.crc32
    out: dict[int, None] = {}
    pair: int | None = None
    for word in _WORDS.findall(body):
        one = crc32(word)
        out[(one * _MIX & _MASK) >> shift] = None
        if pair is not None:
            out[(crc32(word, pair) * _MIX & _MASK) >> shift] = None
        pair = crc32(b" ", one)
    return out


def character_buckets(body: bytes, bits: int) -> dict[int, None]:
    """Return the distinct buckets of character grams, in order of first appearance."""
    shift = 32 - bits
    crc32 = zlib.crc32
    out: dict[int, None] = {}
    for token in body.split(b" "):
        padded = b" " + token + b" "
        starts = range(len(padded) + 1) if padded.isascii() else _character_starts(padded)
        last = len(starts) - 1
        for i in range(last):
            for j in range(i + _SHORTEST, min(i + _LONGEST, last) + 1):
                out[(crc32(padded[starts[i] : starts[j]]) * _MIX & _MASK) >> shift] = None
    return out


def _character_starts(padded: bytes) -> list[int]:
    """Return the offset of every code point's first byte, and the length."""
    starts = [i for i, byte in enumerate(padded) if byte & 0xC0 != 0x80]
    starts.append(len(padded))
    return starts
