"""Invented worlds: facts about made-up people, firms and places, told in several ways, told wrongly, and asked about.

What they teach is relations: who did what to whom is in the order of the words and not in the words. Names are put together at random, so
that there is nothing to remember.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path

WORDS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
RELATIONS = tomllib.loads((Path(__file__).parent / "relations.toml").read_text("utf-8"))["relation"]


@dataclass(frozen=True)
class Told:
    """A claim (or an answer to a query) about a passage, and whether it follows from it."""

    passage: str
    claim: str
    grounded: bool
    query: str = ""


@dataclass(frozen=True)
class Asked:
    """A query and an answer, and whether the answer is one to that query."""

    query: str
    answer: str
    relevant: bool


def _coined(rng: random.Random) -> str:
    return "".join(rng.choice(WORDS["syllables"]) for _ in range(rng.randint(2, 3))).capitalize()


def _grouped(rng: random.Random, number: int) -> str:
    return f"{number:,}" if rng.random() < 0.7 else str(number)


def value(kind: str, rng: random.Random) -> str:
    """Return a random value of a slot's type."""
    made = {
        "person": lambda: f"{rng.choice(WORDS['first'])} {rng.choice(WORDS['last'])}" if rng.random() < 0.8 else rng.choice(WORDS["last"]),
        "company": lambda: f"{_coined(rng)}{rng.choice((' Ltd', ' Group', ' Systems', ' Foods', '', '', ' Air'))}",
        "city": lambda: rng.choice(WORDS["cities"]),
        "country": lambda: rng.choice(WORDS["countries"]),
        "year": lambda: str(rng.randint(1790, 2024)),
        "money": lambda: rng.choice(("${} million", "{} euros", "£{}", "${}")).format(
            _grouped(rng, rng.choice((rng.randint(2, 99), rng.randint(100, 9_900))))
        ),
        "work": lambda: rng.choice(
            (
                f"The {rng.choice(WORDS['things'])} {rng.choice(WORDS['things'])}",
                f"{rng.choice(WORDS['things'])} of {_coined(rng)}",
                _coined(rng),
            )
        ),
        "film_series": lambda: f"{rng.choice(WORDS['things'])} {rng.choice(('Street', 'Squad', 'Hotel', 'Files', 'House'))}",
        "role": lambda: (
            f"{rng.choice(('Captain', 'Doctor', 'Inspector', 'Queen', 'Professor', 'Agent'))} {rng.choice((*WORDS['last'], _coined(rng)))}"
        ),
        "team": lambda: f"{rng.choice(WORDS['cities'])} {rng.choice(('United', 'City', 'Tigers', 'Rovers', 'Bears', 'Wolves'))}",
        "score": lambda: f"{rng.randint(1, 9)}-{rng.randint(0, 5)}",
        "count": lambda: _grouped(rng, rng.choice((rng.randint(2, 60), rng.randint(60, 20_000)))),
        "population": lambda: rng.choice(
            (_grouped(rng, rng.randint(2_000, 4_000_000)), f"{rng.randint(2, 9)}.{rng.randint(1, 9)} million")
        ),
        "landmark": lambda: (
            f"{rng.choice((_coined(rng), rng.choice(WORDS['things']), rng.choice(WORDS['last'])))} {rng.choice(WORDS['landmarks'])}"
        ),
        "length": lambda: f"{_grouped(rng, rng.randint(40, 9_000))} {rng.choice(('metres', 'feet', 'm'))}",
        "distance": lambda: f"{rng.randint(5, 900)} {rng.choice(('km', 'kilometres', 'miles'))}",
        "university": lambda: rng.choice(
            (f"the University of {rng.choice(WORDS['cities'])}", f"{_coined(rng)} College", f"{rng.choice(WORDS['last'])} University")
        ),
        "subject": lambda: rng.choice(WORDS["subjects"]),
        "prize": lambda: f"{rng.choice((_coined(rng), rng.choice(WORDS['last'])))} {rng.choice(WORDS['prizes'])}",
        "product": lambda: f"{_coined(rng)} {rng.choice(WORDS['products'])}",
        "percent": lambda: rng.choice(
            (f"{rng.randint(2, 60)} percent", f"{rng.randint(1, 30)}.{rng.randint(1, 9)}%", f"{rng.randint(2, 60)}%")
        ),
        "animal": lambda: rng.choice(WORDS["animals"]),
        "place": lambda: rng.choice(WORDS["places"]),
        "food": lambda: rng.choice(WORDS["foods"]),
        "weight": lambda: f"{rng.randint(2, 400)} {rng.choice(('kg', 'kilograms', 'pounds'))}",
        "span": lambda: f"{rng.randint(3, 60)} years",
        "medicine": lambda: f"{_coined(rng)}{rng.choice(('ine', 'ol', 'ax', 'min'))}",
        "illness": lambda: rng.choice(WORDS["illnesses"]),
        "dose": lambda: (
            f"{rng.choice((5, 10, 20, 25, 40, 50, 100, 250, 500))} mg {rng.choice(('a day', 'twice a day', 'daily', 'every evening'))}"
        ),
        "event": lambda: rng.choice(WORDS["events"]),
        "date": lambda: rng.choice(
            (f"{rng.randint(1, 28)} {rng.choice(WORDS['months'])}", f"{rng.choice(WORDS['months'])} {rng.randint(1, 28)}")
        ),
        "band": lambda: f"The {rng.choice(WORDS['things'])}s" if rng.random() < 0.5 else _coined(rng),
        "instrument": lambda: rng.choice(WORDS["instruments"]),
        "office": lambda: rng.choice(WORDS["offices"]),
        "plan": lambda: rng.choice(WORDS["plans"]),
        "days": lambda: f"{rng.choice((7, 10, 14, 21, 28, 30, 45, 60, 90, 100))} days",
        "condition": lambda: rng.choice(WORDS["conditions"]),
        "setting": lambda: rng.choice(WORDS["settings"]),
    }
    return made[kind]()


