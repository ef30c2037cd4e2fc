"""Condition operators as formulas, with the same three values as the evaluator: holds, fails, undetermined.

A condition is reduced to two tests of one context value: `fits` (it fits one of the condition's values) and `open` (that cannot be
decided). How quantifiers, `IfExists`, missing keys and several values go on from there is the same for every operator.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import msgspec

from ringwall.policies import values as read
from ringwall.policies.conditions import compile_condition
from ringwall.policies.document import Condition
from ringwall.policies.pattern import Tokens, Variable, arn_components, literal, tokenize
from ringwall.reasoning.policy.errors import Inexpressible
from ringwall.reasoning.policy.formula import (
    FALSE,
    TRUE,
    Compare,
    Family,
    Formula,
    Given,
    Not,
    Opaque,
    Reads,
    Relation,
    Several,
    Some,
    Test,
    Text,
    conj,
    constant,
    disj,
    negated,
)
from ringwall.reasoning.policy.language import (
    ANY_RUN,
    NOT_COLON_RUN,
    Element,
    Language,
    Part,
    Pattern,
    exactly,
    linear,
    pattern,
    spelled,
)

MAX_CASES = 64
"""How many combinations of present and defaulted variables one pattern may have."""

_IRREGULAR = frozenset("\u03c3\u03c2\u0307")
"""What `str.lower` makes not letter by letter: the two small sigmas, and the dot that the capital dotted I leaves."""

_ORDERINGS: tuple[tuple[str, Relation], ...] = (
    ("Equals", "="),
    ("NotEquals", "="),
    ("LessThan", "<"),
    ("LessThanEquals", "<="),
    ("GreaterThan", ">"),
    ("GreaterThanEquals", ">="),
)
_COMPARED: dict[str, tuple[Family, Relation]] = {
    **{f"Numeric{suffix}": ("number", relation) for suffix, relation in _ORDERINGS},
    **{f"Date{suffix}": ("date", relation) for suffix, relation in _ORDERINGS},
    "Bool": ("boolean", "="),
    "BinaryEquals": ("bytes", "="),
    "IpAddress": ("address", "within"),
    "NotIpAddress": ("address", "within"),
}


class _Alternative(msgspec.Struct, frozen=True):
    """One way to fit: the context has what `needs` says, and the value passes the test."""

    needs: Formula
    test: Test


class _Reading(msgspec.Struct, frozen=True):
    """What a value must be to fit, and when that cannot be decided.

    unreadable: a value that passes makes the question undecidable. unresolved: so does this, for values that do not fit otherwise.
    """

    alternatives: tuple[_Alternative, ...]
    unreadable: tuple[tuple[Test, bool], ...] = ()
    unresolved: tuple[_Alternative, ...] = ()


def encode_condition(condition: Condition, *, variables: bool, undetermined: bool) -> Formula:
    """Return the formula of a condition; `undetermined` is what an undecidable one counts as. Same arguments as `compile_condition`."""
    if condition.operator == "Null":
        return _null(condition)
    try:
        reading = _reading(condition, variables)
        return _quantified(condition, reading, undetermined)
    except Inexpressible as problem:
        clause = compile_condition(condition, variables=variables, undetermined=undetermined)
        name = f"{condition.quantifier}:{condition.operator}" if condition.quantifier else condition.operator
        return Opaque(f"{name} on {condition.key}: {problem.message}", lambda request: clause(request.context))


def _null(condition: Condition) -> Formula:
    wanted = {read.boolean(value) for value in condition.values}
    absent = disj([Not(Given(condition.key)), _only_empty(condition.key)])
    return disj([absent if one else negated(absent) for one in wanted])


def _only_empty(key: str) -> Formula:
    return conj([Not(Several(key)), Some(key, Text(exactly("")))])


def _quantified(condition: Condition, reading: _Reading, undetermined: bool) -> Formula:
    key, unsure = condition.key, constant(undetermined)
    inverted = condition.operator.startswith(("StringNot", "NumericNot", "DateNot", "ArnNot", "NotIp"))
    if not condition.quantifier:
        fits, opened = _fits(key, reading), _open(key, reading)
        holds = negated(fits) if inverted else fits
        decided = conj([Not(Several(key)), Given(key), disj([conj([opened, unsure]), conj([negated(opened), holds])])])
        absent = conj([Not(Given(key)), constant(condition.if_exists or inverted)])
        return disj([absent, conj([Several(key), unsure]), decided])
    if reading.unresolved or any(one.needs != TRUE for one in reading.alternatives):
        raise Inexpressible("policy variables in values under a quantifier")
    opened = _open(key, reading)
    if condition.quantifier == "ForAllValues":
        every = negated(_exists(key, reading, wanted=inverted))
        return disj([Not(Given(key)), _only_empty(key), conj([opened, unsure]), conj([negated(opened), every])])
    some = _exists(key, reading, wanted=not inverted)
    absent = conj([Not(Given(key)), constant(condition.if_exists)])
    return disj([absent, conj([Given(key), disj([conj([opened, unsure]), conj([negated(opened), some])])])])


def _fits(key: str, reading: _Reading) -> Formula:
    """One value: it fits an alternative that the context allows."""
    return disj(conj([one.needs, Some(key, one.test)]) for one in reading.alternatives)


def _exists(key: str, reading: _Reading, *, wanted: bool) -> Formula:
    """There is a value that fits an alternative, or (`wanted` False) that fits none of them."""
    tests = [one.test for one in reading.alternatives]
    if wanted:
        return disj(Some(key, test) for test in tests)
    if len(tests) > 1:
        raise Inexpressible("several kinds of tests under a quantifier")
    return Some(key, tests[0], wanted=False) if tests else Given(key)


def _open(key: str, reading: _Reading) -> Formula:
    unreadable = [Some(key, test, wanted) for test, wanted in reading.unreadable]
    if not reading.unresolved:
        return disj(unreadable)
    unresolved = disj(conj([one.needs, Some(key, one.test)]) for one in reading.unresolved)
    return disj([*unreadable, conj([negated(_fits(key, reading)), unresolved])])


# -- families -------------------------------------------------------------------------------------------------------------------------


def _reading(condition: Condition, variables: bool) -> _Reading:
    compared = _COMPARED.get(condition.operator)
    if compared is not None:
        family, relation = compared
        return _Reading((_Alternative(TRUE, Compare(family, relation, condition.values)),), ((Reads(family), False),))
    if condition.operator.startswith("Arn"):
        return _arns(condition.values, variables)
    wildcards = condition.operator.endswith("Like")
    patterns = [tokenize(value, variables=variables, wildcards=wildcards) for value in condition.values]
    if condition.operator.endswith("IgnoreCase"):
        return _Reading((_Alternative(TRUE, Text(tuple(_any_case(tokens) for tokens in patterns))),))
    return _texts(patterns)


def _texts(patterns: Sequence[Tokens]) -> _Reading:
    fixed = tuple(linear(tokens, arn=False) for tokens in patterns if not _variables(tokens))
    alternatives = [_Alternative(TRUE, Text(fixed))] if fixed else []
    unresolved: list[_Alternative] = []
    for tokens in patterns:
        if _variables(tokens):
            alternatives += [_Alternative(needs, Text((linear(chosen, arn=False),))) for needs, chosen in cases(tokens)]
            unresolved.append(_Alternative(negated(resolvable(tokens)), Text((pattern((ANY_RUN,)),))))
    return _Reading(tuple(alternatives), unresolved=tuple(unresolved))


_ARN: Language = (pattern((*spelled("arn:"), *(part for _ in range(4) for part in (NOT_COLON_RUN, *spelled(":"))), ANY_RUN)),)


def _arns(values: Iterable[str], variables: bool) -> _Reading:
    """ARNs are compared component by component; the last one may have colons."""
    language: list[Pattern] = []
    for value in values:
        tokens = tokenize(value, variables=variables)
        if _variables(tokens):
            raise Inexpressible("policy variables in ARNs")
        language.append(_ARN[0] if value == "*" else _arn(arn_components(tokens) or ()))
    return _Reading((_Alternative(TRUE, Text(tuple(language))),), ((Text(_ARN), False),))


def _arn(components: Sequence[Tokens]) -> Pattern:
    parts: list[Part] = []
    for index, tokens in enumerate(components):
        inner = index < 5
        parts.extend(_inside(part) if inner and isinstance(part, Element) else part for part in linear(tokens, arn=False).parts)
        if inner:
            parts.extend(spelled(":"))
    return pattern(tuple(parts))


def _inside(element: Element) -> Element:
    """Keep a wildcard from taking the colon that ends its component."""
    return msgspec.structs.replace(element, chars=element.chars | {":"}) if element.outside else element


def _any_case(tokens: Tokens) -> Pattern:
    text = literal(tokens)
    if text is None:
        raise Inexpressible("policy variables without regard to case")
    folded = text.lower()
    if not folded.isascii() and not _IRREGULAR.isdisjoint(folded):
        raise Inexpressible("letters whose case is not one to one")
    return pattern(tuple(Element(_same_letter(char)) for char in folded))


def _same_letter(char: str) -> frozenset[str]:
    return _lower_to_all().get(char, frozenset(char)) | ({char} if char.lower() == char else set())


_FOLDS: dict[str, frozenset[str]] = {}


def _lower_to_all() -> dict[str, frozenset[str]]:
    """Return, for each lower-case letter, every character that `str.lower` turns into it; made once."""
    if not _FOLDS:
        found: dict[str, set[str]] = {}
        for char in map(chr, range(0x110000)):
            if (lower := char.lower()) != char and len(lower) == 1:
                found.setdefault(lower, set()).add(char)
        _FOLDS.update({lower: frozenset(several) for lower, several in found.items()})
    return _FOLDS


# -- policy variables -----------------------------------------------------------------------------------------------------------------


def _variables(tokens: Tokens) -> list[Variable]:
    return [token for token in tokens if isinstance(token, Variable)]


def single(key: str) -> Formula:
    """Return: the key has exactly one value."""
    return conj([Given(key), Not(Several(key))])


def resolvable(tokens: Tokens) -> Formula:
    """Return: every variable has one value, or none and a default."""
    return conj(disj([single(one.key), Not(Given(one.key))]) if one.default is not None else single(one.key) for one in _variables(tokens))


def cases(tokens: Tokens) -> list[tuple[Formula, Tokens]]:
    """Return every way to resolve a pattern's variables: what the context must have, and the pattern with defaults put in."""
    choices: list[list[tuple[Formula, str | Variable]]] = []
    found = _variables(tokens)
    for one in found:
        choice: list[tuple[Formula, str | Variable]] = [(single(one.key), one)]
        if one.default is not None:
            choice.append((Not(Given(one.key)), one.default))
        choices.append(choice)
    if 2 ** sum(one.default is not None for one in found) > MAX_CASES:
        raise Inexpressible("too many policy variables with defaults")
    made: list[tuple[Formula, Tokens]] = []
    for chosen in itertools.product(*choices):
        rest = iter(chosen)
        resolved = tuple(next(rest)[1] if isinstance(token, Variable) else token for token in tokens)
        needs = conj(need for need, _ in chosen)
        if needs != FALSE:
            made.append((needs, resolved))
    return made
