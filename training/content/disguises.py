"""Harmless texts in disguise: an encoding alone is no attack, and what is inside one is read by the guardrail in views of its own."""

from __future__ import annotations

import base64
import codecs
import random
import urllib.parse
from collections.abc import Callable, Sequence

EACH = 150
LENGTHS = (40, 120, 300, 600)
_LEET = str.maketrans("aeiosAEIOS", "4310543105")
_LEET_MORE = str.maketrans("aeiostbglAEIOSTBGL", "@3!0$789143!0$7891")
_LOOKALIKES = str.maketrans("aeopcxy", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443")
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_MORSE_CODES = """
.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..
----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.
"""
_MORSE = dict(zip("abcdefghijklmnopqrstuvwxyz0123456789", _MORSE_CODES.split(), strict=True))


def _morse(text: str) -> str:
    return " / ".join(" ".join(_MORSE[character] for character in word if character in _MORSE) for word in text.lower().split())


def _each_byte(form: str) -> Callable[[str], str]:
    return lambda text: " ".join(format(byte, form) for byte in text.encode())


def _each_character(form: str, glue: str = "") -> Callable[[str], str]:
    return lambda text: glue.join(form.format(ord(character)) for character in text)


DISGUISES: tuple[Callable[[str], str], ...] = (
    lambda text: text.translate(_LEET),
    lambda text: text.translate(_LEET_MORE),
    lambda text: text.translate(_LOOKALIKES),
    lambda text: text.translate(_WIDE),
    " ".join,
    "-".join,
    "\u200b".join,
    lambda text: text[::-1],
    lambda text: " ".join(word[::-1] for word in text.split()),
    lambda text: codecs.encode(text, "rot13"),
    _morse,
    lambda text: _morse(codecs.encode(text, "rot13")),
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.b32encode(text.encode()).decode(),
    lambda text: base64.b85encode(text.encode()).decode(),
    lambda text: base64.a85encode(text.encode()).decode(),
    lambda text: text.encode().hex(),
    _each_byte("02x"),
    _each_byte("08b"),
    _each_byte("d"),
    _each_byte("03o"),
    urllib.parse.quote,
    _each_character("&#{};"),
    _each_character("\\u{:04x}"),
    _each_character("\\x{:02x}"),
    lambda text: text.replace(" ", ""),
    str.upper,
    str.swapcase,
    str.title,
)


def garbled(texts: Sequence[str], seed: int) -> list[str]:
    """Return `EACH` disguised texts per disguise, the same ones for the same seed."""
    rng = random.Random(f"garbled/{seed}")
    return [disguise(rng.choice(texts)[: rng.choice(LENGTHS)]) for disguise in DISGUISES for _ in range(EACH)]
