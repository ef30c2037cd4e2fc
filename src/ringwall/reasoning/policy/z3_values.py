"""Texts and readings of one value in Z3's terms."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ringwall.reasoning.policy.errors import Inexpressible
from ringwall.reasoning.policy.formula import Family, Relation
from ringwall.reasoning.policy.language import Element, Part
from ringwall.reasoning.policy.readings import UNREADABLE, parsed, spell_moment

_LAST = 0x2FFFF
"""Z3's largest character."""
_ESCAPE = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
_MAPPED_PREFIX = 0xFFFF << 32
_IPV6_BITS, _IPV4_BITS = 128, 32


class Strings:
    """Literals, regular expressions and models of texts."""

    def __init__(self, z3: Any) -> None:
        self._z3 = z3

    def literal(self, text: str) -> Any:
        """Return a constant text.

        Raises:
            Inexpressible: a character that Z3 does not know.
        """
        if any(ord(char) > _LAST for char in text):
            raise Inexpressible("a character beyond U+2FFFF")
        return self._z3.StringVal(_escaped(text))

    def matches(self, text: Any, parts: Sequence[Part]) -> Any:
        """Return: the text is in the pattern's language."""
        if not parts:
            return text == self._z3.StringVal("")
        pieces: list[Any] = []
        letters = ""
        for part in parts:
            assert isinstance(part, Element)
            if len(part.chars) == 1 and not part.outside and not part.starred:
                letters += next(iter(part.chars))
                continue
            if letters:
                pieces.append(self._z3.Re(self.literal(letters)))
                letters = ""
            one = self._one(part)
            pieces.append(self._z3.Star(one) if part.starred else one)
        if letters:
            if not pieces:
                return text == self.literal(letters)
            pieces.append(self._z3.Re(self.literal(letters)))
        return self._z3.InRe(text, pieces[0] if len(pieces) == 1 else self._z3.Concat(*pieces))

    def _one(self, element: Element) -> Any:
        ranges = list(_ranges(element))
        made = [self._z3.Range(self.literal(first), self.literal(last)) for first, last in ranges]
        return made[0] if len(made) == 1 else self._z3.Union(*made)

    def read(self, model: Any, text: Any) -> str:
        """Return a text's value in a model."""
        return _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), model.eval(text, model_completion=True).as_string())


def _escaped(text: str) -> str:
    """Spell whatever Z3 would read as an escape."""
    return "".join(char if " " <= char <= "~" and char != "\\" else f"\\u{{{ord(char):x}}}" for char in text)


def _ranges(element: Element) -> Iterator[tuple[str, str]]:
    """Yield the first and last characters of an element's ranges."""
    points = sorted(map(ord, element.chars))
    if not element.outside:
        yield from ((chr(point), chr(point)) for point in points)
        return
    start = 0
    for point in [*points, _LAST + 1]:
        if start < point:
            yield chr(start), chr(point - 1)
        start = point + 1


class Readings:
    """One value of a key: as text, and independently of that as each family that it is compared as. `used`: the key has this value."""

    def __init__(self, z3: Any, strings: Strings, name: str) -> None:
        self._z3 = z3
        self._strings = strings
        self.used = z3.Bool(f"used:{name}")
        self.text = z3.String(f"text:{name}")
        self._name = name
        self._seen: list[Family] = []
        self._bytes: dict[bytes, int] = {}
        self._number = z3.Real(f"number:{name}")
        self._date = z3.Int(f"date:{name}")
        self._boolean = z3.Bool(f"boolean:{name}")
        self._content = z3.Int(f"bytes:{name}")
        self._six = z3.Bool(f"six:{name}")
        self._address = z3.BitVec(f"address:{name}", _IPV6_BITS)
        high = z3.LShR(self._address, _IPV4_BITS)
        # What IPv6 maps to IPv4 reads as IPv4.
        self.sides = [z3.If(self._six, high != _MAPPED_PREFIX >> _IPV4_BITS, high == 0)]

    def reads(self, family: Family) -> Any:
        """Return: the value reads as one of the family."""
        if family not in self._seen:
            self._seen.append(family)
        return self._z3.Bool(f"reads-{family}:{self._name}")

    def compares(self, family: Family, relation: Relation, bounds: tuple[str, ...]) -> Any:
        """Return: it does, and stands in the relation to one of the bounds."""
        found = [self._compared(family, relation, bound) for bound in parsed(family, bounds)]
        return self._z3.And(self.reads(family), self._z3.Or(*found))

    def _compared(self, family: Family, relation: Relation, bound: Any) -> Any:
        match family:
            case "number":
                numerator, denominator = Decimal(bound).as_integer_ratio()
                return _related(self._number, relation, self._z3.Q(numerator, denominator))
            case "date":
                return _related(self._date, relation, self._z3.IntVal(bound))
            case "boolean":
                return self._boolean == bound
            case "bytes":
                return self._content == self._bytes.setdefault(bound, len(self._bytes))
            case "address":
                version, network, mask = bound
                wide = mask if version == 6 else mask | ((1 << _IPV6_BITS) - (1 << _IPV4_BITS))
                same = self._address & self._z3.BitVecVal(wide, _IPV6_BITS) == self._z3.BitVecVal(network, _IPV6_BITS)
                return self._z3.And(self._six == (version == 6), same)

    def value(self, model: Any, *, as_text: bool) -> str:
        """Spell the value as the model has it: by its one family, or as text."""
        if as_text or not self._seen:
            return self._strings.read(model, self.text)
        spelled = [self._spelled(model, family) for family in self._seen]
        return next((text for text in spelled if text is not None), UNREADABLE[self._seen[0]])

    def _spelled(self, model: Any, family: Family) -> str | None:
        def known(expression: Any) -> Any:
            return model.eval(expression, model_completion=True)

        if not self._z3.is_true(known(self.reads(family))):
            return None
        match family:
            case "number":
                return _decimal(Fraction(known(self._number).numerator_as_long(), known(self._number).denominator_as_long()))
            case "date":
                return spell_moment(known(self._date).as_long())
            case "boolean":
                return "true" if self._z3.is_true(known(self._boolean)) else "false"
            case "bytes":
                return base64.b64encode(_content(known(self._content).as_long(), self._bytes)).decode()
            case "address":
                value = known(self._address).as_long()
                return str(ipaddress.IPv6Address(value) if self._z3.is_true(known(self._six)) else ipaddress.IPv4Address(value))


def _related(given: Any, relation: Relation, bound: Any) -> Any:
    match relation:
        case "<":
            return given < bound
        case "<=":
            return given <= bound
        case ">":
            return given > bound
        case ">=":
            return given >= bound
        case _:
            return given == bound


def _decimal(value: Fraction) -> str:
    """Spell a fraction with as many digits as a policy's numbers may have; the model check notices if that is not enough."""
    return format(Decimal(value.numerator * 10**38 // value.denominator).scaleb(-38).normalize(), "f")


def _content(number: int, known: dict[bytes, int]) -> bytes:
    """Return the bytes that a number stands for; a number of none stands for bytes longer than all."""
    found = next((content for content, one in known.items() if one == number), None)
    return b"\x00" * (max(map(len, known), default=0) + 1) if found is None else found
