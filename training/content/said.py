"""Texts of our own that only the encoder reads: ordinary long tasks, and harm as people say and tell it, with harmless twins.

The same seed gives the same texts. The linear model was trained without them.
"""

from __future__ import annotations

import random

from training.content import grammar
from training.content.corpus import WINDOW, Example
from training.content.sources import HEADS

HARM_WEIGHT = 0.7
NONE = (0,) * len(HEADS)
ALL_HEADS = (1.0,) * len(HEADS)


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
