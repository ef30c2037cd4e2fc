"""The meaning of formulas: whether one holds for a concrete request. Independent of every solver; solvers' models are checked with it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from ringwall.policies import Request
from ringwall.policies.pattern import Context
from ringwall.reasoning.policy.formula import (
    FALSE,
    TRUE,
    And,
    Atom,
    Formula,
    Given,
    In,
    Not,
    Opaque,
    Or,
    Several,
    Some,
    Text,
    conj,
    constant,
    disj,
    negated,
    references,
)
from ringwall.reasoning.policy.language import Language, contains
from ringwall.reasoning.policy.readings import passes

Assumptions = Mapping[Atom, bool]
"""Atoms that a solver has taken for true or false without deciding them."""


def holds(formula: Formula, request: Request, assumed: Assumptions | None = None) -> bool:
    """Say whether a formula holds for a request (the action in any case; the context in normal form)."""
    match formula:
        case And(parts):
            return all(holds(part, request, assumed) for part in parts)
        case Or(parts):
            return any(holds(part, request, assumed) for part in parts)
        case Not(part):
            return not holds(part, request, assumed)
        case _:
            if assumed and (found := assumed.get(formula)) is not None:
                return found
            return _atom_holds(formula, request)


def _atom_holds(atom: Atom, request: Request) -> bool:
    match atom:
        case In(subject, language):
            text = request.action.lower() if subject == "action" else request.resource
            return contains(_resolved(language, request.context), text)
        case Given(key):
            return bool(request.context.get(key))
        case Several(key):
            return len(request.context.get(key, ())) > 1
        case Some(key, test, wanted):
            given = request.context.get(key, ())
            if isinstance(test, Text):
                test = Text(_resolved(test.language, request.context))
            return any(passes(test, value) == wanted for value in given)
        case Opaque(_, decide):
            return decide(request)


def _resolved(language: Language, context: Context) -> Language:
    """Put the context's values in place of references; a key without a single value makes its pattern match nothing."""
    if not any(one.references for one in language):
        return language
    values = {key: found[0] for one in language for key in one.references if len(found := context.get(key, ())) == 1}
    return tuple(one.resolved(values) for one in language if values.keys() >= set(one.references))


def specialise(formula: Formula, fixed: Context) -> Formula:
    """Decide what the fixed keys decide: the same, for requests whose context agrees with `fixed` (no values: the key is absent)."""
    if not fixed:
        return formula
    match formula:
        case And(parts):
            return conj(specialise(part, fixed) for part in parts)
        case Or(parts):
            return disj(specialise(part, fixed) for part in parts)
        case Not(part):
            return negated(specialise(part, fixed))
        case _:
            return _specialise_atom(formula, fixed)


def _specialise_atom(atom: Atom, fixed: Context) -> Formula:
    match atom:
        case Given(key) if key in fixed:
            return constant(bool(fixed[key]))
        case Several(key) if key in fixed:
            return constant(len(fixed[key]) > 1)
        case In(subject, language) if _touches(atom, fixed.keys()):
            settled = _settled(language, fixed)
            return In(subject, settled) if settled else FALSE
        case Some(key, test, wanted):
            if isinstance(test, Text) and _touches(atom, fixed.keys()):
                test = Text(_settled(test.language, fixed))
            simpler = Some(key, test, wanted)
            if key not in fixed or references(simpler):
                return simpler if fixed.get(key, ("",)) else FALSE
            return TRUE if any(passes(test, value) == wanted for value in fixed[key]) else FALSE
        case _:
            return atom


def _touches(atom: Atom, keys: AbstractSet[str]) -> bool:
    return not keys.isdisjoint(references(atom))


def _settled(language: Language, fixed: Context) -> Language:
    values = {key: found[0] for key, found in fixed.items() if len(found) == 1}
    empty = {key for key, found in fixed.items() if len(found) != 1}
    return tuple(one.resolved(values) for one in language if empty.isdisjoint(one.references))
