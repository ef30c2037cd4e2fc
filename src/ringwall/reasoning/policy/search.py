"""The solver of our own: a search over the formula's structure with exact decisions about patterns and values; needs no other library.

It keeps a model, a concrete request that agrees with everything asserted so far, and only ever branches on a part of the formula that
this model violates. A fact is refuted as soon as no text (no list of values) agrees with it and the facts before it.

Two kinds of atom are not decided: patterns that refer to another key's value, and parts without a formula. They are assumed either way, so
"no request" still holds; a model that rests on a wrong assumption is tried again with concrete values for the keys referred to, and
if that fails the answer is `Undecided`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ringwall.policies import Request
from ringwall.reasoning.policy.errors import BudgetExhausted, Undecidable
from ringwall.reasoning.policy.formula import (
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
    Subject,
    Text,
    negated,
    normal,
    references,
)
from ringwall.reasoning.policy.interpret import holds, specialise
from ringwall.reasoning.policy.key_values import Fact, KeyFacts, values_for
from ringwall.reasoning.policy.language import Language
from ringwall.reasoning.policy.ports import Answer, Problem, Satisfied, Undecided, Unsatisfied
from ringwall.reasoning.policy.shortest import witness

_GUESSES: tuple[tuple[str, ...], ...] = (("ada",), ("a/b",), ("",), (":",), ("*",), (), ("ada", "mal"))
_MAX_GUESSES = 64
_MAX_DEPTH = 300
_MAX_READINGS = 4
_TextFacts = tuple[tuple[Language, ...], tuple[Language, ...]]


class _State(msgspec.Struct, frozen=True):
    """What has been asserted, and a model of it.

    action, resource: languages the text is in, and is outside of. keys: facts by context key.
    """

    clauses: tuple[Formula, ...]
    request: Request
    action: _TextFacts = ((), ())
    resource: _TextFacts = ((), ())
    keys: Mapping[str, KeyFacts] = {}  # never changed
    assumed: Mapping[Atom, bool] = {}  # never changed


class AutomataSolver:
    """Decides problems whose atoms look at one subject each; `steps` bounds the search."""

    name = "automata"

    def __init__(self, steps: int = 4_000) -> None:
        self._steps = steps

    def solve(self, problem: Problem) -> Answer:
        """Decide a problem; see `ports.Solver`."""
        formula = normal(specialise(normal(problem.formula), problem.fixed))
        search = _Search(problem, self._steps)
        try:
            found = search.run(formula)
        except BudgetExhausted as problem_found:
            return Undecided((problem_found.message,))
        if found is not None:
            context = {key: values for key, values in found.context.items() if values}
            return Satisfied(found.action, found.resource, context)
        return Undecided(tuple(sorted(search.gaps))) if search.gaps else Unsatisfied()


class _Search:
    """One problem's search. `gaps` says what kept it from being complete."""

    def __init__(self, problem: Problem, steps: int) -> None:
        self.gaps: set[str] = set()
        self._problem = problem
        self._left = steps
        self._guessed = False
        self._whole: Formula = And()

    def run(self, formula: Formula) -> Request | None:
        """Return a request for which the formula holds."""
        self._whole = formula
        empty = Request("", "", self._problem.principal, dict(self._problem.fixed))
        state = self._asserted(_State((), empty), formula)
        return None if state is None else self._explore(state, 0)

    def _explore(self, state: _State, depth: int) -> Request | None:
        self._left -= 1
        if self._left < 0 or depth > _MAX_DEPTH:
            raise BudgetExhausted("The search took more steps than it may")
        violated = [clause for clause in state.clauses if not holds(clause, state.request, state.assumed)]
        if not violated:
            return self._confirmed(state)
        clause = min(violated, key=lambda one: len(one.parts) if isinstance(one, Or) else 0)
        # Whatever is asserted of the clause implies it, so it need not be looked at again.
        current: _State | None = msgspec.structs.replace(state, clauses=tuple(one for one in state.clauses if one is not clause))
        for part in clause.parts if isinstance(clause, Or) else (clause,):
            child = self._asserted(current, part) if current is not None else None
            found = None if child is None else self._explore(child, depth + 1)
            if found is not None:
                return found
            if current is not None and not isinstance(part, And | Or):
                current = self._asserted(current, negated(part))
        return None

    def _confirmed(self, state: _State) -> Request | None:
        """Check a model against the whole formula, with nothing assumed."""
        if holds(self._whole, state.request):
            return state.request
        keys = sorted({key for atom in state.assumed for key in references(atom)})
        if keys and not self._guessed:
            self._guessed = True
            found = self._guess(keys, state)
            if found is not None:
                return found
        for atom in state.assumed:
            if isinstance(atom, Opaque):
                self.gaps.add(atom.reason)
            elif references(atom):
                self.gaps.add(f"policy variables of keys that the question leaves open: {', '.join(references(atom))}")
        return None

    def _guess(self, keys: Iterable[str], state: _State) -> Request | None:
        """Search again with values for the keys that patterns refer to: those that would make the assumptions true, and hostile ones."""
        readings = [reading for atom, outcome in state.assumed.items() if outcome for reading in _readings(atom, state.request)]
        choices = [
            dict.fromkeys((*((value,) for name, value in readings if name == key), *_GUESSES, state.request.context.get(key, ())))
            for key in keys
        ]
        for values in itertools.islice(itertools.product(*choices), _MAX_GUESSES):
            fixed = {**self._problem.fixed, **dict(zip(keys, values, strict=True))}
            narrower = _Search(msgspec.structs.replace(self._problem, fixed=fixed), min(self._left, 300))
            narrower._guessed = True
            try:
                found = narrower.run(normal(specialise(self._whole, fixed)))
            except BudgetExhausted:
                continue
            if found is not None and holds(self._whole, found):
                return found
        return None

    # -- assertions -----------------------------------------------------------------------------------------------------------------

    def _asserted(self, state: _State, formula: Formula) -> _State | None:
        """Add a formula; None if it contradicts what is known (or cannot be told: then a gap is noted)."""
        if isinstance(formula, And):
            current: _State | None = state
            # Facts first: they shape the model that the other parts are looked at with.
            for part in sorted(formula.parts, key=lambda one: isinstance(one, Or)):
                current = None if current is None else self._asserted(current, part)
            return current
        if isinstance(formula, Or):
            return msgspec.structs.replace(state, clauses=(*state.clauses, formula)) if formula.parts else None
        atom, outcome = (formula.part, False) if isinstance(formula, Not) else (formula, True)
        try:
            return self._fact(state, atom, outcome)  # type: ignore[arg-type] # in normal form, Not stands before atoms
        except BudgetExhausted:
            raise
        except Undecidable as gap:
            self.gaps.add(gap.message)
            return None

    def _fact(self, state: _State, atom: Atom, outcome: bool) -> _State | None:
        if isinstance(atom, Opaque) or references(atom):
            return self._assume(state, atom, outcome)
        match atom:
            case In(subject, language):
                return _about_text(state, subject, language, outcome)
            case Given(key):
                return self._about(state, key, given=outcome)
            case Several(key):
                return self._about(state, key, several=outcome)
            case Some(key, test, wanted):
                before = state.keys.get(key, KeyFacts())
                if outcome:
                    return self._about(state, key, some=_with(before.some, (test, wanted)))
                return self._about(state, key, every=_with(before.every, (test, not wanted)))

    def _about(self, state: _State, key: str, **changes: object) -> _State | None:
        before = state.keys.get(key, KeyFacts())
        facts = msgspec.structs.replace(before, **changes)
        for name in changes:
            known = getattr(before, name)
            if isinstance(known, bool) and known != getattr(facts, name):
                return None
        values = values_for(facts)
        if values is None:
            return None
        context = {**state.request.context, key: values}
        request = msgspec.structs.replace(state.request, context=context)
        return msgspec.structs.replace(state, keys={**state.keys, key: facts}, request=request)

    def _assume(self, state: _State, atom: Atom, outcome: bool) -> _State | None:
        """Take an undecided atom for true or false, with the facts that follow from it in any case."""
        known = state.assumed.get(atom)
        if known is not None:
            return state if known == outcome else None
        state = msgspec.structs.replace(state, assumed={**state.assumed, atom: outcome})
        if not outcome:
            return state
        match atom:
            case In(subject, language):
                return self._fact(state, In(subject, tuple(one.widened() for one in language)), True)
            case Some(key, Text(language), True):
                if key in self._problem.fixed:
                    return state
                return self._fact(state, Some(key, Text(tuple(one.widened() for one in language))), True)
            case _:
                return state


