"""Which readings are the text itself, which are what something in it decodes to, and which are guesses."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from ringwall.text.tables import load_tables
from ringwall.text.view import View

Reach = Literal["faithful", "decoded", "guessed"]

_SEPARATORS_OUT = frozenset(("spaced", "dotted", "despecked", "underscores"))
_GUESSES = frozenset(("reversed", "atbash", "leet", "pig_latin", "unscrambled"))
_ITSELF: tuple[Reach, ...] = ("faithful",)
_LONG = 24  # characters; what decoders make of chance is shorter


def is_guessed(chain: tuple[str, ...]) -> bool:
    """Say whether a reading's last steps turned, moved or un-leeted letters, with no decoding after that to confirm the guess."""
    for step in reversed(chain):
        if step in _GUESSES or step.startswith("rot"):
            return True
        if step != "fold" and step not in _SEPARATORS_OUT:
            return False
    return False


def reaches_of(view: View) -> tuple[Reach, ...]:
    """Say as what a reading is read.

    What a decoder of blocks made (base64, hex, ...) is read as decoded: it runs on into the words around an encoded passage, so that what
    it makes of them is glued to what the passage holds. A long run of it is no chance, and is read like the text itself besides.
    """
    chain = view.chain
    if not chain:
        return _ITSELF
    guessed = is_guessed(chain)
    if any(part in _block_decoders() for step in chain for part in step.split("|")):
        by_chance = guessed or view.parts or max(map(len, view.text.split("\n"))) < _LONG
        return ("decoded",) if by_chance else ("faithful", "decoded")
    if guessed:
        return ("guessed",)
    return ("decoded",) if any(step in _SEPARATORS_OUT for step in chain) else ("faithful",)


def is_scrambled(chain: tuple[str, ...]) -> bool:
    """Say whether words were taken for scrambled forms of others, which short words are of each other ("trial", "trail")."""
    return "unscrambled" in chain


@lru_cache(maxsize=1)
def _block_decoders() -> frozenset[str]:
    return frozenset(machine.name for machine in load_tables().machines if machine.sink == "runs")
