"""The adapter to Z3, for what the solver of our own leaves undecided: above all patterns that refer to other keys' values.

Z3 is optional (the extra `proofs`) and imported when a solver is made. Translation errs on one side only: where it cannot be exact
(values that are compared both as text and as numbers, a reference between wildcards under a negation, more values than slots), the
translated formula has more models than the original. So Z3's "unsatisfiable" stands, and every model is checked with `interpret.holds`.
"""

from __future__ import annotations

import importlib
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ringwall.policies import Request
from ringwall.reasoning.policy.errors import Inexpressible, SolverMissing, Undecidable
from ringwall.reasoning.policy.formula import (
    And,
    Atom,
    Compare,
    Formula,
    Given,
    In,
    Not,
    Opaque,
    Or,
    Reads,
    Several,
    Some,
    Test,
    Text,
    atoms,
    normal,
    references,
)
from ringwall.reasoning.policy.interpret import holds, specialise
from ringwall.reasoning.policy.language import Language, Part, Pattern, Reference
from ringwall.reasoning.policy.ports import Answer, Problem, Satisfied, Undecided, Unsatisfied
from ringwall.reasoning.policy.z3_values import Readings, Strings

MAX_SLOTS = 6
"""Values that a key may have in the translation; with more atoms about its values than this, "unsatisfiable" is not concluded."""


class Z3Solver:
    """Asks Z3; `milliseconds` bounds each problem.

    Raises:
        SolverMissing: Z3 is not installed.
    """

    name = "z3"

    def __init__(self, milliseconds: int = 10_000) -> None:
        try:
            self._z3: Any = importlib.import_module("z3")
        except ImportError as missing:
            raise SolverMissing("Z3 is not installed") from missing
        self._milliseconds = milliseconds

    def solve(self, problem: Problem) -> Answer:
        """Decide a problem; see `ports.Solver`."""
        formula = normal(specialise(normal(problem.formula), problem.fixed))
        translation = _Translation(self._z3, formula, problem)
        try:
            translated = translation.formula(formula)
        except Undecidable as gap:
            return Undecided((gap.message,))
        solver = self._z3.Solver()
        solver.set("timeout", self._milliseconds)
        solver.add(translated, *translation.sides)
        try:
            verdict = solver.check()
        except self._z3.Z3Exception as failure:
            return Undecided((f"Z3 failed: {str(failure)[:200]}",))
        if verdict == self._z3.unsat:
            return Undecided((translation.shortened,)) if translation.shortened else Unsatisfied()
        if verdict != self._z3.sat:
            return Undecided((f"Z3 gave up: {solver.reason_unknown()}",))
        request = translation.request(solver.model())
        if not holds(formula, request):
            return Undecided(("Z3's model is none of the formula, which it was given in a wider form",))
        context = {key: values for key, values in request.context.items() if values}
        return Satisfied(request.action, request.resource, context)


