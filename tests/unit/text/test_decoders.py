"""Each decoder against the standard library's encoder, from every offset and with separators."""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import urllib.parse

import pytest

from ringwall.text.interpreters import Interpreter
from ringwall.text.tables import load_tables

PLAIN = "Meet me at Pier 39, ünder the löwest bridge."
ASCII = "Meet me at Pier 39, under the lowest bridge."


def readings(interpreter: Interpreter, text: str, name: str) -> list[str]:
    """What one decoder made of a text as it stands."""
    tables = load_tables()
    found = interpreter.decode(text, mapped=False, sparse=True)
    for run in found:
        assert len(run.text) == len(run.starts) == len(run.ends)
        assert all(0 <= start < end <= len(text) for start, end in zip(run.starts, run.ends, strict=True))
    return [run.text for run in found if tables.machines[run.machine].name == name]


def spread(text: str, separator: str, every: int) -> str:
    return separator.join(text[i : i + every] for i in range(0, len(text), every))


DATA = PLAIN.encode()
BLOCK_CASES = {
    "base64, padded": ("base64", base64.b64encode(DATA).decode()),
    "base64, padding lost": ("base64", base64.b64encode(DATA).decode().rstrip("=")),
    "base64, the other alphabet": ("base64", base64.urlsafe_b64encode(DATA).decode()),
    "base64 in lines": ("base64", spread(base64.b64encode(DATA).decode(), "\r\n", 16)),
    "base64, words encoded one by one": (
        "base64",
        " ".join(base64.b64encode(w.encode()).decode() for w in ("payload one ", "payload two")),
    ),
    "base64 of UTF-16": ("base64", base64.b64encode(ASCII.encode("utf-16-le")).decode()),
    "base32": ("base32", base64.b32encode(DATA).decode()),
    "base32, lower case, no padding": ("base32", base64.b32encode(DATA).decode().lower().rstrip("=")),
    "base85": ("base85", base64.b85encode(DATA).decode()),
    "base85, truncated last group": ("base85", base64.b85encode(DATA + b"!").decode()),
    "ascii85": ("ascii85", base64.a85encode(DATA).decode()),
    "hex": ("hex", binascii.hexlify(DATA).decode()),
    "hex, upper case, colons": ("hex", binascii.hexlify(DATA, ":").decode().upper()),
    "hex with 0x before each pair": ("hex_prefixed", " ".join(f"0x{b:02x}" for b in DATA)),
    "hex with 0X before each pair": ("hex_prefixed", ",".join(f"0X{b:02X}" for b in DATA)),
    "binary": ("binary", "".join(f"{b:08b}" for b in DATA)),
    "binary in octets": ("binary", " ".join(f"{b:08b}" for b in DATA)),
    "decimal code points": ("decimal", " ".join(str(ord(c)) for c in PLAIN)),
    "decimal, leading zeros": ("decimal", ",".join(f"{ord(c):05d}" for c in PLAIN)),
    "octal": ("octal", " ".join(f"{ord(c):o}" for c in PLAIN)),
    "octal with backslashes": ("octal", "".join(f"\\{ord(c):03o}" for c in PLAIN)),
}


@pytest.mark.parametrize("case", BLOCK_CASES)
@pytest.mark.parametrize("context", ["", "x", "+", "=+", "0", "0X", "..70x", "note: ", "1 2", "ÿ~ "])
def test_a_block_code_is_read_behind_any_context(interpreter: Interpreter, case: str, context: str) -> None:
    name, encoded = BLOCK_CASES[case]
    if name in ("base85", "ascii85", "decimal", "octal", "hex_prefixed") and context not in ("", "note: ", "ÿ~ "):
        context = " "  # these need a boundary: their last group, or their first number, would be another one
    expected = {
        "base64, words encoded one by one": "payload one payload two",
        "base64 of UTF-16": ASCII,
        "base85, truncated last group": PLAIN + "!",
    }.get(case, PLAIN)
    assert any(expected in reading for reading in readings(interpreter, context + encoded, name))


