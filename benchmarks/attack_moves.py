"""Black-box attacks on a text detector: greedy changes of words or characters under a budget of questions.

The attacker sees a score and nothing else. It asks which words matter (each left out in turn, in groups where a text is long), then changes
them, most important first, in whichever way lowers the score most. A word attack keeps the meaning as far as a list of synonyms can: only
words that say little are dropped. A character attack changes how words look and leaves them readable.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LISTS = Path(__file__).with_name("attack_words.toml")
CHANGED_SHARE = 0.3  # of a text's words that an attack may change, one at least
SEARCH_SHARE = 0.4  # of the budget that goes into finding out which words matter
_TOKEN = re.compile(r"\w+|\W+")
_LEET = str.maketrans("aeiostAEIOST", "4310574310$7")
_LOOKALIKES = str.maketrans(
    "aceiopsxyACEHKMOPTX",
    "\u0430\u0441\u0435\u0456\u043e\u0440\u0455\u0445\u0443\u0410\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422\u0425",
)

Score = Callable[[str], float]
Moves = Callable[[str, random.Random], Sequence[str]]


@dataclass(frozen=True)
class Attacked:
    """What an attack on one text came to: the lowest score seen, with its text, after so many questions."""

    before: float
    after: float
    text: str
    asked: int


class Words:
    """The word attack's moves: synonyms, dropping words that say little, putting in harmless ones."""

    name = "words"

    def __init__(self) -> None:
        """Read the lists."""
        read = tomllib.loads(LISTS.read_text("utf-8"))
        self._synonyms: dict[str, list[str]] = read["synonyms"]
        self._fillers: list[str] = read["fillers"]
        self._droppable = frozenset(read["droppable"])

    def __call__(self, word: str, rng: random.Random) -> list[str]:
        """Return what may stand in a word's place."""
        lowered = word.lower()
        moves = [_cased(other, word) for other in self._synonyms.get(lowered, ())]
        moves += [""] if lowered in self._droppable else []
        before, after = rng.sample(self._fillers, 2)
        return [*moves, f"{before} {word}", f"{word} {after}"]


class Characters:
    """The character attack's moves: typos, digits and look-alikes for letters, and what is put between letters."""

    name = "characters"

    def __call__(self, word: str, rng: random.Random) -> list[str]:
        """Return ways to write a word that people can still read."""
        if len(word) < 2 or not word.isalpha():
            return []
        at = rng.randrange(len(word) - 1)
        inner = rng.randrange(1, len(word))
        moves = [
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:inner] + word[inner - 1] + word[inner:],
            word.translate(_LEET),
            word.translate(_LOOKALIKES),
            word[:inner] + " " + word[inner:],
            "-".join(word),
            word[:inner] + "\u200b" + word[inner:],
        ]
        if len(word) > 3:
            moves.append(word[:inner] + word[inner + 1 :])
        return [move for move in dict.fromkeys(moves) if move != word]


EVERY_WORD: dict[str, Callable[[str], str]] = {
    "look-alikes": lambda word: word.translate(_LOOKALIKES),
    "invisible": lambda word: word[:2] + "\u200b" + word[2:],
    "hyphens": "-".join,
    "digits": lambda word: word.translate(_LEET),
    "space": lambda word: word[:2] + " " + word[2:],
    "swap": lambda word: word[0] + word[2] + word[1] + word[3:],
    "double": lambda word: word[:2] + word[1:],
    "drop": lambda word: word[:1] + word[2:],
}
"""Ways to change every word of three letters and more at once, without asking anything."""


def all_changed(text: str, change: Callable[[str], str]) -> str:
    """Change every word of three letters and more."""
    return re.sub(r"[A-Za-z]{3,}", lambda match: change(match.group()), text)


def attack(text: str, score: Score, moves: Moves, *, budget: int, rng: random.Random, stop_below: float = 0.0) -> Attacked:
    """Lower a text's score greedily.

    Args:
        text: the text as it is.
        score: of a text, in [0, 1]; what the attacker may ask.
        moves: what may stand in a word's place.
        budget: how often it may ask, the first question included.
        rng: the attack's own chance.
        stop_below: the score under which there is nothing left to win.
    """
    search = _Search(text, score, budget)
    before = search.ask(search.tokens)
    order = search.importance(before)
    allowed = max(1, int(CHANGED_SHARE * len(order)))
    best = before
    for at in order:
        if best < stop_below or search.left <= 0 or allowed <= 0:
            break
        lowest, chosen = best, None
        for move in moves(search.tokens[at], rng):
            if search.left <= 0:
                break
            found = search.ask([*search.tokens[:at], move, *search.tokens[at + 1 :]])
            if found < lowest:
                lowest, chosen = found, move
        if chosen is not None:
            best = lowest
            search.tokens[at] = chosen
            allowed -= 1
    return Attacked(before, best, "".join(search.tokens), search.asked)


class _Search:
    def __init__(self, text: str, score: Score, budget: int) -> None:
        self.tokens: list[str] = _TOKEN.findall(text)
        self._score = score
        self._budget = budget
        self.asked = 0

    @property
    def left(self) -> int:
        return self._budget - self.asked

    def ask(self, tokens: Sequence[str]) -> float:
        self.asked += 1
        return self._score("".join(tokens))

    def importance(self, before: float) -> list[int]:
        """Return the words' positions, those whose group lowers the score most when it is left out first."""
        words = [at for at, token in enumerate(self.tokens) if token[0].isalnum()]
        size = max(1, -(-len(words) // max(1, int(SEARCH_SHARE * self._budget))))
        ranked: list[tuple[float, list[int]]] = []
        for start in range(0, len(words), size):
            group = words[start : start + size]
            left_out = frozenset(group)
            drop = before - self.ask([token for at, token in enumerate(self.tokens) if at not in left_out]) if self.left > 0 else 0.0
            ranked.append((drop, group))
        ranked.sort(key=lambda each: -each[0])
        return [at for _, group in ranked for at in group]


def _cased(other: str, word: str) -> str:
    return other[:1].upper() + other[1:] if word[:1].isupper() else other
