"""Edits of real sentences: some keep what is said, some change it.

Edits that change a sentence are also made in the passage instead of the claim, or in both, so that an edit by itself tells nothing.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

_WORDS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
_AUXILIARY = re.compile(r"\b(is|was|are|were|has been|have been|had been|can|could|will|would|should|must|may|might)\b(?! not\b|n't)")
_NEGATED = re.compile(r"\b(is|was|are|were|can|could|will|would|should|must|may|might) (?:not|never) ")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w])")
NAME = re.compile(r"(?<=[a-z,;(] )[A-Z][\w’'-]+(?: (?:of |the |and )?[A-Z][\w’'-]+){0,3}")
_RELATIVE = re.compile(r", (?:which|who|whose|where|including|such as|a |an |the )[^,.;]{4,80}(?:, (?=[a-z])|(?=\.$))")
_PARENTHESES = re.compile(r" \([^()]{1,80}\)")
_LEADING = re.compile(r"^((?:In|On|At|During|After|Before|Since|By|From|For|With) [^,]{3,60}), ([A-Za-z].{15,})\.$")
_TRAILING = re.compile(r"^(.{25,}?),? (?:and|but|while|because|although|after|before|when|where|with|during|since|as) [^.]{8,}\.$")
Edit = Callable[[str, random.Random], str | None]


def number(sentence: str, rng: random.Random) -> str | None:
    """Change a number."""
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return None
    match = rng.choice(found)
    digits = match.group().replace(",", "")
    if "." in digits:
        made = f"{float(digits) * rng.choice((0.5, 0.8, 1.3, 2.1)):.{len(digits.split('.')[1])}f}"
    elif len(digits) == 4 and digits[:2] in ("17", "18", "19", "20"):
        made = str(int(digits) + rng.choice((-21, -12, -7, -3, -2, -1, 1, 2, 3, 5, 9, 14)))
    else:
        whole = int(digits[:12])
        changed = max(0, whole + rng.choice((-1, 1)) * max(1, round(whole * rng.choice((0.1, 0.3, 0.6, 1.0)))))
        made = f"{changed:,}" if "," in match.group() else str(changed)
    return None if made == match.group() else sentence[: match.start()] + made + sentence[match.end() :]


def negation(sentence: str, rng: random.Random) -> str | None:
    """Negate a sentence, or take its negation away."""
    if negated := _NEGATED.search(sentence):
        return sentence[: negated.start()] + negated.group(1) + " " + sentence[negated.end() :]
    match = _AUXILIARY.search(sentence)
    if not match:
        return None
    words = match.group().split(" ")
    return sentence[: match.start()] + " ".join((words[0], rng.choice(("not", "not", "never")), *words[1:])) + sentence[match.end() :]


def opposite(sentence: str, rng: random.Random) -> str | None:
    """Put a word's opposite in its place."""
    return _replaced(sentence, rng, _PAIRS_OPPOSITE)


def alike(sentence: str, rng: random.Random) -> str | None:
    """Put a word that means the same in a word's place."""
    return _replaced(sentence, rng, _PAIRS_ALIKE)


def _pairs(listed: list[str], *, both: bool) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for pair in listed:
        left, right = pair.replace("_", " ").split("/")
        out.setdefault(left, []).append(right)
        if both:
            out.setdefault(right, []).append(left)
    return out


_PAIRS_OPPOSITE = _pairs(_WORDS["opposites"], both=True)
_PAIRS_ALIKE = _pairs(_WORDS["like"], both=False)
_WORD = re.compile(r"\b[A-Za-z]+\b")


def _replaced(sentence: str, rng: random.Random, pairs: dict[str, list[str]]) -> str | None:
    found = [match for match in _WORD.finditer(sentence) if match.group() in pairs]
    if not found:
        return None
    match = rng.choice(found)
    return sentence[: match.start()] + rng.choice(pairs[match.group()]) + sentence[match.end() :]