INPLACE_CASES = {
    "percent": ("escapes", urllib.parse.quote(PLAIN), PLAIN),
    "percent, all": ("escapes", "".join(f"%{b:02X}" for b in DATA), PLAIN),
    "percent, old script form": ("escapes", "%u0041%u00e9", "Aé"),
    "HTML decimal, zeros, no semicolon": ("escapes", "&#0000065&#66 &#x43;&#X44;", "AB CD"),
    "HTML names": ("escapes", html.escape("<a href='x'>&</a>"), "<a href='x'>&</a>"),
    "HTML names of letters": ("escapes", "&Ascr;&bscr;&copf;&lpar;&rpar;&nbsp;&amp", "\U0001d49c\U0001d4b7\U0001d554()\xa0&"),
    "a name without its semicolon ends at a non-letter": ("escapes", "&lt!&gt!", "<!>!"),
    "backslash escapes": ("escapes", r"\x41\u0042\u{43}\U00000044\105\n", "ABCDE\n"),
    "surrogate pairs": ("escapes", r"\ud835\udc00\ud835\udc01", "\U0001d400\U0001d401"),
    "code point notation": ("escapes", "U+0041 U+1D400", "A \U0001d400"),
    "what is no escape stays": ("escapes", "100% &c; \\q %4x &#; \\u12 %41", "100% &c; \\q %4x &#; \\u12 A"),
    "an escape inside a failed escape": ("escapes", "%%41&&#66;\\\\x43", "%A&B\\C"),
    "malformed bytes are Latin-1": ("escapes", "caf%E9 %C2x%41", "café \xc2xA"),
    "quoted-printable": ("quoted_printable", quopri.encodestring(DATA * 3).decode(), PLAIN * 3),
    "spaced": ("spaced", "  ".join(" ".join(w) for w in ["meet", "me", "at", "pier39"]), "meet me at pier39"),
    "dotted": ("dotted", " ".join(".".join(w) for w in ["meet", "me", "at", "pier39"]), "meet me at pier39"),
    "dashed": ("dotted", "-".join("m@x.org"), "m@x.org"),
}


@pytest.mark.parametrize("case", INPLACE_CASES)
def test_an_escape_is_read_where_it_stands(interpreter: Interpreter, case: str) -> None:
    name, text, expected = INPLACE_CASES[case]
    assert readings(interpreter, text, name) == [expected]


@pytest.mark.parametrize("text", ["e.g. the U.S.A. and i.e. x", "x = y, a b c", "vitamin C a day", "see www.example.org/a/b"])
def test_ordinary_abbreviations_are_not_spelled_out(interpreter: Interpreter, text: str) -> None:
    assert readings(interpreter, text, "spaced") == readings(interpreter, text, "dotted") == []


MORSE = ".- - - .- -.-. -.- / .- - / -. --- --- -."


@pytest.mark.parametrize(
    "text", [MORSE, MORSE.replace(" / ", "   "), MORSE.replace(" / ", "\n"), "code: " + MORSE, MORSE.replace(".", "*").replace("-", "_")]
)
def test_morse_is_read(interpreter: Interpreter, text: str) -> None:
    assert readings(interpreter, text, "morse") == ["attack at noon"]


def test_utf8_keeps_every_byte_behind_a_truncated_sequence(interpreter: Interpreter) -> None:
    for garbage in (b"\xc2", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\x80"):
        text = base64.b64encode(garbage + b"a payload behind it").decode()
        assert any("a payload behind it" in reading for reading in readings(interpreter, text, "base64"))


def test_a_short_text_is_not_decoded(interpreter: Interpreter) -> None:
    assert interpreter.decode("", mapped=True, sparse=True) == []
    assert interpreter.decode("plain", mapped=True, sparse=True) == []