class _Translation:
    """One formula in Z3's terms. `sides` are constraints that hold anyway; `shortened` says why "unsatisfiable" would not count."""

    def __init__(self, z3: Any, formula: Formula, problem: Problem) -> None:
        self._z3 = z3
        self._problem = problem
        self._strings = Strings(z3)
        self._fresh = itertools.count()
        self.sides: list[Any] = []
        self.shortened = ""
        self._subjects = {name: z3.String(name) for name in ("action", "resource")}
        about = Counter(atom.key for atom in set(atoms(formula)) if isinstance(atom, Some | Given | Several))
        named = {one for atom in atoms(formula) for one in references(atom)}
        self._slots = {key: self._make_slots(key, about[key]) for key in sorted({*about, *named} - problem.fixed.keys())}
        self._as_text = {atom.key for atom in atoms(formula) if isinstance(atom, Some) and isinstance(atom.test, Text)} | named

    def _make_slots(self, key: str, needed: int) -> list[Readings]:
        if needed > MAX_SLOTS:
            self.shortened = f"more values of {key} than Z3 was given room for"
        slots = [Readings(self._z3, self._strings, f"{key}#{index}") for index in range(max(2, min(needed, MAX_SLOTS)))]
        self.sides += [self._z3.Implies(later.used, earlier.used) for earlier, later in itertools.pairwise(slots)]
        self.sides += [side for slot in slots for side in slot.sides]
        return slots

    def formula(self, formula: Formula) -> Any:
        """Translate a formula in negation normal form."""
        match formula:
            case And(parts):
                return self._z3.And(*[self.formula(part) for part in parts])
            case Or(parts):
                return self._z3.Or(*[self.formula(part) for part in parts])
            case Not(part):
                return self._atom(part, outcome=False)  # type: ignore[arg-type] # in normal form, Not stands before atoms
            case _:
                return self._atom(formula, outcome=True)

    def _atom(self, atom: Atom, *, outcome: bool) -> Any:
        match atom:
            case In(subject, language):
                return self._member(self._subjects[subject], language, outcome=outcome)
            case Given(key):
                return self._said(self._slots[key][0].used, outcome)
            case Several(key):
                return self._said(self._slots[key][1].used, outcome)
            case Some(key, test, wanted):
                return self._some(key, test, wanted, outcome=outcome)
            case Opaque():
                return self._said(self._z3.Bool(f"opaque#{id(atom.decide)}"), outcome)

    def _some(self, key: str, test: Test, wanted: bool, *, outcome: bool) -> Any:
        slots = self._slots.get(key)
        if slots is None:  # a fixed key compared with an open one: left to the model check
            return self._z3.BoolVal(True)
        if outcome:
            return self._z3.Or(*[self._z3.And(slot.used, self._test(slot, test, outcome=wanted)) for slot in slots])
        return self._z3.And(*[self._z3.Implies(slot.used, self._test(slot, test, outcome=not wanted)) for slot in slots])

    def _said(self, expression: Any, outcome: bool) -> Any:
        return expression if outcome else self._z3.Not(expression)

    def _test(self, slot: Readings, test: Test, *, outcome: bool) -> Any:
        match test:
            case Text(language):
                return self._member(slot.text, language, outcome=outcome)
            case Reads(family):
                return self._said(slot.reads(family), outcome)
            case Compare(family, relation, bounds):
                return self._said(slot.compares(family, relation, bounds), outcome)

    # -- patterns -------------------------------------------------------------------------------------------------------------------

    def _member(self, text: Any, language: Language, *, outcome: bool) -> Any:
        found = [self._matches(text, one, outcome=outcome) for one in language]
        return self._z3.Or(*found) if outcome else self._z3.And(*found)

    def _matches(self, text: Any, pattern: Pattern, *, outcome: bool) -> Any:
        """Translate membership; exactly, or with more models than that."""
        z3 = self._z3
        if not pattern.references:
            return self._said(self._strings.matches(text, pattern.parts), outcome)
        head = _straight(pattern.parts)
        tail = _straight(pattern.parts[::-1])
        if head == len(pattern.parts):
            return self._said(text == self._joined(pattern.parts), outcome)
        if not any(isinstance(part, Reference) for part in pattern.parts[head:]):
            start = self._joined(pattern.parts[:head])
            rest = z3.SubString(text, z3.Length(start), z3.Length(text) - z3.Length(start))
            return self._said(z3.And(z3.PrefixOf(start, text), self._strings.matches(rest, pattern.parts[head:])), outcome)
        if not any(isinstance(part, Reference) for part in pattern.parts[: len(pattern.parts) - tail]):
            end = self._joined(pattern.parts[len(pattern.parts) - tail :])
            rest = z3.SubString(text, 0, z3.Length(text) - z3.Length(end))
            fits = self._strings.matches(rest, pattern.parts[: len(pattern.parts) - tail])
            return self._said(z3.And(z3.SuffixOf(end, text), fits), outcome)
        return self._somehow(text, pattern.parts) if outcome else z3.BoolVal(True)

    def _somehow(self, text: Any, parts: Sequence[Part]) -> Any:
        """There are texts between the references so that everything joins up."""
        pieces: list[Any] = []
        conditions: list[Any] = []
        for refers, group in itertools.groupby(parts, key=lambda part: isinstance(part, Reference)):
            several = tuple(group)
            if refers:
                pieces.append(self._joined(several))
            else:
                between = self._z3.String(f"between#{next(self._fresh)}")
                pieces.append(between)
                conditions.append(self._strings.matches(between, several))
        joined = pieces[0] if len(pieces) == 1 else self._z3.Concat(*pieces)
        return self._z3.And(text == joined, *conditions)

    def _joined(self, parts: Sequence[Part]) -> Any:
        pieces = [self._value(part.key) if isinstance(part, Reference) else self._strings.literal(next(iter(part.chars))) for part in parts]
        return pieces[0] if len(pieces) == 1 else self._z3.Concat(*pieces)

    def _value(self, key: str) -> Any:
        slots = self._slots.get(key)
        if slots is None:
            raise Inexpressible(f"the value of {key}")
        return slots[0].text

    # -- models ---------------------------------------------------------------------------------------------------------------------

    def request(self, model: Any) -> Request:
        """Read a request from a model."""
        context: dict[str, tuple[str, ...]] = dict(self._problem.fixed)
        for key, slots in self._slots.items():
            used = [slot for slot in slots if self._z3.is_true(model.eval(slot.used, model_completion=True))]
            context[key] = tuple(slot.value(model, as_text=key in self._as_text) for slot in used)
        action, resource = (self._strings.read(model, self._subjects[name]) for name in ("action", "resource"))
        return Request(action, resource, self._problem.principal, context)


def _straight(parts: Sequence[Part]) -> int:
    """Count the parts in front that are single characters or references."""
    plain = (isinstance(part, Reference) or (len(part.chars) == 1 and not part.outside and not part.starred) for part in parts)
    return sum(1 for _ in itertools.takewhile(bool, plain))
