"""Condition operators: one clause of a statement, compiled to a function of the request context.

A clause that cannot be decided (a number that is no number, a variable without a value, several values under an operator for one)
is *undetermined*: it holds in a Deny and fails in an Allow. Since clauses are joined by "and" and effects only by "Deny wins", that never
widens access.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ringwall.policies import values as read
from ringwall.policies.document import Condition
from ringwall.policies.errors import MalformedPolicyDocument
from ringwall.policies.pattern import Context, Tokens, arn_components, glob, has_variables, literal, resolve, tokenize
from ringwall.vocabulary import Arn

Clause = Callable[[Context], bool]
Test = Callable[[str, Context], bool | None]
"""Whether one context value fits any of a condition's values; None is undetermined."""

_Value = TypeVar("_Value")


def compile_condition(condition: Condition, *, variables: bool, undetermined: bool) -> Clause:
    """Make the function that decides one condition.

    Args:
        condition: from the syntax tree.
        variables: whether `${...}` in its values is substituted.
        undetermined: what an undecidable clause counts as: True in a Deny, False in an Allow.

    Raises:
        MalformedPolicyDocument: no such operator, or a value that the operator cannot take.
    """
    if condition.operator == "Null":
        return _null_clause(condition)
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        raise MalformedPolicyDocument(f"`{condition.operator[:60]}` is not a condition operator")
    make, negated = operator
    test = make(condition.values, variables)
    if condition.quantifier == "ForAllValues":
        return _for_all(condition, test, negated=negated, undetermined=undetermined)
    if condition.quantifier == "ForAnyValue":
        return _for_any(condition, test, negated=negated, undetermined=undetermined)
    key, absent = condition.key, condition.if_exists or negated

    def clause(context: Context) -> bool:
        given = context.get(key)
        if not given:
            return absent
        if len(given) > 1:
            return undetermined
        fits = test(given[0], context)
        return undetermined if fits is None else fits != negated

    return clause


def _null_clause(condition: Condition) -> Clause:
    if condition.quantifier or condition.if_exists:
        raise MalformedPolicyDocument("Null takes neither a quantifier nor IfExists")
    wanted = {_must(read.boolean, value, "true or false") for value in condition.values}
    key = condition.key

    def clause(context: Context) -> bool:
        given = context.get(key)
        return (not given or given == ("",)) in wanted

    return clause


def _for_all(condition: Condition, test: Test, *, negated: bool, undetermined: bool) -> Clause:
    key = condition.key

    def clause(context: Context) -> bool:
        given = context.get(key)
        if not given or given == ("",):  # a missing key and an empty data set are vacuously true
            return True
        fits = [test(value, context) for value in given]
        return undetermined if None in fits else all(one != negated for one in fits)

    return clause


def _for_any(condition: Condition, test: Test, *, negated: bool, undetermined: bool) -> Clause:
    key, absent = condition.key, condition.if_exists

    def clause(context: Context) -> bool:
        given = context.get(key)
        if not given:
            return absent
        fits = [test(value, context) for value in given]
        return undetermined if None in fits else any(one != negated for one in fits)

    return clause


# -- one maker per family: policy values in, test out ---------------------------------------------------------------------------------


def _string_equals(values: Sequence[str], variables: bool) -> Test:
    return _equality([tokenize(value, variables=variables, wildcards=False) for value in values], lambda text: text)


def _string_equals_ignore_case(values: Sequence[str], variables: bool) -> Test:
    return _equality([tokenize(value, variables=variables, wildcards=False) for value in values], str.lower)


def _equality(patterns: Sequence[Tokens], fold: Callable[[str], str]) -> Test:
    fixed = frozenset(fold(text) for text in map(literal, patterns) if text is not None)
    moving = tuple(tokens for tokens in patterns if literal(tokens) is None)

    def test(value: str, context: Context) -> bool | None:
        folded = fold(value)
        return folded in fixed or (_moving(moving, context, lambda tokens: fold(literal(tokens) or "") == folded) if moving else False)

    return test


def _string_like(values: Sequence[str], variables: bool) -> Test:
    patterns = [tokenize(value, variables=variables) for value in values]
    fixed = tuple(glob(tokens, "text") for tokens in patterns if not has_variables(tokens))
    moving = tuple(tokens for tokens in patterns if has_variables(tokens))

    def test(value: str, context: Context) -> bool | None:
        if any(pattern.matches(value) for pattern in fixed):
            return True
        return _moving(moving, context, lambda tokens: glob(tokens, "text").matches(value)) if moving else False

    return test