def other_name(sentence: str, rng: random.Random, names: list[str]) -> str | None:
    """Put another name in a name's place."""
    found = list(NAME.finditer(sentence))
    if not found:
        return None
    match = rng.choice(found)
    words = set(match.group().casefold().split())
    fitting = [name for name in names if not words & set(name.casefold().split())]
    return sentence[: match.start()] + rng.choice(fitting) + sentence[match.end() :] if fitting else None


def exchanged(sentence: str, rng: random.Random) -> str | None:
    """Exchange two names of a sentence that are not merely listed."""
    found = list(NAME.finditer(sentence))
    pairs = [
        (left, right)
        for at, left in enumerate(found)
        for right in found[at + 1 :]
        if left.group() != right.group() and not re.fullmatch(r"(?:,? and |, | or )", sentence[left.end() : right.start()])
    ]
    if not pairs:
        return None
    left, right = rng.choice(pairs)
    return sentence[: left.start()] + right.group() + sentence[left.end() : right.start()] + left.group() + sentence[right.end() :]


def shortened(sentence: str, rng: random.Random) -> str | None:
    """Leave out an aside, or what follows a conjunction; negated sentences stay as they are."""
    if re.search(r"\b(?:not|no|never|none|without|few|only|if|unless|or)\b|n't", sentence):
        return None
    tries = [
        lambda s: _PARENTHESES.sub("", s),
        lambda s: _RELATIVE.sub(" ", s, count=1),
        lambda s: _TRAILING.sub(r"\1.", s),
        lambda s: _LEADING.sub(_second, s),
    ]
    rng.shuffle(tries)
    for one in tries:
        made = re.sub(r" +([.,])", r"\1", one(sentence))
        if made != sentence and len(made.split()) >= 4:
            return made
    return None


def _second(match: re.Match[str]) -> str:
    return match.group(2)[0].upper() + match.group(2)[1:] + "."


def reordered(sentence: str) -> str | None:
    """Put what leads a sentence to its end."""
    match = _LEADING.match(sentence)
    if not match:
        return None
    lead = match.group(1)
    return f"{match.group(2)[0].upper()}{match.group(2)[1:]} {lead[0].lower()}{lead[1:]}."


_BEFORE = (
    "According to the text, ",
    "The passage says that ",
    "Yes, ",
    "I read that ",
    "Apparently ",
    "It says ",
    "Well, ",
    "Did you know that ",
    "As far as I know, ",
)
_AFTER = (" That is what the source says.", " Interesting, right?", " I hope this helps.")


def styled(sentence: str, rng: random.Random) -> str:
    """Say the same in the manner of a chat: lower case, spaced marks, or words around it."""
    kind = rng.random()
    if kind < 0.45:
        return sentence
    if kind < 0.6:
        before = rng.choice(_BEFORE)
        body = sentence if sentence[:2].isupper() or NAME.match(sentence) else sentence[0].lower() + sentence[1:]
        return before + body
    if kind < 0.7:
        return re.sub(r"([.,;:!?])", r" \1", sentence)
    if kind < 0.82:
        return sentence.lower().rstrip(".")
    if kind < 0.88:
        return sentence + rng.choice(_AFTER)
    return sentence.rstrip(".")


def cloze(sentence: str, rng: random.Random, names: list[str]) -> tuple[str, str, str] | None:
    """Return a question made of a sentence, the words that answer it, and words of the same kind that do not."""
    numbers, found = list(_NUMBER.finditer(sentence)), list(NAME.finditer(sentence))
    if numbers and (not found or rng.random() < 0.5):
        match = rng.choice(numbers)
        changed = number(sentence[match.start() : match.end()], rng)
        asked = (
            rng.choice(("what number", "which number", "how many"))
            if len(match.group()) != 4
            else rng.choice(("what year", "which year", "when"))
        )
        wrong = changed or ""
    elif found:
        match = rng.choice(found)
        words = set(match.group().casefold().split())
        fitting = [name for name in names if not words & set(name.casefold().split())]
        wrong = rng.choice(fitting) if fitting else ""
        asked = rng.choice(("who", "which name", "what", "which one"))
    else:
        return None
    if not wrong:
        return None
    question = sentence[: match.start()] + asked + sentence[match.end() :].rstrip(".") + "?"
    return question, match.group(), wrong
