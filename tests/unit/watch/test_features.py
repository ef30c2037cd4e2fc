"""How a window becomes grams and buckets."""

from __future__ import annotations

import zlib

import pytest

from ringwall.errors import LimitExceeded
from ringwall.watch import features

NORMALISED = {
    "upper case becomes lower case": ("Hello WORLD", b"hello world"),
    "white space of any kind becomes one space": ("a\t\n b\u00a0\u2003c ", b"a b c"),
    "digits become zero": ("call 555-1234", b"call 000-0000"),
    "other scripts stay": ("\u041f\u0440\u0438\u0432\u0435\u0442", "\u043f\u0440\u0438\u0432\u0435\u0442".encode()),
    "a lone surrogate cannot break the encoder": ("a\ud800b", b"a?b"),
    "nothing stays nothing": ("  \n ", b""),
}


@pytest.mark.parametrize(("text", "body"), NORMALISED.values(), ids=NORMALISED)
def test_normalising(text: str, body: bytes) -> None:
    assert features.normalise(text) == body


def test_a_window_that_is_too_long_is_refused() -> None:
    assert features.normalise("x" * features.MAX_CHARACTERS)
    with pytest.raises(LimitExceeded):
        features.normalise("x" * (features.MAX_CHARACTERS + 1))


def expected(grams: list[bytes], bits: int) -> list[int]:
    return list(dict.fromkeys((zlib.crc32(gram) * 0x9E3779B1 % 2**32) >> (32 - bits) for gram in grams))


WORDS = {
    "single words and neighbouring pairs": (b"do not go", [b"do", b"not", b"do not", b"go", b"not go"]),
    "a repeated word counts once": (b"no no", [b"no", b"no no"]),
    "punctuation separates but does not break a pair": (b"stop! now", [b"stop", b"now", b"stop now"]),
    "an apostrophe belongs to its word": (b"don't", [b"don't"]),
    "no words, no grams": (b"?! ...", []),
}


@pytest.mark.parametrize(("body", "grams"), WORDS.values(), ids=WORDS)
def test_word_grams(body: bytes, grams: list[bytes]) -> None:
    assert list(features.word_buckets(body, 17)) == expected(grams, 17)


CHARACTERS = {
    "one letter has one gram, with its spaces": (b"a", [b" a "]),
    "grams stay inside their token": (b"ab c", [b" ab", b" ab ", b"ab ", b" c "]),
    "three to five code points, not bytes": (
        "\u00e9\U0001f600".encode(),
        [" \u00e9\U0001f600".encode(), " \u00e9\U0001f600 ".encode(), "\u00e9\U0001f600 ".encode()],
    ),
    "longest first five": (b"abcd", [b" ab", b" abc", b" abcd", b"abc", b"abcd", b"abcd ", b"bcd", b"bcd ", b"cd "]),
    "nothing in nothing": (b"", []),
}


@pytest.mark.parametrize(("body", "grams"), CHARACTERS.values(), ids=CHARACTERS)
def test_character_grams(body: bytes, grams: list[bytes]) -> None:
    assert list(features.character_buckets(body, 19)) == expected(grams, 19)
