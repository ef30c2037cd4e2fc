"""Which readings are the text itself, which are what something in it decodes to, and which are guesses."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from ringwall.text.finding import Kind
from ringwall.text.tables import load_tables
from ringwall.text.view import View

Reach = Literal["faithful", "decoded", "guessed"]

_SEPARATORS_OUT = frozenset(("spaced", "dotted", "despecked", "underscores"))
_GUESSES = frozenset(("reversed", "atbash", "leet", "pig_latin", "unscrambled"))
_IN_PLACE = _SEPARATORS_OUT | {"fold", "escapes", "quoted_printable"}
_CERTAIN = _SEPARATORS_OUT | {"fold", "leet"}
_GUESSES_TAKEN = 1  # in one chain: reversed, then decoded, then reversed and decoded again, anything becomes sixteen digits
_SCRAMBLED_LETTERS = 7
_SCRAMBLED_PROFANITY = 9  # a place name must not be an insult scrambled
_CHANCE_LETTERS = 5
_ITSELF: tuple[Reach, ...] = ("faithful",)
_GUESSED: tuple[Reach, ...] = ("guessed",)
_BLOCKS: tuple[Reach, ...] = ("decoded",)
_EITHER: tuple[Reach, ...] = ("faithful", "decoded")
_LONG = 24  # characters; what decoders make of chance is shorter


def is_guessed(chain: tuple[str, ...]) -> bool:
    """Say whether a reading's last steps turned, moved or un-leeted letters, with no decoding of blocks after that to confirm the guess.

    What replaces escapes in their places leaves the rest of a reversed text reversed, so it confirms nothing.
    """
    for step in reversed(chain):
        if _is_guess(step):
            return True
        if step not in _IN_PLACE:
            return False
    return False


def _is_guess(step: str) -> bool:
    return step in _GUESSES or step.startswith("rot")


def reaches_of(view: View) -> tuple[Reach, ...]:
    """Say as what a reading is read: by no pattern where more than one guess made it (words and attack rules still read it).

    What a decoder of blocks made (base64, hex, ...) is read as decoded: it runs on into the words around an encoded passage, so that what
    it makes of them is glued to what the passage holds. What reads as text is no chance, and is read like the text itself besides.
    """
    reaches = _reaches(view.chain)
    if reaches is _EITHER:
        return _BLOCKS if view.parts or not reads_as_text(view.text) else _EITHER
    return reaches


def reads_as_text(text: str) -> bool:
    """Say whether what a decoder made is text rather than chance: a long run, four fifths of it letters and spaces."""
    longest = max(text.split("\n"), key=len)
    letters = sum(map(str.isalpha, longest)) + longest.count(" ")
    return len(longest) >= _LONG and " " in longest and letters * 5 >= len(longest) * 4


def is_joined(chain: tuple[str, ...]) -> bool:
    """Say whether the reading joins what several decoders made, so that its chain is no decoder's alone."""
    return any("|" in step for step in chain)


def least_letters(chain: tuple[str, ...], kind: Kind) -> int:
    """Say how many letters a word must have for its hit in such a reading to be no chance.

    Short words are each other's scrambled forms ("trial", "trail"); what decoders make of chance holds words of three and four letters.
    """
    if "unscrambled" in chain:
        return _SCRAMBLED_PROFANITY if kind == "profanity" else _SCRAMBLED_LETTERS
    return 1 if all(step in _CERTAIN for step in chain) else _CHANCE_LETTERS


@lru_cache(maxsize=8192)
def _reaches(chain: tuple[str, ...]) -> tuple[Reach, ...]:
    guessed = is_guessed(chain)
    if sum(map(_is_guess, chain)) > _GUESSES_TAKEN:
        return ()
    if any(part in _block_decoders() for step in chain for part in step.split("|")):
        return _BLOCKS if guessed or is_joined(chain) else _EITHER
    if guessed:
        return _GUESSED
    return _BLOCKS if any(step in _SEPARATORS_OUT for step in chain) else _ITSELF


@lru_cache(maxsize=1)
def _block_decoders() -> frozenset[str]:
    return frozenset(machine.name for machine in load_tables().machines if machine.sink == "runs")
