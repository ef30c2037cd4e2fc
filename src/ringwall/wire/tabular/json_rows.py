"""Rows of numbers in JSON, in the shapes that model servers take.

`[1, 2]` is one row, `[[1, 2], [3, 4]]` are two; deeper arrays (pictures) are flattened, the first axis counts rows. An object has the
rows in exactly one of the members below. What could be read in two ways is refused: a server might read the other.

Source: Amazon SageMaker developer guide, "Common data formats for inference"; TensorFlow Serving, "RESTful API".
"""

from __future__ import annotations

import math
from typing import Any, Final

from ringwall.wire.errors import MalformedRequest
from ringwall.wire.strict_json import decode_json
from ringwall.wire.tabular.limits import AXES_MAX

JSON_DEPTH: Final = AXES_MAX + 4
MEMBERS: Final = ("instances", "inputs", "data", "features")
_BESIDE: Final = frozenset({"parameters", "configuration", "signature_name"})
_INSTANCE: Final = ("features", "values", "data")


def read_json(body: bytes) -> tuple[tuple[float, ...], ...]:
    """Return the rows that a body asks about.

    Raises:
        MalformedRequest: not JSON, none of the shapes above, or a value that is no finite number.
        LimitExceeded: nested too deeply, or too many values.
    """
    value = decode_json(body, JSON_DEPTH)
    if isinstance(value, dict):
        given = [name for name in MEMBERS if name in value]
        if len(given) != 1 or value.keys() - {*given, *_BESIDE}:
            raise MalformedRequest(f"the JSON object must have its rows in one of {', '.join(MEMBERS)}, and nothing else that is not known")
        value = value[given[0]]
    if not isinstance(value, list) or not value:
        raise MalformedRequest("the JSON has no rows of numbers")
    if isinstance(value[0], list | dict):
        return tuple(_row(each, nested=True) for each in value)
    return (_row(value),)


def _row(value: Any, *, nested: bool = False) -> tuple[float, ...]:
    while isinstance(value, dict):
        if len(value) != 1 or next(iter(value)) not in _INSTANCE:
            raise MalformedRequest(f"an instance that is an object must have one member: {', '.join(_INSTANCE)}")
        value = next(iter(value.values()))
    if nested and not isinstance(value, list):
        raise MalformedRequest("the JSON has rows beside what is none")
    numbers: list[float] = []
    _flatten(value, numbers)
    if not numbers:
        raise MalformedRequest("a row has no numbers")
    return tuple(numbers)


def _flatten(value: Any, numbers: list[float]) -> None:
    if isinstance(value, list):
        if len({isinstance(each, list) for each in value}) > 1:
            raise MalformedRequest("a row has arrays beside numbers")
        for each in value:
            _flatten(each, numbers)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        numbers.append(_double(value))
    else:
        raise MalformedRequest("a row has a value that is not a number")


def _double(value: float) -> float:
    try:
        double = float(value)
    except OverflowError:
        double = math.inf
    if not math.isfinite(double):
        raise MalformedRequest("a number is larger than a double")
    return double
