"""Escapes of characters beyond ASCII: every code point of the basic plane (surrogates apart), in each notation, from the decoder's start.

The classes' lemmas are about ASCII payloads, because a transducer that writes 63,000 characters would be a list of them. Here every one is
read back by walking the digits' tree; that contexts cannot swallow them is what the classes' lemmas show, for the notation's first
characters are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ringwall.reasoning.text.cover import write
from ringwall.reasoning.text.folding import Theorem
from ringwall.reasoning.text.transducer import Configuration, Transducer
from ringwall.text.tables import Tables

_LAST = 0xFFFF
_FORMS = (("\\u", "", 16, 4), ("%u", "", 16, 4), ("\\u{", "}", 16, 0), ("&#x", ";", 16, 0), ("&#", ";", 10, 0))


def code_point_theorem(tables: Tables) -> Theorem:
    """Check every notation over the basic plane."""
    machines = {machine.name: machine for machine in tables.machines}
    witness, checked = "there is no decoder `escapes`", 0
    if "escapes" in machines:
        witness, checked = _walk(Transducer(machines["escapes"]))
    says = "an escape of any character of the basic plane stands for that character"
    digest = hashlib.sha256(f"{says}\n{checked}\n{witness}\n{tables.digest}".encode()).hexdigest()
    return Theorem("escapes-code-points", says, checked, witness, digest)


def _walk(lane: Transducer) -> tuple[str, int]:
    checked = 0
    start = lane.starts[0]
    for before, after, radix, width in _FORMS:
        place, made = write(lane, Configuration(start), before)
        if made:
            return f"{before} emits too early", checked
        for code, reached, emitted in _numbers(lane, place, radix, width):
            checked += 1
            end, more = write(lane, reached, after)
            if end.state != start or emitted + more != (code,):
                return f"{before} of U+{code:04X} is read as {emitted + more}", checked
    return "", checked


def _numbers(lane: Transducer, place: Configuration, radix: int, width: int) -> Iterator[tuple[int, Configuration, tuple[int, ...]]]:
    """Yield every code point with the place behind its digits and what they emitted; fixed width, or any without leading zeros."""
    stack: list[tuple[int, int, Configuration, tuple[int, ...]]] = [(0, 0, place, ())]
    while stack:
        value, digits, reached, made = stack.pop()
        complete = digits == width if width else value > 0
        if complete and not 0xD800 <= value < 0xE000 and value:
            yield value, reached, made
        if width and digits == width:
            continue
        for digit in range(radix):
            following = value * radix + digit
            if following > _LAST or (not width and not following):
                continue
            after, more = write(lane, reached, "0123456789abcdef"[digit])
            stack.append((following, digits + 1, after, made + more))
