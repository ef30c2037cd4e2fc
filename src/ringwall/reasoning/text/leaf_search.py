"""Texts to replay when a theorem about the tables does not hold: one for each way of writing that the theorems together cover."""

from __future__ import annotations

import base64
import string
import unicodedata
from collections.abc import Iterator

from ringwall.reasoning.text.search import Candidate

PHRASE = "never quickly jump over 1234567890 lazy foxes with big black dogs"
_INVISIBLE = (0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD, 0x202E, 0x202C, 0xE0001)
_LEET = {"4": "a", "@": "a", "8": "b", "3": "e", "1": "il", "!": "il", "|": "il", "0": "o", "5": "s", "$": "s", "7": "t", "+": "t"}
_LETTERS = string.ascii_lowercase


def leaf_candidates() -> Iterator[Candidate]:
    """Yield a text for each way of writing the phrase without a class of its own."""
    for span in (*_substituted(), *_rotated(PHRASE), PHRASE[::-1], *_encoded()):
        yield Candidate("", PHRASE, span, "")


def _substituted() -> Iterator[str]:
    for code_point in _INVISIBLE:
        yield chr(code_point).join(PHRASE)
    yield "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in PHRASE)
    yield "".join(chr(ord(c) + 0xE0000) for c in PHRASE)
    yield PHRASE.upper()
    yield from ("".join(c.upper() if i % 2 == odd else c for i, c in enumerate(PHRASE)) for odd in (0, 1))
    yield from (separator.join(PHRASE.split()) for separator in ("\n", "_", ".", "\u00a0", "\U0001f600", ""))
    for mark, letters in _LEET.items():
        for letter in letters:
            yield PHRASE.replace(letter, mark)
    for code_point in range(0x80, 0x110000):
        made = unicodedata.normalize("NFKD", chr(code_point)).lower()
        if made in _LETTERS and len(made) == 1:
            yield PHRASE.replace(made, chr(code_point))


def _rotated(text: str) -> Iterator[str]:
    for k in range(1, 26):
        yield text.translate(str.maketrans(_LETTERS, _LETTERS[k:] + _LETTERS[:k]))
    yield text.translate(str.maketrans(_LETTERS, _LETTERS[::-1]))


def _encoded() -> Iterator[str]:
    both = string.ascii_letters
    rot13 = str.maketrans(both, both[13:26] + both[:13] + both[39:] + both[26:39])
    atbash = str.maketrans(both, both[:26][::-1] + both[26:][::-1])
    for code in (base64.b64encode(PHRASE.encode()).decode(), base64.b32encode(PHRASE.encode()).decode(), PHRASE.encode().hex()):
        yield from (code[::-1], code.translate(rot13), code.translate(atbash))
    for junk in (b"\xc2", b"\xe0\xa0", b"\xf0\x90\x80", b"\xff", b"\xed"):
        yield base64.b64encode(junk + PHRASE.encode()).decode()
    wide = "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in PHRASE)
    yield "".join(chr(ord(c) + 0xFEE0) for c in base64.b64encode(PHRASE.encode()).decode())
    yield from (
        base64.b64encode(text.encode()).decode() for text in (wide, "\U0001f600".join(PHRASE), "\u2603".join(PHRASE), "\u00a7".join(PHRASE))
    )
    for form in ("\\u{:04x}", "%u{:04x}", "&#x{:x};", "&#{};", "\\u{{{:x}}}"):
        yield "".join(form.format(ord(c)) for c in wide)
    for length in range(4):
        tail = PHRASE.encode() + b"!" * length
        yield from (base64.b85encode(tail).decode(), base64.a85encode(tail).decode())
