"""How names are written, and ages."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

Lists = Mapping[str, Sequence[str]]
_ONSETS = (
    "b br c ch cl d dr f fl g gr h j k kr l m n p ph pr qu r s sch sh sk sl st str t th tr v w y z",
    "a e i o u ai ea ee ie oa ou y ei au",
)
_CODAS = "n r l s t d k m nd rt ll ck ng nn th x sk ff lt rn st z"
_ENDS = (
    "a o i e y us ez er son man ski sky ov ova ini etti elli aux eau wicz dottir sen berg stein ton ley ford well field worth ham by more "
    "kin ard ell ett ie ia io an in on en is as os"
)


def invented(rng: random.Random) -> str:
    """Return a name that no list has: names are an open class."""
    onsets, nuclei = (part.split() for part in _ONSETS)
    codas, ends = _CODAS.split(), _ENDS.split()
    made = ""
    for _ in range(rng.choice((1, 1, 2))):
        made += rng.choice(onsets) + rng.choice(nuclei)
        if rng.random() < 0.5:
            made += rng.choice(codas)
    return (made + rng.choice(ends)).capitalize()


def given(lists: Lists, rng: random.Random) -> str:
    """Return a first name."""
    dice = rng.random()
    if dice < 0.12:
        return invented(rng)
    if dice < 0.2:
        return rng.choice(lists["nick"]).capitalize()
    if dice < 0.23:
        return f"{rng.choice(lists['first'])}-{rng.choice(lists['first'])}"
    return rng.choice(lists["first"])


def family(lists: Lists, rng: random.Random) -> str:
    """Return a last name."""
    dice = rng.random()
    if dice < 0.2:
        return invented(rng)
    if dice < 0.24:
        return f"{rng.choice(lists['particle'])} {rng.choice(lists['last'])}"
    if dice < 0.27:
        return f"{rng.choice(lists['last'])}-{rng.choice(lists['last'])}"
    if dice < 0.3:
        return rng.choice(("Mc", "Mac", "O'", "Al-", "D'", "Fitz")) + invented(rng)
    return rng.choice(lists["last"])


def person(lists: Lists, rng: random.Random) -> str:
    """Return a whole name, in one of the ways in which it is written."""
    first, last = given(lists, rng), family(lists, rng)
    initial = rng.choice("ABCDEFGHJKLMNOPRSTW")
    dice = rng.random()
    for share, made in (
        (0.64, f"{first} {last}"),
        (0.71, f"{first} {initial}. {last}"),
        (0.76, f"{first} {given(lists, rng)} {last}"),
        (0.80, f"{first[0]}. {last}"),
        (0.83, f"{first[0]}.{initial}. {last}"),
        (0.85, f"{first} {initial} {last}"),
        (0.88, f"{first} {last} {family(lists, rng)}"),
        (0.90, f"{first} {last} {rng.choice(('Jr.', 'Jr', 'III', 'Sr.', 'II'))}"),
        (0.92, f"{first} {last}".upper()),
        (0.96, first),
    ):
        if dice < share:
            return made
    return last


def reversed_name(lists: Lists, rng: random.Random) -> str:
    """Return a name as lists and libraries write it."""
    return f"{family(lists, rng)}, {given(lists, rng)}"


def age_number(lists: Lists, rng: random.Random) -> str:
    """Return how many years someone has lived, as a number or in words."""
    return rng.choice(lists["age_word"]) if rng.random() < 0.12 else str(rng.randint(1, 99))


def age_told(lists: Lists, rng: random.Random) -> str:
    """Return an age with its unit."""
    number = age_number(lists, rng)
    return number + rng.choice((" years old", " years old", " years of age", " yrs old", " year old", "", " y/o", "yo"))


def _age_adjective(lists: Lists, rng: random.Random) -> str:
    return age_number(lists, rng) + rng.choice(("-year-old", "-year-old", " year old", " yr old", "-yr-old", "yo", " y/o"))


def _age_short(_: Lists, rng: random.Random) -> str:
    return str(rng.randint(13, 80)) + rng.choice(("yo", "y/o", " yo", " y/o", " yrs old"))


def _age_baby(_: Lists, rng: random.Random) -> str:
    return f"{rng.randint(2, 23)} {rng.choice(('months', 'weeks', 'days'))} old"


def _age_decade(_: Lists, rng: random.Random) -> str:
    return rng.choice(("early ", "late ", "mid-", "mid ", "")) + rng.choice(("twenties", "thirties", "20s", "30s", "40s", "fifties", "60s"))


MAKERS: dict[str, Callable[[Lists, random.Random], str]] = {
    "person": person,
    "given": given,
    "family": family,
    "reversed": reversed_name,
    "age_n": age_number,
    "age_is": age_told,
    "age_adj": _age_adjective,
    "age_short": _age_short,
    "age_baby": _age_baby,
    "age_decade": _age_decade,
}
