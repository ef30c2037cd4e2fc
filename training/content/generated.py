"""Our own texts as examples, with what their makers know about them: harmless prompts, attacks, requests for harm and their harmless twins.

The same seed gives the same texts. Carriers, the harmless documents that injections are put into, come from training sources and from the
grammar.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from training.content import disguises, grammar
from training.content.corpus import WINDOW, Example
from training.content.sources import HEADS, SPEECH

HARMLESS_WEIGHT = 0.7
EVERYDAY = ("everyday", "tiny")
EVERYDAY_WEIGHT = 2.0
ATTACK_WEIGHT = 0.7
REQUEST_WEIGHT = 0.7
WEAK_WEIGHT = 0.2
TWINS = 2_400
CARRIER_CHARACTERS = 900

Slots = dict[str, list[str]]


def generated_examples(carriers: Sequence[str], seed: int) -> list[Example]:
    """Return every generated text; `carriers` are harmless documents from training sources."""
    benign = grammar.load("benign")
    slots = benign["slots"]
    harmless = dict.fromkeys(HEADS, HARMLESS_WEIGHT)
    rng = random.Random(f"benign/{seed}")
    out = [
        _example(text, (), harmless, "generated_benign") for name in benign["family"] for text in grammar.family(benign, name, slots, rng)
    ]
    out += [_example(text, (), harmless, "generated_documents") for text in _twins(carriers, slots, random.Random(f"twins/{seed}"))]
    plain = [example.text for example in out]
    out += [_example(text, (), harmless, "generated_garbled") for text in disguises.garbled([*plain, *carriers], seed)]
    out += _attacks(carriers, slots, seed)
    return out + _requests(slots, seed)


def _attacks(carriers: Sequence[str], slots: Slots, seed: int) -> list[Example]:
    attacks = grammar.load("attacks")
    slots = slots | attacks["slots"]
    weight = dict.fromkeys(SPEECH, WEAK_WEIGHT) | {"PROMPT_ATTACK": ATTACK_WEIGHT}
    rng = random.Random(f"attacks/{seed}")
    out = []
    for name in ("direct", "jailbreaks"):
        out += [_example(text, ("PROMPT_ATTACK",), weight, "generated_attacks") for text in grammar.family(attacks, name, slots, rng)]
    for number, injection in enumerate(grammar.family(attacks, "injections", slots, rng)):
        document = rng.choice(carriers)[:CARRIER_CHARACTERS] if carriers and number % 2 else _carrier(slots, rng)
        out.append(_example(_inject(document, injection, rng), ("PROMPT_ATTACK",), weight, "generated_injections"))
    return out


def _requests(slots: Slots, seed: int) -> list[Example]:
    requests = grammar.load("requests")
    rng = random.Random(f"requests/{seed}")
    out = []
    for head, goals in requests["goals"].items():
        slots = slots | {"group": requests["group"], "aim": [aim for aim, _ in goals], "thing_itself": [noun for _, noun in goals]}
        weight = {head: REQUEST_WEIGHT, "PROMPT_ATTACK": WEAK_WEIGHT}
        harmful = grammar.draw(requests["harmful"], slots, requests["per_category"], rng)
        out += [_example(text, (head,), weight, "generated_requests") for text in harmful]
        harmless = grammar.draw(requests["harmless"], slots, requests["per_category"], rng)
        out += [_example(text, (), dict.fromkeys(HEADS, HARMLESS_WEIGHT), "generated_benign") for text in harmless]
    return out


def _carrier(slots: Slots, rng: random.Random) -> str:
    return grammar.expand(rng.choice(("{paper}", "{paper}\n\n{paper}", "{mail}", "{table}", "{prose}")), slots, rng)


def _inject(document: str, injection: str, rng: random.Random) -> str:
    """Put an instruction at the start, the end or between two lines (sentences, where there are no lines) of a document."""
    glue = "\n" if "\n" in document else ". "
    parts = document.split(glue)
    at = rng.choice((0, len(parts), rng.randrange(len(parts) + 1)))
    return glue.join((*parts[:at], injection, *parts[at:]))


def _twins(carriers: Sequence[str], slots: Slots, rng: random.Random) -> list[str]:
    """Return documents of the same kinds without an instruction in them."""
    return [rng.choice(carriers)[:CARRIER_CHARACTERS] if carriers and number % 2 else _carrier(slots, rng) for number in range(TWINS)]


def _example(text: str, labels: tuple[str, ...], weight: dict[str, float], source: str) -> Example:
    return Example(text[:WINDOW], tuple(int(head in labels) for head in HEADS), tuple(weight.get(head, 0.0) for head in HEADS), source)
