"""Which readings are the text itself, which are what something in it decodes to, and which are guesses."""

from __future__ import annotations

from typing import Literal

from ringwall.text.view import View

Reach = Literal["faithful", "decoded", "guessed"]

_SEPARATORS_OUT = frozenset(("spaced", "dotted", "despecked", "underscores"))
_GUESSES = frozenset(("reversed", "atbash", "leet", "pig_latin", "unscrambled"))
_LONG = 24  # characters; what decoders make of chance is shorter


def is_guessed(chain: tuple[str, ...]) -> bool:
    """Say whether a reading's last steps turned, moved or un-leeted letters, with no decoding after that to confirm the guess."""
    for step in reversed(chain):
        if step in _GUESSES or step.startswith("rot"):
            return True
        if step != "fold" and step not in _SEPARATORS_OUT:
            return False
    return False


def reach_of(view: View) -> Reach:
    """Say how far a reading is from the text.

    A decoding confirms the guesses before it (nothing but base64 decodes as base64), so what counts is what comes after the last one.
    """
    if is_guessed(view.chain):
        return "guessed"
    for step in reversed(view.chain):
        if step in _SEPARATORS_OUT:
            return "decoded"
        if step != "fold":
            return "decoded" if view.parts or "|" in step or len(view.text) < _LONG else "faithful"
    return "faithful"
