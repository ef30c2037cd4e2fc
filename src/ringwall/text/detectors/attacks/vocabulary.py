"""The words of the attack rules, read from `vocabulary.txt`."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import product

from ringwall.text.detectors.wordlist import words

_GROUP = re.compile(r"\[([^\]]*)\]")


def _expand(text: str) -> tuple[str, ...]:
    """Write out the abbreviations of a list."""
    found: list[str] = []
    for item in text.split(","):
        pieces = _GROUP.split(" ".join(item.split()))
        choices = [piece.split("|") if position % 2 else [piece] for position, piece in enumerate(pieces)]
        found.extend("".join(choice) for choice in product(*choices))
    return tuple(dict.fromkeys(word for word in found if word))


def _read(source: str) -> dict[str, tuple[str, ...]]:
    lists: dict[str, str] = {}
    name = ""
    for line in source.splitlines():
        if line.startswith("#") or not line:
            continue
        if line.startswith(" "):
            lists[name] += " " + line
        else:
            name = line.removesuffix(" =")
            lists[name] = ""
    return {name: _expand(text) for name, text in lists.items()}


VOCABULARY = _read((files(__package__) / "vocabulary.txt").read_text(encoding="utf-8"))

SHORT_TRIGGERS = frozenset(("dan",))
"""Words under four letters that an expression may rely on."""

COMMON_WORDS = words(
    """
    your this that with have from into will must them what like were been then only such said know over would should could these those
    their while where which there about other every never again still until please write response responses data following words word work
    customer answer test testing security information first environment service shall using character function language personal transform
    entire online rights point request operating give code real state users text question subject current sentences change list
    here complete role around user limited internal actual post without before down training
    show tell send make content contents line lines file learned existing original final
    """
)
"""Words too common to say that a reading is worth making."""