@dataclass(frozen=True)
class Fact:
    """One relation with its slots filled."""

    relation: int
    slots: dict[str, str]

    def told(self, template: str, slots: dict[str, str] | None = None) -> str:
        """Return a template with this fact's values (or others)."""
        text = template.format(**(slots or self.slots))
        return text[0].upper() + text[1:]


def fact(rng: random.Random, relation: int, shared: dict[str, list[str]]) -> Fact:
    """Make a fact; now and then a value is one that other facts of this world have."""
    slots: dict[str, str] = {}
    for name, kind in RELATIONS[relation]["slots"].items():
        known = [one for one in shared.get(kind, ()) if one not in slots.values()]
        made = rng.choice(known) if known and rng.random() < 0.25 else value(kind, rng)
        while made in slots.values():
            made = value(kind, rng)
        slots[name] = made
        shared.setdefault(kind, []).append(made)
    return Fact(relation, slots)


def world(rng: random.Random, carriers: list[str]) -> tuple[list[Fact], list[str], dict[str, list[str]]]:
    """Return facts, how the passage tells each (its index in the list of templates), and the values by type."""
    shared: dict[str, list[str]] = {}
    first = rng.randrange(len(RELATIONS))
    relations = [first, *(first if rng.random() < 0.35 else rng.randrange(len(RELATIONS)) for _ in range(rng.randint(0, 4)))]
    facts = [fact(rng, relation, shared) for relation in relations]
    told = [one.told(rng.choice(RELATIONS[one.relation]["says"])) for one in facts]
    passage = [*told]
    passage += [rng.choice(carriers) if rng.random() < 0.6 else rng.choice(WORDS["fillers"]) for _ in range(rng.randint(0, 2))]
    rng.shuffle(passage)
    return facts, passage, shared


def _swapped(one: Fact, shared: dict[str, list[str]], rng: random.Random) -> dict[str, str]:
    """Return the slots with one value replaced: by another one of the passage where there is one, or two of a type exchanged."""
    kinds = RELATIONS[one.relation]["slots"]
    names = list(kinds)
    twins = [(left, right) for left in names for right in names if left < right and kinds[left] == kinds[right]]
    if twins and rng.random() < 0.5:
        left, right = rng.choice(twins)
        return {**one.slots, left: one.slots[right], right: one.slots[left]}
    name = rng.choice(names)
    others = [other for other in shared.get(kinds[name], ()) if other not in one.slots.values()]
    made = rng.choice(others) if others and rng.random() < 0.6 else value(kinds[name], rng)
    while made in one.slots.values():
        made = value(kinds[name], rng)
    return {**one.slots, name: made}


