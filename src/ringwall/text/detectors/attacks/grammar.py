"""A small language for attack rules, and what is compiled from it.

An expression is a row of tokens: `a|b|c` one of these words (`_` is a space inside one, `{name}` stands for all words of that vocabulary),
a number n for up to n words of any kind, `:` a colon; `?` after a word token makes it optional. From one expression come a pattern for
readings with words (`spaced`), a tighter one for readings without separators (`squashed`), and the trigger words that let the text room's
phrase automaton notice the rule under rotations and reversals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from ringwall.text.detectors.attacks.canonical import fold_word
from ringwall.text.detectors.attacks.vocabulary import COMMON_WORDS, SHORT_TRIGGERS

Category = Literal["JAILBREAK", "PROMPT_INJECTION", "PROMPT_LEAKAGE"]

_PHRASE_LETTERS = 8  # of common words together, to say something
TRIGGER_LETTERS = 4  # shorter words come up by chance in rotated text
_OUTER_LETTERS = 5  # of the first and last word in a text without separators
_INNER_LETTERS = 3
_SQUASHED_LETTERS = 13  # an expression whose shortest match is shorter is not looked for without separators
_GAP_LETTERS = 6
_GAP_MOST = 14


class AttackRule(msgspec.Struct, frozen=True, kw_only=True):
    """One way of attacking a model by its prompt.

    id: stable, in kebab-case.
    expressions: any of them is a hit.
    """

    id: str
    category: Category
    confidence: float = 0.9
    expressions: tuple[str, ...]


class _Token(msgspec.Struct, frozen=True):
    kind: Literal["words", "gap", "colon"]
    words: tuple[str, ...] = ()
    most: int = 0
    optional: bool = False


def parse(expression: str, vocabulary: Mapping[str, tuple[str, ...]]) -> list[_Token]:
    """Split an expression into its tokens.

    Raises:
        KeyError: a `{name}` that the vocabulary lacks.
    """
    tokens = []
    for part in expression.split():
        optional = part.endswith("?")
        body = part.rstrip("?")
        if body == ":":
            tokens.append(_Token("colon"))
        elif body.isdigit():
            tokens.append(_Token("gap", most=int(body)))
        else:
            words = [word for item in body.split("|") for word in _words(item, vocabulary)]
            tokens.append(_Token("words", words=tuple(words), optional=optional))
    return tokens


def _words(item: str, vocabulary: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return vocabulary[item[1:-1]] if item.startswith("{") else (item.replace("_", " "),)


def spaced(tokens: list[_Token]) -> str:
    """Return the RE2 pattern for canonical text with word boundaries. The first token must be words."""
    out = [r"\b"]
    separator = ""
    for token in tokens:
        if token.kind == "colon":
            out.append(" *:")
            separator = "[ :]*"
            continue
        if token.kind == "gap":
            out.append(f"(?:{separator}[a-z]+){{0,{token.most}}}")
        else:
            words = "|".join(sorted({_spaced_word(word) for word in token.words}))
            out.append(f"(?:{separator}(?:{words}))?" if token.optional else f"{separator}(?:{words})")
        separator = "[ :]+"
    if tokens[-1].kind == "words":
        out.append(r"\b")
    return "".join(out)


def squashed(tokens: list[_Token]) -> str | None:
    """Return the RE2 pattern for canonical text without spaces, or None for an expression too short to be looked for there.

    Without word boundaries short words hide in others, so the first and the last words are taken of the longer alternatives only.
    """
    outer = [position for position, token in enumerate(tokens) if token.kind == "words" and not token.optional]
    out, shortest = [], 0
    for position, token in enumerate(tokens):
        if token.kind == "colon":
            out.append(":+")
            continue
        if token.kind == "gap":
            out.append(f"[a-z:]{{0,{min(_GAP_MOST, token.most * _GAP_LETTERS)}}}")
            continue
        words = {_squashed_word(word) for word in token.words}
        least = _OUTER_LETTERS if position in (outer[0], outer[-1]) else _INNER_LETTERS
        words = {word for word in words if len(word) >= least}
        if not words:
            return None
        out.append(f"(?:{'|'.join(sorted(words))})" + ("?" if token.optional else ""))
        shortest += 0 if token.optional else min(map(len, words))
    return "".join(out) if shortest >= _SQUASHED_LETTERS else None


def trigger_words(tokens: list[_Token]) -> Iterator[str]:
    """Yield the words and short phrases that may stand for an expression in rotated or reversed text."""
    for token in tokens:
        for alternative in token.words:
            yield from _triggers(alternative)


def always_triggered(tokens: list[_Token]) -> bool:
    """Say whether every match of the expression holds a trigger: some mandatory token has one in each of its alternatives."""
    return any(token.kind == "words" and not token.optional and all(map(_triggers, token.words)) for token in tokens)


def _triggers(alternative: str) -> list[str]:
    """Return the telling words of an alternative; all of it, where its words are short and there are several."""
    words = alternative.replace("'", "").split()
    telling = [word for word in words if word in SHORT_TRIGGERS or (len(word) >= TRIGGER_LETTERS and word not in COMMON_WORDS)]
    if telling or len(words) == 1 or (not COMMON_WORDS.isdisjoint(words) and len("".join(words)) < _PHRASE_LETTERS):
        return telling
    return [" ".join(words)]


def _spaced_word(word: str) -> str:
    return " +".join(" ?".join(map(fold_word, part.split("'"))) for part in word.split(" "))


def _squashed_word(word: str) -> str:
    return fold_word(word.replace("'", "").replace(" ", ""))
