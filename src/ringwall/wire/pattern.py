r"""Patterns of service models: written for Java, matched here in linear time by RE2.

A model's pattern must match the whole value, as Java's `matches` does. The translation keeps Java's meaning where the dialects differ:

    \uXXXX, pairs of surrogates    code points             \p{ASCII}, \p{Alnum}, \p{Print} ...    ASCII ranges
    .                              anything but a line end (\n, \r, U+0085, U+2028, U+2029)
    \s, \S                         with the vertical tab   x{0,2048}    RE2 counts to 1000: split into several counts
    (?=X) (?!X) at the start       a condition of its own: X matches (or does not) where the text begins
    (?<!X) at the end              a condition of its own

A pattern that needs more is listed in `_REWRITTEN` with what it means, or refused when its shape is compiled: none is skipped.
One difference stays: `\p{C}` is Java's with unassigned code points and RE2's without them.
"""

from __future__ import annotations

import re
from functools import lru_cache

import re2

from ringwall.wire.errors import UntranslatablePattern

_COUNT = 1000  # RE2's largest repetition count (re2/parse.cc, kMaxRepeat)
_LARGE_PROGRAM = 32 << 20
_RECALLED = 64  # answers kept for each pattern, of texts up to
_RECALLED_CHARS = 128

_POSIX = {
    "ASCII": r"\x00-\x7F",
    "Alnum": "0-9A-Za-z",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Lower": "a-z",
    "Upper": "A-Z",
    "Print": r"\x20-\x7E",
    "Graph": r"\x21-\x7E",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r"\t\n\x0B\f\r ",
    "Blank": r"\t ",
    "Cntrl": r"\x00-\x1F\x7F",
    "XDigit": "0-9A-Fa-f",
}
_SPACE = r"\t\n\x0B\f\r "
_NOT_SPACE = r"\x00-\x08\x0E-\x1F!-\x{10FFFF}"
_DOT = r"[^\n\r\x{85}\x{2028}\x{2029}]"
_PASSED = frozenset("dDwWtnrfabBAzx")  # escapes that mean the same on both sides
_QUANTIFIER = re.compile(r"\*|\+|\?|\{(\d+)(,?)(\d*)\}")
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_PROPERTY = re.compile(r"\\([pP])(?:\{(\w+)\}|([A-Z]))")
_HEX = re.compile(r"\\x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})")
_LOOKAROUND = re.compile(r"\(\?(<?)([=!])")
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"  # Java's way to write every character beyond U+FFFF in a class

# Look-around in the middle of a pattern, by hand: what must match the whole, and what must be found nowhere in it.
# tests/conformance/wire/test_patterns.py holds each to Python's backtracking matcher.
_ALIAS_CHARS = "[a-z0-9-]"
_NAME = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_REWRITTEN: dict[str, tuple[str, str]] = {
    r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$": (rf"[a-z0-9]{_ALIAS_CHARS}{{1,61}}[a-z0-9]", "--"),
    r"(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z\-]*\/)?([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)(\/[0-9]{1,9})?": (
        rf"(?:arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{{12}}:[a-z\-]*/)?{_NAME}(?:/[0-9]{{1,9}})?",
        "",
    ),
}


class Pattern:
    """One compiled pattern of a model."""

    __slots__ = ("_conditions", "_recalled", "_whole", "source")

    def __init__(self, source: str) -> None:
        """Translate and compile.

        Raises:
            UntranslatablePattern: it uses what a regular language has not, or what this translation does not know.
        """
        self.source = source
        self._recalled = lru_cache(_RECALLED)(self._match)  # identifiers and versions come again and again
        self._conditions: list[tuple[re2._Regexp, bool]] = []  # (pattern, must it match), from the start of the text
        if source in _REWRITTEN:
            whole, nowhere = _REWRITTEN[source]
            self._whole = _compile(whole, source)
            if nowhere:
                self._conditions.append((_compile(f"(?s:.*){nowhere}", source), False))
            return
        translation = _Translation(source)
        self._whole = _compile(translation.whole, source)
        self._conditions = [(_compile(text, source), wanted) for text, wanted in translation.conditions]

    def matches(self, text: str) -> bool:
        """Say whether the whole text matches. Cost: O(len(text))."""
        return self._recalled(text) if len(text) <= _RECALLED_CHARS else self._match(text)

    def _match(self, text: str) -> bool:
        try:
            raw = text.encode()  # half the cost of handing RE2 a str
        except UnicodeEncodeError:
            return False  # a lone surrogate is in no pattern's language
        for condition, wanted in self._conditions:
            if (condition.match(raw) is not None) is not wanted:
                return False
        return self._whole.fullmatch(raw) is not None


