"""Texts of our own that only the encoder reads: ordinary long tasks, harm as people say and tell it with harmless twins, and single words.

The same seed gives the same texts. The linear model was trained without them.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence

from training.content import grammar
from training.content.corpus import WINDOW, Example
from training.content.sources import HEADS

HARM_WEIGHT = 0.7
NONE = (0,) * len(HEADS)
ALL_HEADS = (1.0,) * len(HEADS)
LENGTHS = (1, 1, 1, 2, 2, 3, 4)  # words of a fragment
SEEN = 5  # windows that hold a word, at least
_WORD = re.compile(r"[A-Za-z]+(?:['-][a-z]+)*")


def tasks(seed: int, count: int) -> list[Example]:
    """Return up to `count` harmless tasks, every family in turn."""
    source = grammar.load("tasks")
    slots = grammar.load("benign")["slots"] | source["slots"]
    rng = random.Random(f"tasks/{seed}")
    families = list(source["families"].values())
    texts = [text for family in families for text in grammar.draw(rng.sample(family, len(family)), slots, -(-count // len(families)), rng)]
    return [Example(text[:WINDOW], NONE, ALL_HEADS, "generated_tasks") for text in texts[:count]]


def statements(seed: int, count: int) -> list[Example]:
    """Return `count` harmful texts of each head that has them, and half as many harmless ones in the same words."""
    out = []
    rng = random.Random(f"statements/{seed}")
    for head, one in grammar.load("statements").items():
        target, weight = (tuple(value * (name == head) for name in HEADS) for value in (1, HARM_WEIGHT))
        weight = tuple(max(each, 0.2 * (name == "PROMPT_ATTACK")) for each, name in zip(weight, HEADS, strict=True))
        out += [Example(text, target, weight, "generated_statements") for text in grammar.draw(one["harmful"], one["slots"], count, rng)]
        twins = grammar.draw(one["harmless"], one["slots"], count // 2, rng)
        out += [Example(text, NONE, ALL_HEADS, "generated_twins") for text in twins]
    return out


def people(count: int) -> list[Example]:
    """Return up to `count` harmless texts that name groups of people."""
    named = grammar.load("people")
    texts = grammar.draw(named["templates"], named["slots"], count, random.Random("people"))
    return [Example(text, NONE, ALL_HEADS, "generated_people") for text in texts]


def fragments(examples: Sequence[Example], seed: int, count: int) -> list[Example]:
    """Return up to `count` single words and pieces of two to four words, cut from harmless windows: a word alone is no harm.

    Left out are words that are told mostly by harmful windows (many times as often as by harmless ones), and the words that measure.
    """
    harmless = [_words(example.text) for example in examples if not any(example.target)]
    told = Counter(word.lower() for words in harmless for word in set(words))
    harmful = Counter(word.lower() for example in examples if any(example.target) for word in set(_words(example.text)))
    share = (len(examples) - len(harmless)) / max(1, len(harmless))
    apart = set(grammar.load("apart")["words"])
    alone = {word for word, seen in told.items() if seen >= SEEN and harmful[word] <= 6 * share * seen and word not in apart}
    beside = {word for word in told if harmful[word] <= share * told[word]}
    rng = random.Random(f"fragments/{seed}")
    common = sorted(alone)
    out: dict[str, None] = {}
    for _ in range(20 * count):
        if len(out) == count:
            break
        length = rng.choice(LENGTHS)
        words = rng.choice(harmless)
        start = rng.randrange(max(1, len(words) - length + 1))
        piece = [rng.choice(common)] if length == 1 else words[start : start + length]
        if len(piece) == length and (length == 1 or all(word.lower() in beside for word in piece)):
            out[rng.choice((str.lower, str, str.capitalize))(" ".join(piece))] = None
    return [Example(text, NONE, ALL_HEADS, "generated_fragments") for text in out]


def _words(text: str) -> list[str]:
    return _WORD.findall(text)
