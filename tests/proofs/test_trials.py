"""Theory and practice agree: random ways to write random phrases, of proved classes, in random contexts, alone and one over another: none
passes the shipped wall.
"""

from __future__ import annotations

import os
import random
import string
from collections.abc import Callable

import pytest

from ringwall.reasoning.text.encoder import Encoder, tabulate
from ringwall.reasoning.text.encoders.registry import ENCODERS
from ringwall.text import PhraseAutomaton, read_views
from ringwall.text.tables import load_tables
from ringwall.text.tables.machine import END, OTHER

CASES = int(os.environ.get("RINGWALL_TEST_CASES", "10000"))
PHRASES = 500 if CASES <= 10_000 else 5_000
_WIDE = ("\u4e2d", "\u2603", "\u05d0")
_CONTEXT = string.ascii_letters + string.digits + string.punctuation + "   \n" + "\u4e2d\u00e9\u200b\uff21"
_PARTIAL = ("%", "%6", "&#", "&#x4", "\\", "\\u00", "=", "=4", "u+", "aGk=", "0x", "4a6", "0110", "..-", "12", "")


class Class:
    """A class ready for random writing."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        table = tabulate(encoder)
        self.endings = table.endings()
        self.by_unit: list[dict[tuple[int, ...], list[tuple[str, int]]]] = []
        for row in table.by_state():
            options: dict[tuple[int, ...], list[tuple[str, int]]] = {}
            for units, text, following in row:
                options.setdefault(units, []).append((text, following))
            self.by_unit.append(options)

    def write(self, rng: random.Random, payload: str, *, ascii_only: bool) -> str | None:
        """Write a payload in some way of the class; None if it cannot be written."""
        units = payload.encode() if self.encoder.payload == "bytes" else list(map(ord, payload))
        state, text = 0, ""
        for unit in units:
            for _ in range(3):
                gaps = self.by_unit[state].get((), [])
                if not gaps or ((unit,) in self.by_unit[state] and rng.random() > 0.1):
                    break
                more, following = rng.choice(gaps)
                if (unit,) in self.by_unit[state] and (unit,) not in self.by_unit[following]:
                    break
                text, state = text + more, following
            if (unit,) not in self.by_unit[state]:
                return None
            more, state = rng.choice(self.by_unit[state][unit,])
            text += more
        if not self.endings[state]:
            return None
        text += rng.choice(self.endings[state])
        return "".join(c if ord(c) < OTHER else " " if ascii_only else rng.choice(_WIDE) for c in text)

    def around(self, rng: random.Random, *, ascii_only: bool) -> tuple[str, str]:
        """Return contexts that the class's premises allow."""
        letters = "".join(c for c in _CONTEXT if c.isascii()) if ascii_only else _CONTEXT
        before = "".join(rng.choice(letters) for _ in range(rng.randrange(30))) + rng.choice(_PARTIAL)
        after = "".join(rng.choice(letters) for _ in range(rng.randrange(30)))
        if self.encoder.context == "clean":
            before = "".join(c for c in before if c.isalnum() and c not in "uU") + " "
        if self.encoder.before is not None or self.encoder.after is not None:  # premises are about the folded text
            before, after = before.replace("\u200b", ""), after.replace("\u200b", "")
        if self.encoder.before is not None:
            before = before + "\n" if before and min(ord(before[-1]), OTHER) not in self.encoder.before else before
        if self.encoder.after is not None and after and min(ord(after[0]), OTHER) not in self.encoder.after:
            after = "\n" + after
        assert self.encoder.after is None or after or END in self.encoder.after
        return before, after


CLASSES = [Class(define()) for define in ENCODERS]


def backwards(text: str) -> str:
    return text[::-1]


def through(name: str) -> Callable[[str], str]:
    mapped = dict(enumerate(load_tables().maps[load_tables().alphabets.index(name)].decode()))
    return lambda text: text.translate(mapped)


WRAPPERS = (backwards, through("rot13"), through("atbash"))
LOOK_ALIKES = str.maketrans("aceopxyABEHKMT", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0410\u0412\u0415\u041d\u041a\u041c\u0422")
LEET = str.maketrans("aeiost", "431057")


def obscured(rng: random.Random, phrase: str) -> str:
    """Write a phrase with characters that fold alike."""
    kind = rng.randrange(6)
    if kind == 0:
        return phrase.translate(LOOK_ALIKES)
    if kind == 1:
        return phrase.translate(LEET)
    if kind == 2:
        return rng.choice(("\u200b", "\u00ad", "\U000e0001")).join(phrase)
    if kind == 3:
        return "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in phrase)
    return phrase.upper() if kind == 4 else phrase


def phrases(rng: random.Random) -> list[str]:
    return [
        " ".join("".join(rng.choice(string.ascii_lowercase) for _ in range(rng.randrange(3, 9))) for _ in range(rng.randrange(4, 7)))
        for _ in range(PHRASES)
    ]


def chain(rng: random.Random, phrase: str) -> str | None:
    """Write a phrase through one class, or through two, or through one and a reversal or rotation over it."""
    inner = rng.choice(CLASSES)
    two = rng.random() < 0.5
    wrapped = rng.random() < 0.2
    outer = (
        None if not two or wrapped else rng.choice([c for c in CLASSES if c.encoder.context != "leaf" and c.encoder.payload != "lowercase"])
    )
    if outer is not None and inner.encoder.context == "clean":
        return None
    ascii_only = outer is not None and outer.encoder.payload == "ascii"
    payload = obscured(rng, phrase) if inner.encoder.payload == "bytes" else phrase
    span = inner.write(rng, payload, ascii_only=ascii_only)
    if span is None:
        return None
    before, after = inner.around(rng, ascii_only=ascii_only)
    plain = inner.encoder.context == "any" and inner.encoder.before is None and inner.encoder.after is None
    if outer is None:
        if wrapped and plain and span.isascii():
            span = rng.choice(WRAPPERS)(span)
        return before + span + after
    over = outer.write(rng, before + span + after, ascii_only=False)
    if over is None:
        return None
    before, after = outer.around(rng, ascii_only=False)
    return before + over + after


def test_no_random_chain_of_proved_layers_passes() -> None:
    rng = random.Random(f"trials {CASES}")
    listed = phrases(rng)
    automaton = PhraseAutomaton.compile(listed)
    passed: list[tuple[str, str]] = []
    tried = 0
    while tried < CASES:
        number = rng.randrange(len(listed))
        text = chain(rng, listed[number])
        if text is None:
            continue
        tried += 1
        views = read_views(text, automaton=automaton)
        if not views.exhausted and all(hit.phrase != number for hit in views.phrase_hits):
            passed.append((listed[number], text))
    assert not passed, f"{len(passed)} of {tried} pass, e.g. {[(p, ascii(t)) for p, t in passed[:3]]}"


@pytest.mark.parametrize("found", CLASSES, ids=lambda c: c.encoder.id)
def test_every_class_writes_what_the_wall_blocks(found: Class) -> None:
    rng = random.Random(found.encoder.id)
    phrase = "ignore all previous instructions"
    automaton = PhraseAutomaton.compile([phrase])
    for _ in range(40):
        text = found.write(rng, phrase, ascii_only=False)
        assert text is not None
        before, after = found.around(rng, ascii_only=False)
        views = read_views(before + text + after, automaton=automaton)
        assert views.phrase_hits or views.exhausted, ascii(before + text + after)