def claims(rng: random.Random, carriers: list[str], symmetric: set[int]) -> list[Told]:
    """Return the claims of one world: as many that follow as do not."""
    facts, passage, shared = world(rng, carriers)
    text = " ".join(passage)
    out: list[Told] = []
    for one in facts[:3]:
        relation = RELATIONS[one.relation]
        template = rng.choice(relation["says"] + relation["part"])
        out.append(Told(text, one.told(template), grounded=True))
        kind = rng.random()
        if kind < 0.4:
            out.append(Told(text, one.told(rng.choice(relation["not"])), grounded=False))
        elif kind < 0.9 or len(facts) < 2:
            swapped = _swapped(one, shared, rng)
            same = sorted(swapped.values()) == sorted(one.slots.values())
            if same and one.relation in symmetric:
                continue
            # two values exchanged only show where the template names both
            template = rng.choice(relation["says"])
            out.append(Told(text, one.told(template, swapped), grounded=False))
        else:
            without = " ".join(sentence for sentence in passage if not any(v in sentence for v in one.slots.values())) or rng.choice(
                WORDS["fillers"]
            )
            out.append(Told(without, one.told(rng.choice(relation["says"])), grounded=False))
    if len(facts) > 1:
        left, right = rng.sample(facts, 2)
        good = rng.random() < 0.5
        parts = [left.told(rng.choice(RELATIONS[left.relation]["part"])), right.told(rng.choice(RELATIONS[right.relation]["part"]))]
        if not good:
            parts[1] = right.told(rng.choice(RELATIONS[right.relation]["not"]))
        rng.shuffle(parts)
        out.append(Told(text, f"{parts[0].rstrip('.')} and {parts[1]}", grounded=good))
    return out


def answers(rng: random.Random, carriers: list[str]) -> tuple[list[Told], list[Asked]]:
    """Return answers to questions about one world, right and wrong, and the same as pairs that are, or are not, to the point."""
    facts, passage, shared = world(rng, carriers)
    text = " ".join(passage)
    told: list[Told] = []
    asked: list[Asked] = []
    one = facts[0]
    relation = RELATIONS[one.relation]
    question, name = rng.choice(relation["asks"])
    query, right = one.told(question), one.slots[name]
    kinds = relation["slots"]
    wrong = [
        v for kind, values in shared.items() for v in values if v not in one.slots.values() and (kind == kinds[name] or rng.random() < 0.1)
    ]
    other = rng.choice(wrong) if wrong and rng.random() < 0.7 else value(kinds[name], rng)
    whole = [template for template in relation["says"] + relation["part"] if "{" + name + "}" in template]
    long = rng.random() < 0.5
    frames = ("{}", "{}", "{}.", "It is {}.", "The answer is {}.", "{}, according to the text.")
    frame = rng.choice(frames)
    good = one.told(rng.choice(whole)) if long else frame.format(right)
    told.append(Told(text, good, grounded=True, query=query))
    if other not in one.slots.values():
        bad = one.told(rng.choice(whole), {**one.slots, name: other}) if long else frame.format(other)
        told.append(Told(text, bad, grounded=False, query=query))
    asked.append(Asked(query, good, relevant=True))
    asked.append(Asked(query, _off(facts, one, name, rng, long=long), relevant=False))
    return told, asked


def _off(facts: list[Fact], one: Fact, name: str, rng: random.Random, *, long: bool) -> str:
    """Return an answer to another question about the same world."""
    if len(facts) > 1:
        other = rng.choice(facts[1:])
        if long:
            return other.told(rng.choice(RELATIONS[other.relation]["says"]))
        kinds = [key for key, kind in RELATIONS[other.relation]["slots"].items() if kind != RELATIONS[one.relation]["slots"][name]]
        return other.slots[rng.choice(kinds)] if kinds else rng.choice(WORDS["fillers"])
    if long:
        return rng.choice(WORDS["fillers"])
    kinds = [key for key, kind in RELATIONS[one.relation]["slots"].items() if kind != RELATIONS[one.relation]["slots"][name]]
    return one.slots[rng.choice(kinds)] if kinds else rng.choice(WORDS["fillers"])


def symmetric_relations() -> set[int]:
    """Return the relations in which two slots of a type may be exchanged without changing what is said."""
    return {
        index
        for index, relation in enumerate(RELATIONS)
        if any("{b} and {a}" in text or "{a} and {b}" in text for text in relation["says"] + relation["part"])
    }
