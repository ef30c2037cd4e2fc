"""Formulas about one request: a policy set as a Boolean combination of statements about action, resource and context keys.

A context key has a tuple of values; three kinds of atom say everything that the evaluator ever asks about one: `Given` (there is a value),
`Several` (there is more than one) and `Some` (there is a value that passes, or fails, a test). Tests look at one value as a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from ringwall.policies import Request
from ringwall.reasoning.policy.language import Language

Subject = Literal["action", "resource"]
Family = Literal["number", "date", "boolean", "bytes", "address"]
Relation = Literal["=", "<", "<=", ">", ">=", "within"]


class Text(msgspec.Struct, frozen=True):
    """The value is in the language."""

    language: Language


class Reads(msgspec.Struct, frozen=True):
    """The value is a number, a date, ..."""

    family: Family


class Compare(msgspec.Struct, frozen=True):
    """The value reads as one of the family and stands in the relation to at least one of the bounds (as the policy wrote them)."""

    family: Family
    relation: Relation
    bounds: tuple[str, ...]


Test = Text | Reads | Compare


class And(msgspec.Struct, frozen=True):
    """All parts hold."""

    parts: tuple[Formula, ...] = ()


class Or(msgspec.Struct, frozen=True):
    """One of the parts holds."""

    parts: tuple[Formula, ...] = ()


class Not(msgspec.Struct, frozen=True):
    """The part does not hold."""

    part: Formula


class In(msgspec.Struct, frozen=True):
    """The action (in lower case) or the resource is in the language."""

    subject: Subject
    language: Language


class Given(msgspec.Struct, frozen=True):
    """The key has a value."""

    key: str


class Several(msgspec.Struct, frozen=True):
    """The key has more than one value."""

    key: str


class Some(msgspec.Struct, frozen=True):
    """One of the key's values passes the test (`wanted` False: fails it)."""

    key: str
    test: Test
    wanted: bool = True


class Opaque(msgspec.Struct, frozen=True):
    """A part of a policy that has no exact formula: solvers take it for either, the evaluator's own code decides it on a request."""

    reason: str
    decide: Callable[[Request], bool]


Atom = In | Given | Several | Some | Opaque
Formula = And | Or | Not | Atom

TRUE = And()
FALSE = Or()


def conj(parts: Iterable[Formula]) -> Formula:
    """Join by "and", flat and without what is certain."""
    kept: dict[Formula, None] = {}
    for part in parts:
        if isinstance(part, And):
            kept.update(dict.fromkeys(part.parts))
        elif part == FALSE:
            return FALSE
        else:
            kept[part] = None
    return next(iter(kept)) if len(kept) == 1 else And(tuple(kept))


def disj(parts: Iterable[Formula]) -> Formula:
    """Join by "or", flat and without what is impossible."""
    kept: dict[Formula, None] = {}
    for part in parts:
        if isinstance(part, Or):
            kept.update(dict.fromkeys(part.parts))
        elif part == TRUE:
            return TRUE
        else:
            kept[part] = None
    return next(iter(kept)) if len(kept) == 1 else Or(tuple(kept))


def negated(formula: Formula) -> Formula:
    """Return the negation in negation normal form: `Not` stands before atoms only."""
    match formula:
        case And(parts):
            return disj(negated(part) for part in parts)
        case Or(parts):
            return conj(negated(part) for part in parts)
        case Not(part):
            return normal(part)
        case _:
            return Not(formula)


def normal(formula: Formula) -> Formula:
    """Bring a formula into negation normal form."""
    match formula:
        case And(parts):
            return conj(normal(part) for part in parts)
        case Or(parts):
            return disj(normal(part) for part in parts)
        case Not(part):
            return negated(part)
        case _:
            return formula


def constant(value: bool) -> Formula:
    """Return `TRUE` or `FALSE`."""
    return TRUE if value else FALSE


def atoms(formula: Formula) -> Iterator[Atom]:
    """Yield every atom, as often as it occurs."""
    stack: list[Formula] = [formula]
    while stack:
        one = stack.pop()
        if isinstance(one, And | Or):
            stack.extend(one.parts)
        elif isinstance(one, Not):
            stack.append(one.part)
        else:
            yield one


def references(atom: Atom) -> tuple[str, ...]:
    """Return the keys whose values an atom's patterns refer to."""
    if isinstance(atom, In):
        language = atom.language
    elif isinstance(atom, Some) and isinstance(atom.test, Text):
        language = atom.test.language
    else:
        return ()
    return tuple(dict.fromkeys(key for one in language for key in one.references))
