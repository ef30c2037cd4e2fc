"""Our own texts: templates and lists of `grammars/`, expanded by a seeded choice, with the spans that their slots make."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.names import people, places, secrets
from training.names.labelled import Text, cut, lowered

GRAMMARS = Path(__file__).parent / "grammars"
LOWERED = 0.25
_WORDS = ("first", "last")  # lists that are separated by blanks; the others by semicolons
_SLOT = re.compile(r"[a-z_]+")
Part = tuple[str, str]


@dataclass(frozen=True)
class Grammar:
    """Lists, labels of slots, and templates by family."""

    lists: dict[str, tuple[str, ...]]
    labels: dict[str, str]
    families: dict[str, tuple[str, ...]]


def load(name: str) -> Grammar:
    """Read `NAME.toml` (lists and labels) and `NAME_texts.toml` (templates)."""
    given = tomllib.loads((GRAMMARS / f"{name}.toml").read_text("utf-8"))
    families = tomllib.loads((GRAMMARS / f"{name}_texts.toml").read_text("utf-8"))
    lists = {key: _items(key, value) for key, value in given["lists"].items()}
    return Grammar(lists, given["labels"], {key: tuple(value.strip("\n").split("\n")) for key, value in families.items()})


def _items(key: str, value: str) -> tuple[str, ...]:
    if key in _WORDS:
        words = (word.replace("_", " ") for word in value.split())
        return tuple(dict.fromkeys(re.sub(r"(^|[ '-])(\w)", lambda match: match.group(1) + match.group(2).upper(), word) for word in words))
    return tuple(dict.fromkeys(item for part in value.split(";") if (item := " ".join(part.split()))))


def generated(name: str, family: str, count: int, seed: int) -> list[Text]:
    """Return `count` texts of one family, templates in turn, as people type: some in small letters, some without the last full stop."""
    rng = random.Random(f"names/{name}/{family}/{seed}")
    grammar = load(name)
    templates = grammar.families[family]
    out = []
    for number in range(count):
        parts = _Expansion(grammar, rng).expand(templates[number % len(templates)].replace("\\n", "\n"))
        text = "".join(characters for characters, _ in parts)
        made = cut(text, parts, f"generated_{family}")
        if family == "prose" and rng.random() < 0.5:
            out.append(made)
            continue
        out.append(lowered(made) if rng.random() < LOWERED else made)
    return out


class _Expansion:
    """One template on its way to a text."""

    def __init__(self, grammar: Grammar, rng: random.Random) -> None:
        self._grammar, self._rng = grammar, rng

    def expand(self, template: str) -> list[Part]:
        """Return the parts of a template: `{slot}`, `{this|that}` with slots inside; other braces stand for themselves."""
        out: list[Part] = []
        at = 0
        while at < len(template):
            if template[at] != "{":
                end = template.find("{", at)
                end = len(template) if end < 0 else end
                out.append((template[at:end], ""))
                at = end
                continue
            end = _closing(template, at)
            out += self._braced(template[at + 1 : end])
            at = end + 1
        return out

    def _braced(self, inner: str) -> list[Part]:
        if _SLOT.fullmatch(inner):
            return [(self._slot(inner), self._grammar.labels.get(inner, ""))]
        choices = _choices(inner)
        if len(choices) > 1:
            return self.expand(self._rng.choice(choices))
        return [("{", ""), *self.expand(inner), ("}", "")]

    def _slot(self, name: str) -> str:
        lists, rng = self._grammar.lists, self._rng
        if name in people.MAKERS:
            return people.MAKERS[name](lists, rng)
        if name in places.MAKERS:
            return places.MAKERS[name](lists, rng)
        if name in secrets.MAKERS:
            return secrets.MAKERS[name](lists, rng)
        return rng.choice(lists[name])


def _closing(template: str, at: int) -> int:
    depth = 0
    for index in range(at, len(template)):
        depth += {"{": 1, "}": -1}.get(template[index], 0)
        if depth == 0:
            return index
    raise ValueError(f"a brace is not closed: {template[:60]}")


def _choices(inner: str) -> list[str]:
    out, depth, start = [], 0, 0
    for index, character in enumerate(inner):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "|" and depth == 0:
            out.append(inner[start:index])
            start = index + 1
    return [*out, inner[start:]]


def split_templates(families: Sequence[str]) -> set[str]:
    """Return all templates of some grammars, for a test that two share none."""
    return {template for name in families for templates in load(name).families.values() for template in templates}