@lru_cache(maxsize=4096)
def pattern(source: str) -> Pattern:
    """Return the compiled pattern; each is compiled once."""
    return Pattern(source)


def _compile(text: str, source: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error:
        options.max_mem = _LARGE_PROGRAM
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise UntranslatablePattern(f"pattern `{source[:200]}` cannot be matched in linear time: {error}") from None


class _Translation:
    """One pass over a pattern; `whole` is what must match all of the text, `conditions` what look-around asks of its start."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._dot_is_all = source.startswith("(?s)")
        self._at = 4 if self._dot_is_all else 0
        self.conditions: list[tuple[str, bool]] = []
        self.whole = self._alternation(top=True)
        if self._at != len(source):
            raise self._refusal("an unbalanced parenthesis")

    def _refusal(self, what: str) -> UntranslatablePattern:
        return UntranslatablePattern(f"pattern `{self._source[:200]}` has {what} at {self._at}")

    def _alternation(self, *, top: bool) -> str:
        branches = [self._branch(top=top)]
        while self._peek("|"):
            if self.conditions and top:
                raise self._refusal("look-around beside an alternative")
            self._at += 1
            branches.append(self._branch(top=False))
        return "|".join(branches)

    def _branch(self, *, top: bool) -> str:
        parts: list[str] = []
        literal = True  # everything so far matches one text only, so look-ahead can be asked from the start
        while self._at < len(self._source) and self._source[self._at] not in "|)":
            look = _LOOKAROUND.match(self._source, self._at)
            if look:
                if not top:
                    raise self._refusal("look-around inside a group")
                self._lookaround(look, "".join(parts), literal=literal)
                continue
            atom, plain = self._atom()
            atom, counted = self._quantified(atom)
            literal = literal and plain and not counted
            parts.append(atom)
        return "".join(parts)

    def _lookaround(self, look: re.Match[str], before: str, *, literal: bool) -> None:
        self._at = look.end()
        inner = self._alternation(top=False)
        if not self._peek(")"):
            raise self._refusal("an unbalanced parenthesis")
        self._at += 1
        wanted = look[2] == "="
        if look[1]:
            if self._source[self._at :] not in {"", "$"}:
                raise self._refusal("look-behind before the end")
            self.conditions.append((rf"(?s:.*)(?:{inner})\z", wanted))
            return
        if not literal:
            raise self._refusal("look-ahead after something that varies")
        self.conditions.append((f"{before}(?:{inner})", wanted))

    def _peek(self, character: str) -> bool:
        return self._source.startswith(character, self._at)

    def _atom(self) -> tuple[str, bool]:
        """Translate one atom; say whether it matches one text only."""
        character = self._source[self._at]
        if character == "(":
            return self._group(), False
        if character == "[":
            return self._class(), False
        if character == "\\":
            return self._escape(inside=False)
        self._at += 1
        if character == ".":
            return ("(?s:.)" if self._dot_is_all else _DOT), False
        if character in "^$":
            return (r"\A" if character == "^" else r"\z"), True
        if character in "*+?{":
            raise self._refusal(f"a stray `{character}`")
        return re.escape(character) if character.isascii() else character, True

    def _group(self) -> str:
        start = self._source[self._at : self._at + 3]
        if start.startswith("(?"):
            if start != "(?:":
                raise self._refusal(f"the group `{start}`")
            self._at += 3
        else:
            self._at += 1
        inner = self._alternation(top=False)
        if not self._peek(")"):
            raise self._refusal("an unbalanced parenthesis")
        self._at += 1
        return f"(?:{inner})"

    def _class(self) -> str:
        self._at += 1
        out = "[^" if self._peek("^") else "["
        self._at += len(out) - 1
        first = True
        while first or not self._peek("]"):
            if self._at >= len(self._source):
                raise self._refusal("an unclosed character class")
            out += self._class_item()
            first = False
        self._at += 1
        return out + "]"

    def _class_item(self) -> str:
        if self._source.startswith(_SURROGATES, self._at):
            self._at += len(_SURROGATES)
            return r"\x{10000}-\x{10FFFF}"
        character = self._source[self._at]
        if character == "\\":
            return self._escape(inside=True)[0]
        if character == "[" or self._source.startswith("&&", self._at):
            raise self._refusal("a class inside a class, or an intersection")
        self._at += 1
        if character == "-" and self._ends_shorthand(self._at - 1):
            return r"\-"  # Java reads `\w-_` as three items
        return character

    def _ends_shorthand(self, at: int) -> bool:
        return at >= 2 and self._source[at - 2] == "\\" and self._source[at - 1] in "wWdDsS"

    def _escape(self, *, inside: bool) -> tuple[str, bool]:
        for known in (self._escaped_unicode, self._escaped_property, self._escaped_hex):
            found = known(inside=inside)
            if found is not None:
                return found
        character = self._source[self._at + 1 : self._at + 2]
        if character in {"s", "S"}:
            self._at += 2
            ranges = _SPACE if character == "s" else _NOT_SPACE
            return (ranges if inside else f"[{ranges}]"), False
        if character == "Z":
            self._at += 2
            return r"\z", True
        if not character or (character.isalnum() and (character not in _PASSED or character == "x")):
            raise self._refusal(f"the escape `\\{character}`")
        self._at += 2
        return "\\" + character, character not in "dDwW"

    def _escaped_unicode(self, *, inside: bool) -> tuple[str, bool] | None:  # noqa: ARG002 - one signature for the three
        found = _UNICODE.match(self._source, self._at)
        if found is None:
            return None
        code = int(found[1], 16)
        if 0xD800 <= code <= 0xDFFF:
            raise self._refusal("half a surrogate pair")
        self._at = found.end()
        return f"\\x{{{code:X}}}", True

    def _escaped_property(self, *, inside: bool) -> tuple[str, bool] | None:
        found = _PROPERTY.match(self._source, self._at)
        if found is None:
            return None
        name = found[2] or found[3]
        ranges = _POSIX.get(name)
        self._at = found.end()
        if ranges is None:
            return found[0], False
        if found[1] == "P":
            if inside:
                raise self._refusal("a negated POSIX class inside a class")
            return f"[^{ranges}]", False
        return (ranges if inside else f"[{ranges}]"), False

    def _escaped_hex(self, *, inside: bool) -> tuple[str, bool] | None:  # noqa: ARG002 - one signature for the three
        found = _HEX.match(self._source, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[0], True

    def _quantified(self, atom: str) -> tuple[str, bool]:
        found = _QUANTIFIER.match(self._source, self._at)
        if found is None:
            return atom, False
        self._at = found.end()
        if self._peek("+"):
            raise self._refusal("a possessive quantifier")
        if self._peek("?"):
            self._at += 1  # a lazy one: the same language
        if atom in {r"\A", r"\z"}:
            return (atom if found[1] is None or found[1] != "0" else ""), False
        if found[1] is None:
            return atom + found[0], True
        least = int(found[1])
        most = least if not found[2] else (int(found[3]) if found[3] else None)
        return _counted(atom, least, most), True


def _counted(atom: str, least: int, most: int | None) -> str:
    """Write `atom{least,most}` in counts that RE2 takes."""
    if least <= _COUNT and (most is None or most <= _COUNT):
        return f"{atom}{{{least},{'' if most is None else most}}}"
    parts = [f"{atom}{{{_COUNT}}}"] * (least // _COUNT)
    if least % _COUNT:
        parts.append(f"{atom}{{{least % _COUNT}}}")
    if most is None:
        return f"(?:{''.join(parts)}{atom}*)"
    spare = most - least
    parts += [f"{atom}{{0,{_COUNT}}}"] * (spare // _COUNT)
    if spare % _COUNT:
        parts.append(f"{atom}{{0,{spare % _COUNT}}}")
    return f"(?:{''.join(parts)})"
