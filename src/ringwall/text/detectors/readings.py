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
_GUESSED: tuple[Reach, ...] = ("guessed",)
_BLOCKS: tuple[Reach, ...] = ("decoded",)
_EITHER: tuple[Reach, ...] = ("faithful", "decoded")
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
    reaches = _reaches(view.chain)
    if reaches is _EITHER:
        return _BLOCKS if view.parts or max(map(len, view.text.split("\n"))) < _LONG else _EITHER
    return reaches


def is_joined(chain: tuple[str, ...]) -> bool:
    """Say whether the reading joins what several decoders made, so that its chain is no decoder's alone."""
    return any("|" in step for step in chain)


def is_scrambled(chain: tuple[str, ...]) -> bool:
    """Say whether words were taken for scrambled forms of others, which short words are of each other ("trial", "trail")."""
    return "unscrambled" in chain


@lru_cache(maxsize=8192)
def _reaches(chain: tuple[str, ...]) -> tuple[Reach, ...]:
    guessed = is_guessed(chain)
    if any(part in _block_decoders() for step in chain for part in step.split("|")):
        return _BLOCKS if guessed or is_joined(chain) else _EITHER
    if guessed:
        return _GUESSED
    return _BLOCKS if any(step in _SEPARATORS_OUT for step in chain) else _ITSELF


@lru_cache(maxsize=1)
def _block_decoders() -> frozenset[str]:
    return frozenset(machine.name for machine in load_tables().machines if machine.sink == "runs")