def _about_text(state: _State, subject: Subject, language: Language, outcome: bool) -> _State | None:
    facts = _more(getattr(state, subject), language, outcome)
    text = _kept(getattr(state.request, subject), language, outcome, facts)
    if text is None:
        return None
    return msgspec.structs.replace(state, request=msgspec.structs.replace(state.request, **{subject: text}), **{subject: facts})


def _with(facts: tuple[Fact, ...], fact: Fact) -> tuple[Fact, ...]:
    return facts if fact in facts else (*facts, fact)


def _more(facts: _TextFacts, language: Language, outcome: bool) -> _TextFacts:
    inside, outside = facts
    if language in (inside if outcome else outside):
        return facts
    return ((*inside, language), outside) if outcome else (inside, (*outside, language))


def _kept(text: str, language: Language, outcome: bool, facts: _TextFacts) -> str | None:
    """Return a text that agrees with the facts: the present one if it does."""
    if text and any(one.matches(text) for one in language) == outcome:
        return text
    return witness(*facts)


def _readings(atom: Atom, request: Request) -> Iterator[tuple[str, str]]:
    """Yield (key, value): what a pattern's references would have to be for the pattern to match the model."""
    if isinstance(atom, In):
        texts: tuple[str, ...] = (request.action.lower() if atom.subject == "action" else request.resource,)
        language = atom.language
    elif isinstance(atom, Some) and isinstance(atom.test, Text):
        texts, language = request.context.get(atom.key, ()), atom.test.language
    else:
        return
    for one in language:
        for text in texts:
            yield from itertools.islice(one.readings(text), _MAX_READINGS)
