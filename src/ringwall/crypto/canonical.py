"""One byte string per JSON value, so that a hash of it means the value.

The encoder is msgspec's with sorted keys; it writes strings as RFC 8785 asks. Two things are put right first: numbers that RFC 8785 (the
ECMAScript way) writes differently, and what has no canonical form is refused rather than guessed at. A value of nothing but texts, small
integers, truth values and null needs neither: that it is one is checked in one call, and whatever is not is walked.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, NoReturn

import msgspec

from ringwall.errors import InvalidRequest

_SAFE_INTEGER: Final = 2**53 - 1  # RFC 8785 s.3.2.2.3, I-JSON: integers beyond are not numbers that every reader keeps
_MAX_DEPTH: Final = 32
_PLAIN_DEPTH: Final = 8
_SETS: Final = frozenset({set, frozenset})  # the encoder orders their members
_SEQUENCES: Final = _SETS | {list, tuple}
_encoder: Final = msgspec.json.Encoder(order="deterministic")


def _plain_type(depth: int) -> Any:
    """Return the type of values that the encoder writes canonically by itself, nested at most `depth` levels."""
    small = Annotated[int, msgspec.Meta(ge=-_SAFE_INTEGER, le=_SAFE_INTEGER)]
    if depth == 0:
        return bool | small | str | None
    inner: Any = _plain_type(depth - 1)
    return bool | small | str | list[inner] | dict[str, inner] | None


_Simple = msgspec.defstruct(
    "_Simple", [("value", _plain_type(_PLAIN_DEPTH))]
)  # a struct, because msgspec keeps what it finds out about one


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 form of a value made of dict, list, tuple, set, str, int, float, bool, None
    and msgspec structs of these (for which stand the objects that msgspec encodes them to). A set is the list of its members in order.

    Raises:
        InvalidRequest: another type, a key that is not ASCII text, an integer that no double holds, infinity or NaN, a lone surrogate,
            or nesting deeper than 32.

    Restriction: keys are ASCII, for which the order by UTF-16 units that RFC 8785 asks for and msgspec's order are the same.
    Source: RFC 8785 s.3.2.
    """
    try:
        if _is_simple(value):
            encoded = _encoder.encode(value)
            if encoded.isascii():  # so its keys are
                return encoded
        return _encoder.encode(_plain(value, 0))
    except UnicodeEncodeError:
        raise InvalidRequest("a text with a lone surrogate has no canonical form") from None


def _is_simple(value: Any) -> bool:
    try:
        msgspec.convert({"value": value}, _Simple)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False
    return True


def _plain(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return value if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else _large_integer(value)
    if kind is float:
        return _number(value)
    if depth >= _MAX_DEPTH:
        raise InvalidRequest(f"a value nested deeper than {_MAX_DEPTH} is not canonicalised")
    if kind is dict:
        # Most members are strings: they pass without a call.
        return {
            key if type(key) is str and key.isascii() else _refused(): member if type(member) is str else _plain(member, depth + 1)
            for key, member in value.items()
        }
    if kind in _SEQUENCES:
        members = [member if type(member) is str else _plain(member, depth + 1) for member in value]
        return set(members) if kind in _SETS else members
    if isinstance(value, msgspec.Struct):
        return _plain(msgspec.to_builtins(value), depth)
    raise InvalidRequest(f"a value of type `{kind.__name__}` has no canonical form")


def _refused() -> NoReturn:
    raise InvalidRequest("a key that is not ASCII text has no canonical form")


def _large_integer(value: int) -> int:
    """Let pass what a canonical form itself can hold: the decimal of some double. Another integer would be rounded by its readers."""
    if abs(value) >= 10**21 or _ecmascript(*_digits(float(abs(value)))) != str(abs(value)):
        raise InvalidRequest("an integer that no double holds has no canonical form")
    return value


def _number(value: float) -> Any:
    """Write a float as ECMAScript does (ECMA-262, Number::toString), in which RFC 8785 follows it."""
    if not math.isfinite(value):
        raise InvalidRequest("infinity and NaN have no canonical form")
    if value == int(value) and abs(value) <= _SAFE_INTEGER:
        return int(value)
    if 1e-4 <= abs(value) < 1e15:
        return value  # every writer of shortest decimals agrees here
    sign = "-" if value < 0 else ""
    return msgspec.Raw(f"{sign}{_ecmascript(*_digits(abs(value)))}".encode())


def _digits(value: float) -> tuple[str, int]:
    """Return the shortest digits of a positive float and its exponent: the value is 0.digits times ten to the exponent."""
    mantissa, _, exponent_text = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(exponent_text or 0) + len(whole) - (len(whole + fraction) - len(digits))
    return digits.rstrip("0"), exponent


def _ecmascript(digits: str, exponent: int) -> str:
    """Place the point."""
    count = len(digits)
    if count <= exponent <= 21:
        return digits + "0" * (exponent - count)
    if 0 < exponent <= 21:
        return f"{digits[:exponent]}.{digits[exponent:]}"
    if -6 < exponent <= 0:
        return "0." + "0" * -exponent + digits
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{'+' if exponent > 0 else '-'}{abs(exponent - 1)}"
