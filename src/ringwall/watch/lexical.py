"""Words, stems, sentences and their weights: what the lexical topic and grounding scorers read."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.watch import shipped

MAX_CHARACTERS = 1_000_000
FREQUENCIES = "frequencies-v1.json"
PARAMETERS = "lexical-v1.json"

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_FUNCTION_WORDS = """
a about above after again all also am an and any are as at be because been before being below between both but by can could did do does
doing down during each few for from further had has have having he her here hers him his how i if in into is it its just me more most my
no nor not now of off on once only or other our out over own please same she should so some such than that the their them then there
these they this those through to too under until up very was we were what when where which while who whom why will with would you your
yes
"""
_STOP = frozenset(_FUNCTION_WORDS.split())
NEGATIONS = frozenset(("no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "without", "cannot", "hardly"))
_SUFFIXES = (
    ("ational", "ate"),
    ("ization", "ize"),
    ("isation", "ize"),
    ("fulness", "ful"),
    ("iveness", "ive"),
    ("ations", "ate"),
    ("ation", "ate"),
    ("ments", ""),
    ("ment", ""),
    ("ingly", ""),
    ("ness", ""),
    ("ings", ""),
    ("ies", "y"),
    ("ing", ""),
    ("ers", ""),
    ("ors", ""),
    ("ied", "y"),
    ("ed", ""),
    ("er", ""),
    ("or", ""),
    ("ly", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
)
_ENDINGS = tuple(ending for ending, _ in _SUFFIXES)
_SHORTEST_STEM = 3


class Frequencies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In how many of `documents` harmless texts each stem occurs; stems that are not listed are rarer than the rarest listed one."""

    documents: int
    stems: dict[str, int]


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What training found for the lexical scorers; the AUROCs are on sources that nothing was fitted on.

    topic_cut: the raw topic score that maps to one half.
    grounding, relevance: weight per field of `grounding.Evidence` and `grounding.Overlap`, by name, and `bias`.
    """

    topic_cut: float
    topic_auroc: float
    grounding: dict[str, float]
    grounding_auroc: float
    relevance: dict[str, float]
    relevance_auroc: float


@functools.cache
def frequencies() -> Frequencies:
    """Return the table that ships with ringwall.

    Raises:
        WeightsRefused: it is missing, unreadable or not the pinned one.
    """
    return shipped.decoded(FREQUENCIES, Frequencies)[0]


@functools.cache
def parameters() -> Parameters:
    """Return the parameters that ship with ringwall.

    Raises:
        WeightsRefused: they are missing, unreadable or not the pinned ones.
    """
    return shipped.decoded(PARAMETERS, Parameters)[0]


@functools.cache
def _weights() -> tuple[dict[str, float], float]:
    """Return the weight of every listed stem, and that of all others."""
    table = frequencies()
    top = math.log((table.documents + 1) / 2)
    return {part: max(0.0, math.log((table.documents + 1) / (count + 1)) / top) for part, count in table.stems.items()}, 1.0


def weight(stem: str) -> float:
    """Return how much a stem says: its inverse document frequency, in 0..1."""
    known, rare = _weights()
    return known.get(stem, rare)


def words(text: str) -> list[str]:
    """Return the words of a text as written.

    Raises:
        LimitExceeded: the text is longer than a lexical scorer reads.
    """
    refuse_over_limit(text)
    return _WORD.findall(text)


def refuse_over_limit(text: str) -> None:
    """Refuse a text that is longer than a lexical scorer reads.

    Raises:
        LimitExceeded: it is.
    """
    if len(text) > MAX_CHARACTERS:
        raise LimitExceeded(f"a text of {len(text)} characters is longer than {MAX_CHARACTERS}", remedy="score a shorter text")


def stem(word: str) -> str:
    """Return a word without its commonest English endings, in lower case."""
    word = word.casefold().replace("’", "'").removesuffix("'s")
    if word.endswith(_ENDINGS):
        for ending, instead in _SUFFIXES:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
                word = word[: len(word) - len(ending)] + instead
                break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2]:
        return word[:-1]
    return word


def stems(text: str) -> list[str]:
    """Return the stems of the content words of a text, in order."""
    return [stem(word) for word in words(text.casefold()) if word not in _STOP]


def sentences(text: str) -> list[str]:
    """Return the sentences (or lines) of a text that hold a word."""
    return [text[start:end] for start, end in sentence_places(text)]


def sentence_places(text: str) -> list[tuple[int, int]]:
    """Return the first and last-plus-one character of each sentence (or line) that holds a word."""
    breaks = [match.span() for match in _SENTENCE.finditer(text)]
    starts, ends = [0, *(end for _, end in breaks)], [*(start for start, _ in breaks), len(text)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if _WORD.search(text, start, end)]


def vector(parts: Iterable[str]) -> Mapping[str, float]:
    """Return the weighted stems of some text as a vector of length one (empty for a text without content words)."""
    weights = {part: weight(part) for part in parts}
    length = math.sqrt(sum(value * value for value in weights.values()))
    return {part: value / length for part, value in weights.items()} if length else {}


def cosine(left: Mapping[str, float], right: Mapping[str, float]) -> float:
    """Return the similarity of two vectors of length one."""
    if len(left) > len(right):
        left, right = right, left
    return sum(value * right[part] for part, value in left.items() if part in right)
