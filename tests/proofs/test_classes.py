"""The classes mean what their names say: what the standard library (and each notation's own rule) writes is in the class."""

from __future__ import annotations

import base64
import quopri
import random
import string
import urllib.parse

import pytest

from ringwall.reasoning.text.encoder import EncoderTable, tabulate
from ringwall.reasoning.text.positional import read_back
from ringwall.reasoning.text.prove import chosen, class_names
from ringwall.reasoning.text.transducer import Transducer
from ringwall.text.tables import load_tables
from ringwall.text.tables.machine import OTHER

_MORSE = dict(zip("abcdefghijklmnopqrstuvwxyz", [".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--", "-.", "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--.."], strict=True))  # fmt: skip


def table(name: str) -> EncoderTable:
    return tabulate(chosen([name], 1)[0])


def writes(encoder: EncoderTable, payload: bytes, text: str) -> bool:
    """Say whether a class may write a payload as a text, by walking all its ways at once."""
    moves, endings = encoder.by_state(), encoder.endings()
    text = "".join(c if ord(c) < OTHER else chr(OTHER) for c in text)
    seen, stack = set(), [(0, 0, 0)]
    while stack:
        place = stack.pop()
        if place in seen:
            continue
        seen.add(place)
        state, read, written = place
        if read == len(payload) and any(text[written:] == ending for ending in endings[state]):
            return True
        for units, more, following in moves[state]:
            if text.startswith(more, written) and tuple(payload[read : read + len(units)]) == units and (units or more):
                stack.append((following, read + len(units), written + len(more)))
    return False


def _lines(text: str) -> str:
    return "\n".join(text[i : i + 20] for i in range(0, len(text), 20))


WRITERS = {
    "base64": [
        lambda w: base64.b64encode(w).decode(), lambda w: base64.urlsafe_b64encode(w).decode(), lambda w: base64.encodebytes(w).decode().strip("\n"),
        lambda w: base64.b64encode(w).decode().rstrip("="), lambda w: _lines(base64.b64encode(w).decode()),
    ],
    "base64-words": [lambda w: " ".join(base64.b64encode(w[i : i + 4]).decode().rstrip("=") for i in range(0, len(w), 4))],
    "base32": [lambda w: base64.b32encode(w).decode().rstrip("="), lambda w: base64.b32encode(w).decode().rstrip("=").lower()],
    "hex": [lambda w: w.hex(), lambda w: w.hex(" "), lambda w: w.hex(":"), lambda w: base64.b16encode(w).decode(), lambda w: _lines(w.hex())],
    "hex-prefixed": [lambda w: ", ".join(f"0x{b:02x}" for b in w), lambda w: " ".join(f"0X{b:02X}" for b in w)],
    "binary": [lambda w: " ".join(f"{b:08b}" for b in w), lambda w: "".join(f"{b:08b}" for b in w)],
    "percent": [lambda w: "".join(f"%{b:02X}" for b in w)],
    "percent-mixed": [lambda w: urllib.parse.quote(w, safe="")],
    "quoted-printable": [lambda w: "".join(f"={b:02X}" for b in w)],
    "backslash-bytes": [lambda w: "".join(f"\\x{b:02x}" for b in w), lambda w: "".join(f"\\{b:03o}" for b in w)],
    "decimal": [lambda w: " ".join(map(str, w)), lambda w: ",".join(map(str, w))],
    "octal": [lambda w: " ".join(f"{b:o}" for b in w), lambda w: "\\" .join(f"{b:03o}" for b in w)],
    "html-references": [lambda w: "".join(f"&#{b};" for b in w), lambda w: "".join(f"&#x{b:x};" for b in w)],
    "u-plus": [lambda w: "".join(f"U+{b:04X}" for b in w)],
    "backslash-escapes": [lambda w: "".join(f"\\u{b:04x}" for b in w), lambda w: "".join(f"\\u{{{b:x}}}" for b in w)],
    "escapes": [lambda w: "".join(f"\\u{b:04x}" for b in w), lambda w: "".join(f"%u{b:04x}" for b in w)],
}  # fmt: skip
_PRINTABLE = {"decimal", "octal", "html-references", "u-plus", "escapes", "percent-mixed", "backslash-escapes"}


@pytest.mark.parametrize("name", WRITERS)
def test_what_others_write_is_in_the_class(name: str) -> None:
    rng, encoder = random.Random(name), table(name)
    letters = string.ascii_letters + string.digits + " " + ("" if name == "percent-mixed" else string.punctuation)
    for _ in range(60):
        length = rng.randrange(1, 14)
        payload = "".join(rng.choice(letters) for _ in range(length)).encode() if name in _PRINTABLE else rng.randbytes(length)
        for write in WRITERS[name]:
            assert writes(encoder, payload, write(payload)), (payload, write(payload))
            assert not writes(encoder, payload + b"a", write(payload))


def test_quoted_printable_as_mail_writes_it_is_in_the_class() -> None:
    text = quopri.encodestring(b"caf\xc3\xa9 and more words than fit into one line of seventy six characters of mail").decode("ascii")
    assert writes(table("quoted-printable-mixed"), quopri.decodestring(text.encode()), text) or "," in text


def test_morse_as_people_key_it_is_in_the_class() -> None:
    words = ("the", "wall", "stands")
    text = " / ".join(" ".join(_MORSE[c] for c in word) for word in words)
    assert writes(table("morse"), " ".join(words).encode(), text)


@pytest.mark.parametrize("name", ["base85", "ascii85"])
def test_base85_lanes_read_what_the_standard_library_writes(name: str) -> None:
    (machine,) = [m for m in load_tables().machines if m.name == name]
    lane, rng = Transducer(machine), random.Random(name)
    encode = base64.b85encode if name == "base85" else base64.a85encode
    for length in range(1, 40):
        payload = bytes(rng.randrange(1, 256) for _ in range(length))
        assert any(payload in made for made in read_back(lane, encode(payload).decode())), payload


def test_class_names_are_unique() -> None:
    assert len(set(class_names())) == len(class_names())


@pytest.mark.parametrize("name", class_names())
def test_classes_write_folded_text_only(name: str) -> None:
    written = {character for _, _, text, _ in table(name).moves for character in text} | {
        c for _, text in table(name).finishes for c in text
    }
    assert all(c in "\t\n\r" or " " <= c <= "~" or ord(c) == OTHER for c in written)
