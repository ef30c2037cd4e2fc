"""Both interpreters agree where the C one reads by stretches: runs across their borders, far apart, behind long gaps, in every block code."""

from __future__ import annotations

import base64
import random

import pytest

from ringwall.text.interpreters import choose_interpreter, interpreter_name

STRETCH = 4_096  # characters, as in _interpreter_blocks.h
_PROSE = "the harbour master wrote that two boats came in before noon, and that neither of them had its papers. "

pytestmark = pytest.mark.skipif(interpreter_name() != "c", reason="c: the extension is not built")

CODES = {
    "base64": lambda data: base64.b64encode(data).decode(),
    "base32": lambda data: base64.b32encode(data).decode(),
    "base32 in small letters": lambda data: base64.b32encode(data).decode().lower(),
    "base85": lambda data: base64.b85encode(data).decode(),
    "ascii85": lambda data: base64.a85encode(data).decode(),
    "hex": lambda data: data.hex(),
    "prefixed hex": lambda data: "".join(f"0x{byte:02x}" for byte in data),
    "binary": lambda data: "".join(f"{byte:08b}" for byte in data),
}


def _agree(text: str) -> int:
    c, python = choose_interpreter("c"), choose_interpreter("python")
    found = c.decode(text, mapped=False, sparse=True)
    assert found == python.decode(text, mapped=False, sparse=True)
    return len(found or ())


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("before", [STRETCH - 200, STRETCH])
def test_a_run_near_a_border_is_read_alike(code: str, before: int) -> None:
    span = CODES[code]((_PROSE * 2).encode())
    assert _agree("é" * before + span) > 0
    assert _agree((_PROSE * 60)[:before] + span + " " * 50) > 0


@pytest.mark.parametrize("code", CODES)
def test_runs_far_apart_are_read_alike(code: str) -> None:
    span = CODES[code](("Zürich, " + _PROSE).encode())
    assert _agree(("\u4e2d" * (STRETCH + 7)).join([span, span, "x" + span])) > 0


@pytest.mark.parametrize("seed", range(4))
def test_noise_longer_than_a_stretch_is_read_alike(seed: int) -> None:
    randomness = random.Random(seed)
    alphabet = ("ABCDEFGHabcdefgh01234567+/=", "abcdef0123456789 ", "MFRGG2345 aeiou", "".join(map(chr, range(33, 118))))[seed]
    _agree("".join(randomness.choices(alphabet, k=2 * STRETCH + 11)))


@pytest.mark.parametrize("length", [0, 1, STRETCH - 1, STRETCH, STRETCH + 1, 2 * STRETCH])
def test_a_text_that_ends_at_a_border_is_read_alike(length: int) -> None:
    _agree(CODES["base64"](_PROSE.encode() * 100)[:length])
    _agree(CODES["hex"](_PROSE.encode() * 100)[:length])
