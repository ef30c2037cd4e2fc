"""A piece of code in an answer, with the way back from its characters to the answer's."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Literal

import msgspec

from ringwall.guardrails.code.languages import Basis
from ringwall.vocabulary import Span

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")

Kind = Literal["fenced", "inline", "between", "file"]


class CodeBlock(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of code.

    kind: "fenced"; "inline"; "between" two fence lines that are not each other's, as another reader of Markdown may pair them; "file" for
        a text that is code as a whole.
    language: canonical name; "" or a word of `languages.INERT` where no language is known.
    basis: how the language is known.
    text: the code as its author meant it: without the indentation and quote marks that its place in the answer gives to each line.
    span: from the first character of the code to its end, in the answer.
    lines: per line of `text` where it begins in `text` and where in the answer. Invariant: each line stands whole in the answer there, so
        `answer[a:a + n] == text[t:t + n]` for its `n` characters, the line break among them.
    """

    kind: Kind
    language: str
    basis: Basis
    text: str
    span: Span
    lines: tuple[tuple[int, int], ...]

    def place(self, within: Span) -> Span:
        """Return where characters of `text` stand in the answer."""
        start = self._at(min(within.start, len(self.text)))
        if within.end <= within.start:
            return Span(start, start)
        return Span(start, self._at(min(within.end, len(self.text)) - 1) + 1)

    def line_at(self, offset: int) -> int:
        """Return the line, counted from 1, that a character of `text` is on."""
        return max(bisect_right(self.lines, offset, key=lambda line: line[0]), 1)

    def _at(self, offset: int) -> int:
        if not self.lines:
            return self.span.start
        begins, stands = self.lines[self.line_at(offset) - 1]
        return stands + offset - begins


def split_lines(text: str) -> list[tuple[int, int, int]]:
    """Return per line where it begins, where its characters end, and where its break ends; breaks are LF, CR LF and CR, as Python's are."""
    return [(found.start(), found.end(1), found.end()) for found in _LINE.finditer(text) if found.end() > found.start()]


def whole(text: str, language: str) -> CodeBlock:
    """Return a text that is code as a whole, as one block."""
    lines = tuple((begin, begin) for begin, _, _ in split_lines(text))
    return CodeBlock(kind="file", language=language, basis="label", text=text, span=Span(0, len(text)), lines=lines)
