"""What a classifier answered, read from the body as it left the model; and the same body with coarser confidences, or none.

Shapes stay as they are, so that programs go on reading them: where a list of numbers says how sure the model is of each class, its
largest stays the largest; withheld, it is 1 and the others are 0. A number alone keeps its side of one half. Whole numbers are classes, and
stay. Every number of the answer that could be a confidence is softened, wherever it stands; an answer that cannot be read is withheld.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ringwall.errors import CallerError
from ringwall.inference.monitors.actions import Response
from ringwall.inference.monitors.errors import AnswerUnread
from ringwall.inference.monitors.query import Confidences
from ringwall.wire.strict_json import decode_json, encode_json
from ringwall.wire.tabular.csv_rows import read_cells, write_csv
from ringwall.wire.tabular.npy import read_npy, write_npy
from ringwall.wire.tabular.number import read_number
from ringwall.wire.tabular.rows import CSV, JSON, media_of

_DEPTH: Final = 32
_PLACES: Final = ("predictions", "outputs", "probabilities", "scores", "results", "result", "data", "instances")
_LABELS: Final = ("predicted_label", "label", "class", "prediction", "closest_cluster")
_SUMS_TO_ONE: Final = 1e-3


def read_answer(content_type: str, body: bytes, rows: int) -> list[Confidences | None]:
    """Return what was answered to each of the rows that were asked about; None where that is not found."""
    try:
        found = _per_row(_values(content_type, body), rows)
    except (CallerError, OverflowError):
        found = []
    answers = [_confidences(each) for each in found]
    return answers if len(answers) == rows else [None] * rows


def soften(content_type: str, body: bytes, rows: int, response: Response) -> bytes:
    """Return the answer as it may be given.

    Raises:
        AnswerUnread: it cannot be read, so nothing of it may be given.
    """
    if not response.softens:
        return body
    failure: AnswerUnread
    try:
        media = media_of(content_type)
        if media == JSON:
            return encode_json(_soft(decode_json(body, _DEPTH), rows, response, inside=False))
        return _soft_csv(body, rows, response) if media == CSV else _soft_npy(body, rows, response)
    except (CallerError, OverflowError):
        failure = AnswerUnread("the model's answer was to be softened and could not be read")
    raise failure


def _values(content_type: str, body: bytes) -> Any:
    """Return an answer of any of the three media as JSON would have it."""
    media = media_of(content_type)
    if media == JSON:
        return decode_json(body, _DEPTH)
    if media == CSV:
        lines = [[cell if (number := read_number(cell)) is None else _plain(cell, number) for cell in line] for line in read_cells(body)]
        return lines[0] if len(lines) == 1 else [line[0] if len(line) == 1 else line for line in lines]
    array = read_npy(body)
    if len(array.shape) == 1:
        return list(array.values)
    wide = math.prod(array.shape[1:])
    return [list(array.values[start : start + wide]) for start in range(0, len(array.values), wide)]


def _plain(cell: str, number: float) -> float:
    return int(cell) if cell.lstrip("+-").isdigit() else number


# -- what was answered to each row --


def _per_row(value: Any, rows: int) -> Sequence[Any]:
    if isinstance(value, dict):
        place = next((name for name in _PLACES if isinstance(value.get(name), list)), None)
        if place is None:
            return [value]
        value = value[place]
    if not isinstance(value, list):
        return [value]
    if len(value) == rows and (rows > 1 or not _is_number(value[0])):
        return value
    return [value]


def _confidences(value: Any) -> Confidences | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if _is_number(value):
        return _of_one(value)
    if isinstance(value, list) and value and all(map(_is_number, value)):
        return Confidences(label=_largest(value), values=tuple(map(float, value)))
    if isinstance(value, dict):
        return _of_members(value)
    return None


def _of_one(value: float) -> Confidences | None:
    if isinstance(value, int):
        return Confidences(label=value) if 0 <= value < 2**31 else None
    if 0.0 <= value <= 1.0:
        return Confidences(label=int(value >= 0.5), values=(1.0 - value, value))
    return None


def _of_members(members: dict[str, Any]) -> Confidences | None:
    vector = next((each for each in members.values() if isinstance(each, list) and len(each) > 1 and all(map(_is_number, each))), None)
    if vector is None and _is_distribution(members):
        vector = list(members.values())
    label = next((members[name] for name in _LABELS if _is_number(members.get(name))), None)
    values = () if vector is None else tuple(map(float, vector))
    score = next((each for name, each in members.items() if name not in _LABELS and isinstance(each, float) and 0.0 <= each <= 1.0), None)
    if not values and score is not None:
        values = (1.0 - score, score)
    if label is not None and float(label).is_integer() and 0 <= label < 2**31:
        return Confidences(label=int(label), values=values)
    return Confidences(label=_largest(values), values=values) if values else None


# -- softening --


def _soft(value: Any, rows: int, response: Response, *, inside: bool) -> Any:
    """Return a value with its confidences softened; `inside`: it stands in a list."""
    if isinstance(value, dict):
        if _is_distribution(value):
            return dict(zip(value, _soft_vector(list(value.values()), response), strict=True))
        return {name: _soft(each, rows, response, inside=False) for name, each in value.items()}
    if isinstance(value, list):
        if value and all(map(_is_number, value)):
            apart = len(value) == 1 or (not inside and len(value) == rows)
            return [_soft_one(each, response) for each in value] if apart else _soft_vector(value, response)
        return [_soft(each, rows, response, inside=True) for each in value]
    if isinstance(value, str):
        return _soft_text(value, response)
    return _soft_one(value, response) if _is_number(value) else value


def _soft_text(text: str, response: Response) -> str:
    number = read_number(text.strip())
    return text if number is None else _written(_soft_one(_plain(text.strip(), number), response), text)


def _soft_csv(body: bytes, rows: int, response: Response) -> bytes:
    lines = read_cells(body)
    numbers = [[read_number(cell) for cell in line] for line in lines]
    apart = (len(lines) == 1 and len(lines[0]) == rows and rows > 1) or all(len(line) == 1 for line in lines)
    made = []
    for line, found in zip(lines, numbers, strict=True):
        known = [_plain(cell, number) for cell, number in zip(line, found, strict=True) if number is not None]
        soft = iter([_soft_one(each, response) for each in known] if apart or len(known) == 1 else _soft_vector(known, response))
        made.append(tuple(cell if number is None else _written(next(soft), cell) for cell, number in zip(line, found, strict=True)))
    return write_csv(tuple(made))


def _soft_npy(body: bytes, rows: int, response: Response) -> bytes:
    array = read_npy(body)
    if array.descr[1] != "f":
        return body
    if not all(map(math.isfinite, array.values)):
        raise AnswerUnread("the model's answer holds a number that is not finite")
    wide = array.shape[-1]
    if wide == 1 or (len(array.shape) == 1 and wide == rows):
        soft = [_soft_one(each, response) for each in array.values]
    else:
        vectors = [list(array.values[start : start + wide]) for start in range(0, len(array.values), wide)]
        soft = [each for vector in vectors for each in _soft_vector(vector, response)]
    return write_npy(msgspec.structs.replace(array, values=tuple(soft)))


def _soft_vector(values: list[float], response: Response) -> list[float]:
    """Return numbers that say less, of which the first largest is the one that was."""
    if all(isinstance(each, int) for each in values):
        return values
    top = _largest(values)
    if response.withhold:
        return [float(index == top) for index in range(len(values))]
    digits = response.digits or 0
    rounded = [round(float(each), digits) + 0.0 for each in values]
    if _largest(rounded) != top:
        rounded[top] = round(max(rounded) + 10.0**-digits, digits)
    return rounded


def _soft_one(value: float, response: Response) -> float:
    """Return a number that says less, on the side of one half that it was on, if it was between 0 and 1."""
    if isinstance(value, int):
        return value
    if response.withhold:
        return float(value >= 0.5) if 0.0 <= value <= 1.0 else float(round(value))
    digits = response.digits or 0
    rounded = round(value, digits) + 0.0
    if 0.0 <= value <= 1.0 and (rounded >= 0.5) != (value >= 0.5):
        rounded = round(rounded + (10.0**-digits if value >= 0.5 else -(10.0**-digits)), digits)
    return rounded


def _written(value: float, before: str) -> str:
    """Write a number that stood as text; one that did not change stays as it was written."""
    return before if read_number(before.strip()) == value else repr(value)


def _largest(values: Sequence[float]) -> int:
    return max(range(len(values)), key=values.__getitem__)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_distribution(members: dict[str, Any]) -> bool:
    """Say whether an object is a class's name to how sure the model is of it."""
    values = list(members.values())
    if len(values) < 2 or not all(map(_is_number, values)) or not any(isinstance(each, float) for each in values):
        return False
    return all(0.0 <= each <= 1.0 for each in values) and abs(sum(values) - 1.0) <= _SUMS_TO_ONE
