"""What a model asks of a value, checked, and said in AWS's words.

Messages name the member, never the value: a value may be someone's text, and messages end up in records.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ringwall.wire.errors import ConstraintsViolated
from ringwall.wire.model import Shape
from ringwall.wire.pattern import pattern

MOST_VIOLATIONS = 100
"""A request with more is refused with these: an answer must stay small whatever was sent."""

Violations = list[str]
Check = Callable[[Any, str, Violations], None]

_RANGES = {"byte": 8, "short": 16, "integer": 32, "long": 64}


def violate(violations: Violations, path: str, constraint: str) -> None:
    """Note one violation.

    Raises:
        ConstraintsViolated: there are `MOST_VIOLATIONS` of them.
    """
    violations.append(f"Value at '{path}' failed to satisfy constraint: {constraint}")
    if len(violations) >= MOST_VIOLATIONS:
        raise ConstraintsViolated(tuple(violations))


def missing(violations: Violations, path: str) -> None:
    """Note that a required member is not there."""
    violations.append(f"Value null at '{path}' failed to satisfy constraint: Member must not be null")
    if len(violations) >= MOST_VIOLATIONS:
        raise ConstraintsViolated(tuple(violations))


def check_members(found: Mapping[str, Any], required: Sequence[str], violations: Violations, path: str, *, union: bool) -> None:
    """Note which required members of a structure are not there, and a union that has not exactly one."""
    for name in required:
        if name not in found:
            missing(violations, f"{path}.{name}" if path else name)
    if union and len(found) != 1:
        violate(violations, path, "Member must have exactly one of its union's values set")


def finish(violations: Violations) -> None:
    """Raise what was noted, all of it, or return."""
    if violations:
        raise ConstraintsViolated(tuple(violations))


def check_of(shape: Shape) -> Check | None:
    """Compile the constraints of one shape's values; None where it has none.

    Raises:
        UntranslatablePattern: the shape's pattern cannot be checked, so no value of it is ever accepted.
    """
    if shape.type == "string":
        return _string_check(shape)
    if shape.type in {"blob", "list", "map"}:
        return _length_check(shape)
    if shape.type in _RANGES or shape.type in {"float", "double"}:
        return _number_check(shape)
    return None


def _string_check(shape: Shape) -> Check | None:
    length = _length_check(shape)
    compiled = pattern(shape.pattern) if shape.pattern else None
    allowed = frozenset(shape.enum)
    most = shape.max
    if compiled is None and not allowed:
        return length
    enum_words = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
    pattern_words = f"Member must satisfy regular expression pattern: {shape.pattern}"

    def check(value: str, path: str, violations: Violations) -> None:
        if allowed and value not in allowed:
            violate(violations, path, enum_words)
        if length is not None:
            length(value, path, violations)
        if compiled is not None and (most is None or len(value) <= most) and not compiled.matches(value):
            violate(violations, path, pattern_words)

    return check


def _length_check(shape: Shape) -> Check | None:
    least = 0 if shape.min is None else shape.min
    most = math.inf if shape.max is None else shape.max
    if least <= 0 and most == math.inf:
        return None

    def check(value: Any, path: str, violations: Violations) -> None:
        size = len(value)
        if size < least:
            violate(violations, path, f"Member must have length greater than or equal to {least}")
        elif size > most:
            violate(violations, path, f"Member must have length less than or equal to {most}")

    return check


def _number_check(shape: Shape) -> Check | None:
    least, most = shape.min, shape.max
    if least is None and most is None:
        return None
    low = -math.inf if least is None else least
    high = math.inf if most is None else most

    def check(value: float, path: str, violations: Violations) -> None:
        if low <= value <= high:
            return
        # NaN is in no range: it arrives here and breaks whichever bound there is.
        if least is not None and not value >= low:
            violate(violations, path, f"Member must have value greater than or equal to {least}")
        else:
            violate(violations, path, f"Member must have value less than or equal to {most}")

    return check


def integer_bounds(kind: str) -> tuple[int, int]:
    """Return the smallest and the largest value of an integer type."""
    bits = _RANGES[kind]
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def is_integer(kind: str) -> bool:
    """Say whether a shape's type is one of the integers."""
    return kind in _RANGES
