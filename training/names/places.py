"""How addresses are written, and what else is capitalised: towns, firms, dates, numbers of all kinds."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from training.names import people

Lists = Mapping[str, Sequence[str]]


def filled(pattern: str, rng: random.Random) -> str:
    """Replace each `#` by a digit and each capital `A`, `B`, `Q`, `X` or `H` after a digit by a letter."""
    made = re.sub("#", lambda _: rng.choice("0123456789"), pattern)
    return re.sub(
        r"(?<=[0-9 ])[ABQXTNH]{1,2}(?![a-z])", lambda match: "".join(rng.choice("ABDEFGHJLNPRSTUWXYZ") for _ in match.group()), made
    )


def number(rng: random.Random) -> str:
    """Return a house number."""
    dice = rng.random()
    if dice < 0.08:
        return f"{rng.randint(1, 99)}{rng.choice('abcABC')}"
    if dice < 0.12:
        return f"{rng.randint(1, 60)}-{rng.randint(61, 99)}"
    return str(rng.choice((rng.randint(1, 99), rng.randint(1, 999), rng.randint(100, 9999), rng.randint(1000, 29999))))


def street(lists: Lists, rng: random.Random) -> str:
    """Return a street with a house number, as one of several countries writes it."""
    dice = rng.random()
    if dice < 0.55:
        name = people.invented(rng) if rng.random() < 0.15 else rng.choice(lists["street_name"])
        if rng.random() < 0.12:
            name = f"{rng.randint(2, 140)}{rng.choice(('th', 'st', 'nd', 'rd'))}"
        side = rng.choice(("N ", "S. ", "West ", "E ", "North ")) if rng.random() < 0.1 else ""
        return f"{number(rng)} {side}{name} {rng.choice(lists['street_kind'])}"
    if dice < 0.70:
        return f"{rng.choice(lists['german_street'])} {number(rng)}"
    if dice < 0.85:
        name = rng.choice(lists["romance_street"])
        return (
            f"{number(rng)}{rng.choice((' ', ', '))}{name}"
            if name[0].islower() or rng.random() < 0.4
            else f"{name}{rng.choice((' ', ', ', ' nº '))}{number(rng)}"
        )
    name = rng.choice(lists["other_street"])
    return f"{number(rng)} {name}" if rng.random() < 0.5 else f"{name} {number(rng)}"


def town(lists: Lists, rng: random.Random) -> str:
    """Return the line of a town: with its code before or behind it, a state, a country, or without."""
    name = rng.choice(lists["city"]) if rng.random() < 0.85 else people.invented(rng)
    code = filled(rng.choice(lists["zip_code"]), rng)
    state = rng.choice(lists["state"])
    return rng.choice(
        (
            name,
            f"{name}, {state} {code}",
            f"{name}, {state}",
            f"{code} {name}",
            f"{name} {code}",
            f"{name}, {state}, {code}",
            f"{name} {state} {code}",
        )
    )


def address(lists: Lists, rng: random.Random) -> str:
    """Return a whole address on one line or several."""
    dice = rng.random()
    if dice < 0.05:
        box = f"{rng.choice(('P.O. Box', 'PO Box', 'P O Box', 'Postfach', 'Apartado'))} {rng.randint(1, 9999)}"
        return f"{box}, {town(lists, rng)}"
    if dice < 0.09:
        house = f"{people.invented(rng)} {rng.choice(('House', 'Court', 'Tower', 'Cottage', 'Villas', 'Apartments'))}"
        return ", ".join((filled(rng.choice(lists["unit"]), rng), house, street(lists, rng), town(lists, rng)))
    parts = [street(lists, rng)]
    if rng.random() < 0.3:
        parts.insert(rng.choice((0, 1, 1)), filled(rng.choice(lists["unit"]), rng))
    if rng.random() < 0.85:
        parts.append(town(lists, rng))
    if rng.random() < 0.25:
        parts.append(rng.choice(lists["country"]))
    joint = rng.choice((", ", ", ", ", ", "\n", " ", ",\n", " \n, "))
    return joint.join(parts)


def street_only(lists: Lists, rng: random.Random) -> str:
    """Return a street, mostly with a number or a unit."""
    made = street(lists, rng)
    if rng.random() < 0.15:
        return f"{made}, {filled(rng.choice(lists['unit']), rng)}"
    return made


def place(lists: Lists, rng: random.Random) -> str:
    """Return a town, country or region: where someone may be, but no address."""
    dice = rng.random()
    if dice < 0.5:
        return rng.choice(lists["city"])
    if dice < 0.75:
        return rng.choice(lists["country"])
    if dice < 0.85:
        return f"{rng.choice(lists['street_name'])} {rng.choice(lists['region_word'])}"
    name = people.invented(rng) if rng.random() < 0.7 else rng.choice(lists["last"])
    return f"{name} {rng.choice(lists['region_word'])}" if rng.random() < 0.6 else name


def _plain(lists: Lists, rng: random.Random) -> str:
    return rng.choice(lists["city"])


def org(lists: Lists, rng: random.Random) -> str:
    """Return a firm, an office, a school or a club; some are named after people."""
    dice = rng.random()
    if dice < 0.3:
        return rng.choice(lists["org_known"])
    kind = rng.choice(lists["org_kind"])
    if dice < 0.6:
        return f"{rng.choice(lists['org_root'])} {kind}"
    if dice < 0.75:
        return f"{rng.choice(lists['last'])} {kind}"
    if dice < 0.83:
        return f"{rng.choice(lists['last'])} & {rng.choice((*lists['last'], 'Sons', 'Co', 'Partners'))}"
    if dice < 0.92:
        return f"{rng.choice(lists['city'])} {kind}"
    return people.invented(rng)


def _email(lists: Lists, rng: random.Random) -> str:
    return f"{rng.choice(lists['first'])}.{rng.choice(lists['last'])}".lower().replace(" ", "").replace("'", "") + "@" + host(lists, rng)


def host(lists: Lists, rng: random.Random) -> str:
    """Return a host."""
    root = re.sub("[^a-z]", "", rng.choice(lists["org_root"]).lower())
    return (
        rng.choice(("", "www.", "db.", "mail.", "app.")) + root + rng.choice((".com", ".org", ".net", ".io", ".example", ".co.uk", ".de"))
    )


def _digits(pattern: str) -> Callable[[Lists, random.Random], str]:
    return lambda _, rng: filled(rng.choice(pattern.split(";")), rng)


MAKERS: dict[str, Callable[[Lists, random.Random], str]] = {
    "address": address,
    "street_only": street_only,
    "place": place,
    "place_plain": _plain,
    "org": org,
    "email": _email,
    "host": host,
    "unit_free": lambda lists, rng: "",  # noqa: ARG005 - a slot's maker takes both
    "phone": _digits("555-01##;(###) 555-01##;+## ### ######;0#### ######;+1 ### ### ####;### ### ####"),
    "ip": _digits("10.#.#.##;192.168.#.##;172.16.#.#;#.#.#.#"),
    "mac": _digits("0#:1#:2#:3#:4#:5#"),
    "version": _digits("#.#;#.#.#;#.##;v#"),
    "day": lambda _, rng: str(rng.randint(1, 28)),
    "year": lambda _, rng: str(rng.randint(1700, 2025)),
    "n": lambda _, rng: str(rng.choice((rng.randint(1, 20), rng.randint(1, 100), rng.randint(100, 9999)))),
    "hex": lambda _, rng: f"{rng.getrandbits(32):08x}",
    "hashtag": lambda lists, rng: rng.choice(lists["thing"]) + rng.choice(("", "life", "day", "2020")),
    "product_word": lambda lists, rng: rng.choice(lists["thing"]).capitalize(),
}
