"""Rewrite texts so that they mean the same but read otherwise: typos, letter case, splitting, leet, look-alikes, words around, other words.

Labels stay as they are: nothing that is added is for or against anything. The same seed gives the same texts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from training.content import grammar

LONGEST = 1_000  # a window: what is added must not push the text itself out of it
_WORD = re.compile(r"[A-Za-z]{3,}")
_PLACE = "@@"
# What lies beside a letter on a keyboard.
_BESIDE = """
a=sqwz b=vghn c=xdfv d=serfcx e=wsdr f=drtgvc g=ftyhbv h=gyujnb i=ujko j=huikmn k=jiolm l=kop m=njk n=bhjm
o=iklp p=ol q=wa r=edft s=awedxz t=rfgy u=yhji v=cfgb w=qase x=zsdc y=tghu z=asx
"""
_KEYS = dict(pair.split("=") for pair in _BESIDE.split())
_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7+", "b": "8", "g": "9", "l": "1"}
_LOOKALIKES = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "y": "у", "i": "і", "s": "ѕ", "j": "ј"}  # Cyrillic
_GAPS = (" ", "-", ".", "_", "*", "\u200b", "\u00ad")

Rewrite = Callable[[str, random.Random], str]


def augmented(texts: Sequence[str], seed: int, share: float) -> list[str]:
    """Rewrite a share of texts, each in one to three ways; the others are returned as they are.

    Args:
        texts: the texts of one training set; an item of the result stands at the place of its original.
        seed: the same seed, texts and share give the same result.
        share: of the texts, in [0, 1], that are rewritten (up to chance).

    Returns:
        As many texts as were given. A text that was within 1,000 characters stays within them.
    """
    maker = _Augmenter()
    rng = random.Random(f"augment/{seed}")
    return [maker.rewritten(text, rng) if rng.random() < share else text for text in texts]


class _Augmenter:
    def __init__(self) -> None:
        source = grammar.load("augment")
        self._frames: list[str] = source["frames"]
        self._fillers: list[str] = source["fillers"]
        self._alternatives: dict[str, list[str]] = source["alternatives"]
        self._slots = grammar.load("benign")["slots"]
        words = sorted(self._alternatives, key=len, reverse=True)
        self._known = re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\b", re.IGNORECASE)
        self._kinds: tuple[tuple[Rewrite, float], ...] = (
            (typos, 3.0),
            (letter_case, 1.5),
            (split_words, 1.0),
            (leet, 1.0),
            (lookalikes, 0.7),
            (punctuation, 1.5),
            (self._framed, 3.0),
            (self._filled, 3.0),
            (self._reworded, 3.0),
        )

    def rewritten(self, text: str, rng: random.Random) -> str:
        rewrites, weights = zip(*self._kinds, strict=True)
        out = text
        for rewrite in dict.fromkeys(rng.choices(rewrites, weights, k=rng.choice((1, 1, 1, 2, 2, 3)))):
            made = rewrite(out, rng)
            if made.strip() and len(made) <= max(LONGEST, len(text)):
                out = made
        return out

    def _framed(self, text: str, rng: random.Random) -> str:
        return grammar.expand(rng.choice(self._frames), self._slots, rng).replace(_PLACE, text)

    def _filled(self, text: str, rng: random.Random) -> str:
        """Put harmless sentences before, after or on both sides."""
        glue = "\n" if "\n" in text else rng.choice((" ", " ", "\n", "\n\n"))
        before, after = rng.choice(((1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 2)))
        return glue.join([*self._sentences(before, rng), text, *self._sentences(after, rng)])

    def _sentences(self, count: int, rng: random.Random) -> list[str]:
        return [grammar.expand(rng.choice(self._fillers), self._slots, rng) for _ in range(count)]

    def _reworded(self, text: str, rng: random.Random) -> str:
        def other(match: re.Match[str]) -> str:
            word = match.group()
            if rng.random() < 0.35:
                return word
            made = rng.choice(self._alternatives[word.lower()])
            return made[:1].upper() + made[1:] if word[:1].isupper() else made

        return self._known.sub(other, text)


def typos(text: str, rng: random.Random) -> str:
    """Mistype some words: neighbours swapped, a letter lost, doubled or hit beside."""
    return _some_words(text, rng, rng.choice((0.08, 0.15, 0.3)), lambda word: _mistyped(word, rng))


def _mistyped(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word) - 1)
    dice = rng.randrange(4)
    if dice == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if dice == 1:
        return word[:at] + word[at + 1 :]
    if dice == 2:
        return word[: at + 1] + word[at:]
    return word[:at] + rng.choice(_KEYS.get(word[at].lower(), word[at])) + word[at + 1 :]


def letter_case(text: str, rng: random.Random) -> str:
    """Write in capitals, small letters, titles, or capitals here and there."""
    dice = rng.randrange(5)
    if dice == 0:
        return text.upper()
    if dice in (1, 2):
        return text.lower()
    if dice == 3:
        return text.title()
    return _some_words(text, rng, 0.3, str.upper)


def split_words(text: str, rng: random.Random) -> str:
    """Break some words by spaces, hyphens or invisible characters, at one place or at every letter."""
    gap = rng.choice(_GAPS)

    def broken(word: str) -> str:
        if rng.random() < 0.4:
            return gap.join(word)
        at = rng.randrange(1, len(word))
        return word[:at] + gap + word[at:]

    return _some_words(text, rng, rng.choice((0.08, 0.2)), broken)


def leet(text: str, rng: random.Random) -> str:
    """Write digits and signs for letters in some words."""
    table = {letter: rng.choice(signs) for letter, signs in _LEET.items()}
    return _some_words(text, rng, rng.choice((0.15, 0.4, 1.0)), lambda word: "".join(table.get(each.lower(), each) for each in word))


def lookalikes(text: str, rng: random.Random) -> str:
    """Write Cyrillic letters that look the same in some words."""
    return _some_words(text, rng, rng.choice((0.1, 0.3)), lambda word: "".join(_LOOKALIKES.get(each, each) for each in word))


def punctuation(text: str, rng: random.Random) -> str:
    """Drop signs, repeat them, or run lines together."""
    dice = rng.randrange(4)
    if dice == 0:
        return re.sub(r"[.,;:!?'\"]", "", text)
    if dice == 1:
        return re.sub(r"[.!?](?=\s|$)", rng.choice(("!", "!!!", "...", "?!")), text)
    if dice == 2:
        return re.sub(r"\s+", " ", text)
    return re.sub(r"(?<=[.!?]) ", "\n", text)


def _some_words(text: str, rng: random.Random, share: float, change: Callable[[str], str]) -> str:
    return _WORD.sub(lambda match: change(match.group()) if rng.random() < share else match.group(), text)
