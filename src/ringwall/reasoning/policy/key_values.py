"""Which values a context key can have: satisfiability of facts about one key, decided exactly wherever its tests are of one kind.

A list of values is free except for its facts, so every `Some` can be given a value of its own, provided that value respects what is
said about all values. That makes any number of quantified conditions on a key as easy as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ringwall.reasoning.policy.errors import Inexpressible
from ringwall.reasoning.policy.formula import Compare, Family, Test, Text
from ringwall.reasoning.policy.language import Language
from ringwall.reasoning.policy.readings import passes, representatives
from ringwall.reasoning.policy.shortest import witness

Fact = tuple[Test, bool]
"""A test and its outcome."""


class KeyFacts(msgspec.Struct, frozen=True):
    """What is known of a key.

    given, several: None where nothing is known. some: for each, one value has this outcome. every: all values have all of these outcomes.
    """

    given: bool | None = None
    several: bool | None = None
    some: tuple[Fact, ...] = ()
    every: tuple[Fact, ...] = ()


def values_for(facts: KeyFacts) -> tuple[str, ...] | None:
    """Return values that agree with the facts, none for an absent key; None if there are no such values.

    Raises:
        Inexpressible: tests of different kinds whose interplay is not decided.
        BudgetExhausted: patterns too many to search.
    """
    needed = bool(facts.some) or facts.several is True or facts.given is True
    if not needed:
        return ()
    if facts.given is False:
        return None
    if facts.several is False:
        one = value_for((*facts.some, *facts.every))
        return None if one is None else (one,)
    found: list[str] = []
    for facts_of_one in [(*facts.every, fact) for fact in facts.some] or [facts.every]:
        value = value_for(facts_of_one)
        if value is None:
            return None
        found.append(value)
    distinct = list(dict.fromkeys(found))
    if facts.several and len(distinct) == 1:
        distinct *= 2
    return tuple(distinct)


def value_for(facts: Iterable[Fact]) -> str | None:
    """Return one value with all of these outcomes, or None if there is none. Raises as `values_for` does."""
    known = tuple(facts)
    texts = [(test.language, outcome) for test, outcome in known if isinstance(test, Text)]
    families: dict[Family, list[Fact]] = {}
    for test, outcome in known:
        if not isinstance(test, Text):
            families.setdefault(test.family, []).append((test, outcome))
    if not families:
        return _text_for(texts)
    words = _finite(texts)
    if words is not None:
        return _first(words, known)
    candidates = {family: _candidates(family, several) for family, several in families.items()}
    for family, several in families.items():
        if _first(candidates[family], several) is None:
            return None
    if not texts and len(families) == 1:
        return _first(next(iter(candidates.values())), known)
    text = _text_for(texts)
    if text is None:
        return None
    found = _first([text, *(one for several in candidates.values() for one in several)], known)
    if found is None:
        raise Inexpressible(f"one key is compared both as {' and as '.join(sorted(families))}{' and as text' if texts else ''}")
    return found


def _text_for(texts: Sequence[tuple[Language, bool]]) -> str | None:
    return witness(tuple(one for one, outcome in texts if outcome), tuple(one for one, outcome in texts if not outcome))


def _finite(texts: Sequence[tuple[Language, bool]]) -> list[str] | None:
    """Return the words of a language that the value must be in and that has only so many."""
    for language, outcome in texts:
        if outcome and all(one.text is not None for one in language):
            return [one.text or "" for one in language]
    return None


def _candidates(family: Family, facts: Sequence[Fact]) -> list[str]:
    return representatives(family, (test.bounds for test, _ in facts if isinstance(test, Compare)))


def _first(candidates: Iterable[str], facts: Sequence[Fact]) -> str | None:
    return next((one for one in candidates if all(passes(test, one) == outcome for test, outcome in facts)), None)
