"""Strict reading of a rule document: what is not known is refused, never ignored.

A document has the shapes of the WAFV2 API. A member that is None counts as left out, as on the wire.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ringwall.policies.waf.errors import InvalidWafDocument, WafElementUnserved


class Element:
    """One structure of a document, and where it stands."""

    __slots__ = ("_members", "path")

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise InvalidWafDocument(f"`{path}` must be a structure")
        self._members: dict[str, Any] = {name: member for name, member in value.items() if member is not None}
        self.path = path

    def __contains__(self, name: str) -> bool:
        """Say whether a member is given."""
        return name in self._members

    def __repr__(self) -> str:
        """Return the members, as given: two elements with the same are the same."""
        return repr(self._members)

    def known(self, *names: str, unserved: Iterable[str] = ()) -> Element:
        """Refuse members that are not among `names`.

        Raises:
            WafElementUnserved: a member is one that AWS has, and that is not served.
            InvalidWafDocument: a member is unknown.
        """
        for name in self._members:
            if name in unserved:
                raise WafElementUnserved(f"`{self.path}.{name}` is not served")
            if name not in names:
                raise InvalidWafDocument(f"`{self.path}` has an unknown member `{name[:64]}`")
        return self

    def only(self, *names: str, unserved: Iterable[str] = ()) -> str:
        """Return the one member that is given, of those that exclude each other."""
        self.known(*names, unserved=unserved)
        if len(self._members) != 1:
            raise InvalidWafDocument(f"`{self.path}` must have exactly one of {', '.join(names)}")
        return next(iter(self._members))

    def value(self, name: str) -> Any:
        """Return a member that must be there, unread."""
        if name not in self._members:
            raise InvalidWafDocument(f"`{self.path}` needs `{name}`")
        return self._members[name]

    def element(self, name: str) -> Element:
        """Return a structure that must be there."""
        return Element(self.value(name), f"{self.path}.{name}")

    def empty(self, name: str) -> None:
        """Read a structure that has no members, such as `All`."""
        self.element(name).known()

    def values(self, name: str, *, least: int = 1, most: int) -> Sequence[Any]:
        """Return a list that must be there."""
        value = self.value(name)
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            raise InvalidWafDocument(f"`{self.path}.{name}` must be a list of {least} to {most}")
        return value

    def elements(self, name: str, *, least: int = 1, most: int) -> list[Element]:
        """Return a list of structures that must be there."""
        return [Element(value, f"{self.path}.{name}[{index}]") for index, value in enumerate(self.values(name, least=least, most=most))]

    def text(self, name: str, *, most: int) -> str:
        """Return a text that must be there, of 1 to `most` characters."""
        value = self.value(name)
        if not isinstance(value, str) or not 1 <= len(value) <= most:
            raise InvalidWafDocument(f"`{self.path}.{name}` must be a text of 1 to {most} characters")
        return value

    def texts(self, name: str, *, most: int, longest: int) -> list[str]:
        """Return a list of texts that must be there."""
        values = self.values(name, most=most)
        for value in values:
            if not isinstance(value, str) or not 1 <= len(value) <= longest:
                raise InvalidWafDocument(f"`{self.path}.{name}` must hold texts of 1 to {longest} characters")
        return list(values)

    def octets(self, name: str, *, most: int) -> bytes:
        """Return bytes that must be there: given as bytes, or as base64 text as in JSON."""
        value = self.value(name)
        if isinstance(value, str):
            try:
                value = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError) as error:
                raise InvalidWafDocument(f"`{self.path}.{name}` must be base64") from error
        if not isinstance(value, bytes) or not 1 <= len(value) <= most:
            raise InvalidWafDocument(f"`{self.path}.{name}` must be 1 to {most} bytes")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """Return an integer that must be there, with `low` <= it <= `high`."""
        value = self.value(name)
        if type(value) is not int or not low <= value <= high:
            raise InvalidWafDocument(f"`{self.path}.{name}` must be an integer from {low} to {high}")
        return value

    def word(self, name: str, words: Iterable[str], default: str | None = None) -> str:
        """Return one of some words; where there is no default it must be given."""
        if default is not None and name not in self._members:
            return default
        value, words = self.value(name), tuple(words)
        if value not in words:
            raise InvalidWafDocument(f"`{self.path}.{name}` must be one of {', '.join(words)}")
        return str(value)