def _arn_like(values: Sequence[str], variables: bool) -> Test:
    """ARNs are compared component by component; `*` and `?` stay inside one."""
    patterns = [_arn_pattern(value, variables) for value in values]

    def test(value: str, context: Context) -> bool | None:
        parts = Arn.split(value)
        if parts is None or parts[0] != "arn":
            return None
        undetermined = False
        for pattern in patterns:
            fits = pattern is None or _components_match(pattern, parts, context)
            if fits:
                return True
            undetermined = undetermined or fits is None
        return None if undetermined else False

    return test


def _arn_pattern(value: str, variables: bool) -> tuple[Tokens, ...] | None:
    """Split one pattern; None is the lone star, which every ARN matches."""
    if value == "*":
        return None
    components = arn_components(tokenize(value, variables=variables))
    if components is None or components[0] != ("arn",):
        raise MalformedPolicyDocument(f"`{value[:200]}` is not an ARN pattern")
    return components


def _components_match(pattern: tuple[Tokens, ...], parts: Sequence[str], context: Context) -> bool | None:
    for tokens, part in zip(pattern, parts, strict=True):
        resolved = resolve(tokens, context) if has_variables(tokens) else tokens
        if resolved is None:
            return None
        if not glob(resolved, "text").matches(part):
            return False
    return True


def _moving(patterns: Sequence[Tokens], context: Context, fits: Callable[[Tokens], bool]) -> bool | None:
    undetermined = False
    for tokens in patterns:
        resolved = resolve(tokens, context)
        if resolved is None:
            undetermined = True
        elif fits(resolved):
            return True
    return None if undetermined else False


def _comparison(reader: Callable[[str], Any], what: str, holds: Callable[[Any, Any], bool]) -> Callable[[Sequence[str], bool], Test]:
    """Make the maker for values that are read once and compared: numbers, dates, booleans, bytes, addresses."""

    def make(values: Sequence[str], _variables: bool) -> Test:
        bounds = tuple(_must(reader, value, what) for value in values)

        def test(value: str, _context: Context) -> bool | None:
            given = _context_reader(value)
            return None if given is None else any(holds(given, bound) for bound in bounds)

        return test

    _context_reader = read.address if reader is read.network else reader
    return make


def _must(reader: Callable[[str], _Value | None], value: str, what: str) -> _Value:
    parsed = reader(value)
    if parsed is None:
        raise MalformedPolicyDocument(f"`{value[:100]}` is not {what}")
    return parsed


def _within(given: tuple[int, int], bound: read.Network) -> bool:
    return given[0] == bound[0] and given[1] & bound[2] == bound[1]


def _ordered(family: str, reader: Callable[[str], Any], what: str) -> dict[str, tuple[Callable[[Sequence[str], bool], Test], bool]]:
    equals = _comparison(reader, what, lambda given, bound: given == bound)
    return {
        f"{family}Equals": (equals, False),
        f"{family}NotEquals": (equals, True),
        f"{family}LessThan": (_comparison(reader, what, lambda given, bound: given < bound), False),
        f"{family}LessThanEquals": (_comparison(reader, what, lambda given, bound: given <= bound), False),
        f"{family}GreaterThan": (_comparison(reader, what, lambda given, bound: given > bound), False),
        f"{family}GreaterThanEquals": (_comparison(reader, what, lambda given, bound: given >= bound), False),
    }


_in_network = _comparison(read.network, "an IP address range", _within)

OPERATORS: dict[str, tuple[Callable[[Sequence[str], bool], Test], bool]] = {
    "StringEquals": (_string_equals, False),
    "StringNotEquals": (_string_equals, True),
    "StringEqualsIgnoreCase": (_string_equals_ignore_case, False),
    "StringNotEqualsIgnoreCase": (_string_equals_ignore_case, True),
    "StringLike": (_string_like, False),
    "StringNotLike": (_string_like, True),
    **_ordered("Numeric", read.number, "a number"),
    **_ordered("Date", read.moment, "a date"),
    "Bool": (_comparison(read.boolean, "true or false", lambda given, bound: given is bound), False),
    "BinaryEquals": (_comparison(read.binary, "base64", lambda given, bound: given == bound), False),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
    "ArnEquals": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnLike": (_arn_like, False),
    "ArnNotLike": (_arn_like, True),
}
"""Every operator but Null: its maker, and whether it is the negation of the family's question."""

OPERATOR_NAMES = frozenset(OPERATORS) | {"Null"}
