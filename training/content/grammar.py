"""Expand `{slot}` templates by a seeded choice: the grammars that our own texts come from (`grammars/*.toml`)."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

GRAMMARS = Path(__file__).parent / "grammars"
_SLOT = re.compile(r"\{([a-z_]+)\}")
_DEPTH = 8


def load(name: str) -> dict:
    """Return one grammar."""
    return tomllib.loads((GRAMMARS / f"{name}.toml").read_text("utf-8"))


def expand(template: str, slots: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    """Replace every slot by one of its values, which may hold slots themselves.

    Raises:
        ValueError: slots nest too deeply.
    """
    for _ in range(_DEPTH):
        if _SLOT.search(template) is None:
            return template
        template = _SLOT.sub(lambda match: rng.choice(slots[match.group(1)]), template)
    raise ValueError(f"slots nest deeper than {_DEPTH}: {template[:80]}")


def draw(templates: Sequence[str], slots: Mapping[str, Sequence[str]], count: int, rng: random.Random) -> list[str]:
    """Return `count` distinct expansions, templates in turn (fewer where the grammar has no more)."""
    out: dict[str, None] = {}
    for attempt in range(count * 10):
        if len(out) == count:
            break
        text = expand(templates[attempt % len(templates)], slots, rng)
        out[_restyle(text, rng)] = None
    return list(out)


def family(grammar: dict, name: str, slots: Mapping[str, Sequence[str]], rng: random.Random) -> list[str]:
    """Return the expansions of one `[family.NAME]` of a grammar."""
    entry = grammar["family"][name]
    return draw(entry["templates"], slots, entry["count"], rng)


def _restyle(text: str, rng: random.Random) -> str:
    """Type as people type: mostly as written, sometimes all lower case, without the last full stop, or politely."""
    dice = rng.random()
    if dice < 0.12:
        return text.lower()
    if dice < 0.24:
        return text.rstrip(".")
    if dice < 0.30 and len(text) < 200:
        return "Please " + text[:1].lower() + text[1:]
    return text
