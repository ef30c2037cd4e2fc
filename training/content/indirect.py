"""Our own indirect injections: documents that give an assistant orders, their harmless twins, and harmless prompts that sound alarming.

An attack and a twin are the same documents: what differs is who is told to do something, a model or a reader. The same seed gives the same
texts. Carriers, harmless documents of training sources, are optional; half the documents come from the grammar (`grammars/indirect.toml`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from training.content import grammar
from training.content.corpus import WINDOW

SHORTEST = 60
LONGEST = WINDOW  # what the scorer reads at once: an attack further on would be cut off
PLACE = "@@"
BARE_SHARE = 0.15  # orders that do not name an assistant
LATE_SHARE = 0.12  # an attack in two places
QUOTING_SHARE = 0.12  # of twins, people write about attacks
CARRIER_SHARE = 0.4
_CUT = re.compile(r"\n+|(?<=[.!?])\s+")

Slots = dict[str, list[str]]


def indirect_examples(carriers: Sequence[str], seed: int, attacks: int, benign: int) -> list[tuple[str, bool]]:
    """Return `attacks` documents with an injection and `benign` without one, in turn.

    Args:
        carriers: harmless documents of training sources; may be empty.
        seed: the same seed, carriers and counts give the same texts.
        attacks: how many documents with an injection.
        benign: how many without.

    Returns:
        (text, is_attack) pairs of 60 to 1,000 characters, without duplicates.
    """
    maker = _Maker(carriers)
    out = [(text, True) for text in maker.documents(attacks, random.Random(f"indirect/attacks/{seed}"), attack=True)]
    out += [(text, False) for text in maker.documents(benign, random.Random(f"indirect/benign/{seed}"), attack=False)]
    random.Random(f"indirect/order/{seed}").shuffle(out)
    return out


def hard_benign(seed: int, count: int) -> list[str]:
    """Return up to `count` distinct harmless prompts with alarming words, constraints or long tasks: every family in turn."""
    source = grammar.load("hard_benign")
    slots = grammar.load("benign")["slots"] | source["slots"]
    rng = random.Random(f"hard_benign/{seed}")
    families = list(source["families"].values())
    each = -(-count // len(families))
    drawn = [grammar.draw(rng.sample(family, len(family)), slots, each, rng) for family in families]
    out = dict.fromkeys(text for texts in drawn for text in texts)
    rest = [template for family in families for template in family]
    for _ in range(4 * count):  # families that ran out are made up for by the others
        if len(out) >= count:
            break
        out[grammar.expand(rng.choice(rest), slots, rng)] = None
    texts = list(out)
    rng.shuffle(texts)
    return texts[:count]


class _Maker:
    def __init__(self, carriers: Sequence[str]) -> None:
        source = grammar.load("indirect")
        self._carriers = [text for text in carriers if len(text) >= SHORTEST]
        self._documents = source["documents"]
        self._dress = source["dress"]
        self._slots: Slots = grammar.load("benign")["slots"] | grammar.load("attacks")["slots"] | source["slots"]

    def documents(self, count: int, rng: random.Random, *, attack: bool) -> list[str]:
        out: dict[str, None] = {}
        for _ in range(count * 10):
            if len(out) == count:
                break
            text = self._document(rng, attack=attack)
            if SHORTEST <= len(text) <= LONGEST:
                out[text] = None
        return list(out)

    def _document(self, rng: random.Random, *, attack: bool) -> str:
        dressed = self._dressed(rng, attack=attack)
        if self._carriers and rng.random() < CARRIER_SHARE:
            return _put(_excerpt(rng.choice(self._carriers), LONGEST - len(dressed) - 2, rng), dressed, rng)
        document = self._grown(rng.choice(self._documents[rng.choice(list(self._documents))]), rng)
        if PLACE not in document:
            return _put(document[: max(0, LONGEST - len(dressed) - 2)], dressed, rng)
        places = document.count(PLACE)
        chosen = {rng.randrange(places)}
        if attack and rng.random() < LATE_SHARE:
            chosen.add(rng.randrange(places))
        parts = document.split(PLACE)
        middles = [self._fitted(dressed, parts[at]) if at in chosen else self._filler(rng) for at in range(places)]
        return "".join(part + middle for part, middle in zip(parts, [*middles, ""], strict=True))

    def _dressed(self, rng: random.Random, *, attack: bool) -> str:
        if attack:
            core = self._grown(rng.choice(self._slots["bare" if rng.random() < BARE_SHARE else "instruction"]), rng)
        else:
            core = self._grown(rng.choice(self._slots["quoting" if rng.random() < QUOTING_SHARE else "remark"]), rng)
        dress = self._grown(rng.choice(self._dress["attack" if attack else "benign"]), rng)
        return dress.replace(PLACE, _sentence_case(core, rng))

    def _grown(self, template: str, rng: random.Random) -> str:
        return grammar.expand(template, self._slots, rng)

    def _filler(self, rng: random.Random) -> str:
        return self._grown(rng.choice(("{remark}", "{sentence}", "{word}", "")), rng)

    @staticmethod
    def _fitted(dressed: str, before: str) -> str:
        """Keep a quoted place one line: JSON and CSV escape line breaks and quotation marks."""
        if before.endswith('"'):
            return dressed.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return dressed.replace("\n", " ") if before.endswith((",", ";", "| ")) else dressed


def _sentence_case(text: str, rng: random.Random) -> str:
    dice = rng.random()
    if dice < 0.08:
        return text.lower()
    if dice < 0.12:
        return text.upper()
    return text[:1].upper() + text[1:]


def _excerpt(carrier: str, room: int, rng: random.Random) -> str:
    """Return a piece of a carrier that ends at the end of a word, of a drawn length."""
    room = max(SHORTEST, min(room, rng.choice((200, 400, 700, 1_000, 1_300))))
    if len(carrier) <= room:
        return carrier
    start = rng.choice((0, rng.randrange(len(carrier) - room)))
    start = 0 if start == 0 else carrier.find(" ", start) + 1
    piece = carrier[start : start + room]
    return piece[: piece.rfind(" ")] if " " in piece else piece


def _put(document: str, insert: str, rng: random.Random) -> str:
    """Put an insert at the start, the end or between two lines or sentences of a document."""
    ends = [0, len(document), *(match.end() for match in _CUT.finditer(document))]
    at = rng.choice((0, len(document), rng.choice(ends)))
    glue = "\n" if "\n" in document else rng.choice(("\n", " "))
    left, right = document[:at].rstrip(), document[at:].lstrip()
    return glue.join(part for part in (left, insert, right) if part)
