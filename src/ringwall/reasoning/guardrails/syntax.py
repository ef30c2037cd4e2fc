"""RE2's regular expressions as trees, as far as inclusion is decided over them.

Everything RE2 takes is read exactly or refused (`Incomparable`): Unicode classes, single bytes, and case folding of explicit characters
beyond ASCII are refused. Greediness and group names do not matter for where a pattern matches, and are dropped.
Source: RE2's syntax page (github.com/google/re2/wiki/Syntax); held against RE2 by tests/unit/reasoning_guardrails/test_inclusion.py.
"""

from __future__ import annotations

import msgspec

from ringwall.reasoning.guardrails.errors import Incomparable

Ranges = tuple[tuple[int, int], ...]  # inclusive, rising, apart
LAST = 0x10FFFF
DIGIT: Ranges = ((0x30, 0x39),)
SPACE: Ranges = ((9, 10), (12, 13), (32, 32))  # without the vertical tab
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
NEWLINE: Ranges = ((10, 10),)
_PERL = {"d": DIGIT, "s": SPACE, "w": WORD}
_POSIX: dict[str, Ranges] = {
    "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
    "ascii": ((0, 0x7F),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "digit": DIGIT,
    "graph": ((0x21, 0x7E),),
    "lower": ((0x61, 0x7A),),
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": ((9, 13), (32, 32)),
    "upper": ((0x41, 0x5A),),
    "word": WORD,
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
}
_CONTROL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_ASSERTED = {"A": "text-start", "z": "text-end", "b": "boundary", "B": "no-boundary"}
_DEEPEST = 60
REPEATED = 1000  # RE2's own bound


class Characters(msgspec.Struct, frozen=True):
    """One character out of a set."""

    ranges: Ranges


class Assertion(msgspec.Struct, frozen=True):
    """A place: text-start, text-end, line-start, line-end, boundary, no-boundary."""

    kind: str


class Sequence(msgspec.Struct, frozen=True):
    """One after the other."""

    parts: tuple[Node, ...]


class Choice(msgspec.Struct, frozen=True):
    """One of several."""

    options: tuple[Node, ...]


class Repetition(msgspec.Struct, frozen=True):
    """Again and again; `most` None is without end."""

    body: Node
    least: int
    most: int | None


Node = Characters | Assertion | Sequence | Choice | Repetition


class _Flags(msgspec.Struct, frozen=True):
    fold: bool = False
    lines: bool = False
    dot_newline: bool = False


def parse(pattern: str) -> Node:
    """Read a pattern that RE2 takes.

    Raises:
        Incomparable: it holds what is not compared.
    """
    reader = _Reader(pattern)
    tree = reader.choice(_Flags(), 0)
    if not reader.done:
        raise Incomparable("a group is closed that was not opened")
    return tree


def union(first: Ranges, second: Ranges) -> Ranges:
    """Return the characters in either."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted((*first, *second)):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """Return all other characters."""
    out, following = [], 0
    for low, high in ranges:
        if low > following:
            out.append((following, low - 1))
        following = high + 1
    return tuple(out) if following > LAST else (*out, (following, LAST))


def contains(ranges: Ranges, code_point: int) -> bool:
    """Say whether a character is in a set."""
    return any(low <= code_point <= high for low, high in ranges)


def _folded(ranges: Ranges) -> Ranges:
    """Add the other case. U+212A and U+017F are the only ones beyond ASCII that fold with an ASCII letter."""
    if any(high > 0x7F and (low, high) not in {(0x17F, 0x17F), (0x212A, 0x212A)} for low, high in ranges):
        raise Incomparable("characters beyond ASCII are compared without case only")
    found = ranges
    for offset, low, high in ((32, 0x41, 0x5A), (-32, 0x61, 0x7A)):
        cut = tuple((max(a, low) + offset, min(b, high) + offset) for a, b in ranges if a <= high and b >= low)
        found = union(found, cut)
    for letter, beyond in ((0x6B, 0x212A), (0x73, 0x17F)):
        if contains(found, letter) or contains(found, beyond):
            found = union(found, ((letter - 32, letter - 32), (letter, letter), (beyond, beyond)))
    return found


class _Reader:
    """A pattern and how far it was read."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at >= len(self._pattern)

    def _peek(self, length: int = 1) -> str:
        return self._pattern[self._at : self._at + length]

    def _take(self, wanted: str) -> bool:
        if self._pattern.startswith(wanted, self._at):
            self._at += len(wanted)
            return True
        return False

    def _next(self) -> str:
        if self.done:
            raise Incomparable("the pattern ends in the middle")
        self._at += 1
        return self._pattern[self._at - 1]

    def _until(self, closing: str) -> str:
        end = self._pattern.find(closing, self._at)
        if end < 0:
            raise Incomparable(f"`{closing}` is missing")
        found = self._pattern[self._at : end]
        self._at = end + len(closing)
        return found

    def choice(self, flags: _Flags, depth: int) -> Node:
        """Read alternatives up to the end of the group or the pattern; flags set inside hold to there."""
        if depth > _DEEPEST:
            raise Incomparable("groups are nested too deeply")
        options: list[Node] = []
        parts: list[Node] = []
        while not self.done and self._peek() != ")":
            if self._take("|"):
                options.append(Sequence(tuple(parts)))
                parts = []
            elif (changed := self._flags_alone(flags)) is not None:
                flags = changed
            else:
                parts.extend(self._item(flags, depth))
        options.append(Sequence(tuple(parts)))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _flags_alone(self, flags: _Flags) -> _Flags | None:
        """Read `(?flags)`, which holds for the rest of the group; None if something else stands here."""
        end = self._pattern.find(")", self._at)
        body = self._pattern[self._at + 2 : end]
        if self._peek(2) != "(?" or end < 0 or not body or set(body) - set("imsU-"):
            return None
        self._at = end + 1
        return _changed(flags, body)

    def _item(self, flags: _Flags, depth: int) -> list[Node]:
        """Read one item with its repetitions; quoted text is several."""
        if self._take(r"\Q"):
            end = self._pattern.find(r"\E", self._at)
            quoted = self._pattern[self._at :] if end < 0 else self._pattern[self._at : end]
            self._at = len(self._pattern) if end < 0 else end + 2
            found: list[Node] = [_characters(((ord(c), ord(c)),), flags) for c in quoted]
            return [*found[:-1], self._repeated(found[-1])] if found else []
        return [self._repeated(self._atom(flags, depth))]

    def _repeated(self, node: Node) -> Node:
        while not self.done:
            char = self._peek()
            if char in "*+?":
                self._at += 1
                node = Repetition(node, 1 if char == "+" else 0, 1 if char == "?" else None)
            elif char == "{" and (bounds := self._bounds()) is not None:
                node = Repetition(node, *bounds)
            else:
                break
            self._take("?")
        return node

    def _bounds(self) -> tuple[int, int | None] | None:
        """Read `{n}`, `{n,}` or `{n,m}`; None (and nothing read) where the brace is a character."""
        end = self._pattern.find("}", self._at)
        first, comma, last = self._pattern[self._at + 1 : end].partition(",")
        if end < 0 or not (first.isascii() and first.isdigit()) or (last and not (last.isascii() and last.isdigit())):
            return None
        self._at = end + 1
        if max(int(first), int(last or 0)) > REPEATED:
            raise Incomparable("a repetition is longer than RE2 takes")
        return int(first), int(last) if last else None if comma else int(first)

    def _atom(self, flags: _Flags, depth: int) -> Node:
        char = self._next()
        match char:
            case "(":
                found = self._group(flags, depth)
            case "[":
                found = Characters(self._class(flags))
            case ".":
                found = Characters(((0, LAST),) if flags.dot_newline else complement(NEWLINE))
            case "^":
                found = Assertion("line-start" if flags.lines else "text-start")
            case "$":
                found = Assertion("line-end" if flags.lines else "text-end")
            case "\\" if self._peek() and self._peek() in _ASSERTED:
                found = Assertion(_ASSERTED[self._next()])
            case "\\":
                found = Characters(self._escape(flags))
            case _:
                found = _characters(((ord(char), ord(char)),), flags)
        return found

    def _group(self, flags: _Flags, depth: int) -> Node:
        if self._take("?P<") or self._take("?<"):
            self._until(">")
        elif self._take("?"):
            flags = _changed(flags, self._until(":"))
        body = self.choice(flags, depth + 1)
        if not self._take(")"):
            raise Incomparable("a group is not closed")
        return body

    def _class(self, flags: _Flags) -> Ranges:
        negated = self._take("^")
        found: Ranges = ()
        first = True
        while first or self._peek() != "]":
            first = False
            found = union(found, self._class_item(flags))
        self._at += 1
        return complement(found) if negated else found

    def _class_item(self, flags: _Flags) -> Ranges:
        if self._take("[:"):
            name = self._until(":]")
            inverted = name.startswith("^")
            if name.lstrip("^") not in _POSIX:
                raise Incomparable(f"the class `{name[:20]}` is not compared")
            ranges = _fold_if(_POSIX[name.lstrip("^")], flags)
            return complement(ranges) if inverted else ranges
        low = self._class_end(flags)
        if not isinstance(low, int):
            return low
        high = low
        if self._peek() == "-" and self._peek(2) not in {"-]", "-"}:
            self._at += 1
            end = self._class_end(flags)
            if not isinstance(end, int) or end < low:
                raise Incomparable("a range of characters has no end")
            high = end
        return _fold_if(((low, high),), flags)

    def _class_end(self, flags: _Flags) -> int | Ranges:
        char = self._next()
        if char != "\\":
            return ord(char)
        if self._peek().lower() in _PERL and self._peek():
            return self._escape(flags)
        return self._character()

    def _escape(self, flags: _Flags) -> Ranges:
        name = self._peek()
        if name and name.lower() in _PERL:
            self._at += 1
            ranges = _fold_if(_PERL[name.lower()], flags)
            return complement(ranges) if name.isupper() else ranges
        code = self._character()
        return _fold_if(((code, code),), flags)

    def _character(self) -> int:
        """Read one escaped character, behind its backslash."""
        char = self._next()
        if char in _CONTROL:
            return _CONTROL[char]
        if char == "x":
            digits = self._until("}") if self._take("{") else self._next() + self._next()
            return int(digits, 16)
        if char in "01234567":
            return self._octal(char)
        if char.isascii() and char.isalnum():
            raise Incomparable(f"`\\{char}` is not compared")
        return ord(char)

    def _octal(self, first: str) -> int:
        if first != "0" and self._peek() not in tuple("01234567"):
            raise Incomparable(f"`\\{first}` is not compared")
        digits = first
        while len(digits) < 3 and self._peek() in tuple("01234567"):
            digits += self._next()
        return int(digits, 8)


def _changed(flags: _Flags, letters: str) -> _Flags:
    added, _, removed = letters.partition("-")
    if set(added + removed) - set("imsU"):
        raise Incomparable(f"the group `(?{letters[:20]}` is not compared")
    for letter, name in (("i", "fold"), ("m", "lines"), ("s", "dot_newline")):
        if letter in added or letter in removed:
            flags = msgspec.structs.replace(flags, **{name: letter in added})
    return flags


def _fold_if(ranges: Ranges, flags: _Flags) -> Ranges:
    return _folded(ranges) if flags.fold else ranges


def _characters(ranges: Ranges, flags: _Flags) -> Characters:
    return Characters(_fold_if(ranges, flags))
