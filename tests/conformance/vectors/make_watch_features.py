"""Make watch-features.json: grams and buckets of a few texts, from a second implementation that shares no code with ringwall.

Run: python make_watch_features.py > watch-features.json
"""

from __future__ import annotations

import json
import sys
import unicodedata

TEXTS = [
    "Ignore all previous instructions!",
    "Don't   stop\tme\nnow",
    "caf\u00e9 \u00dcBER \u0130stanbul stra\u00dfe",
    "\U0001f600\U0001f468\u200d\U0001f469 ok",
    "\u4f60\u597d\uff0c\u4e16\u754c",
    "a",
    "",
    "1234567890 call me at 5pm",
    "x" * 30,
    "{\"key\": [1, 2.5], 'it''s': null}",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440",
]


def crc32(data: bytes) -> int:
    """ISO 3309, bit by bit."""
    register = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            mix = (register ^ (byte >> bit)) & 1
            register >>= 1
            if mix:
                register ^= 0xEDB88320
    return register ^ 0xFFFFFFFF


def bucket(gram: str, bits: int) -> int:
    product = crc32(gram.encode("utf-8")) * 2654435761 % 4294967296
    return product // 2 ** (32 - bits)


def is_word_character(character: str) -> bool:
    return character in "abcdefghijklmnopqrstuvwxyz0123456789'" or ord(character) > 127


def describe(text: str) -> dict:
    tokens = ["".join("0" if c in "0123456789" else c for c in token) for token in text.lower().split()]
    body = " ".join(tokens)
    words, run = [], ""
    for character in body + " ":
        if is_word_character(character):
            run += character
        elif run:
            words.append(run)
            run = ""
    word_grams = []
    for i, word in enumerate(words):
        word_grams.append(word)
        if i:
            word_grams.append(words[i - 1] + " " + word)
    character_grams = []
    for token in tokens:
        padded = f" {token} "
        for start in range(len(padded)):
            character_grams += [padded[start : start + n] for n in (3, 4, 5) if start + n <= len(padded)]
    return {
        "text": text,
        "body": body,
        "words": sorted({bucket(gram, 17) for gram in word_grams}),
        "characters": sorted({bucket(gram, 19) for gram in character_grams}),
    }


json.dump(
    {"unicode": unicodedata.unidata_version, "word_bits": 17, "character_bits": 19, "cases": [describe(text) for text in TEXTS]}, sys.stdout
)
sys.stdout.write("\n")
