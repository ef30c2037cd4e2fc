"""The code in an answer: fenced blocks, code spans, and what another reader of Markdown may take for a block.

Fences are read more generously than CommonMark 0.31.2 (sections 4.5 and 6.1) reads them: behind any indentation, quote marks and list
markers, because chat windows differ in what they take; and at the end of a line of prose, because models write them there and programs
that cut code out of answers take them. Where two readers pair fence lines differently, one's code is the other's prose; so from the first
pair on that they may differ about (`pairs_for_all`), every stretch from one fence line to the next that is no block of its own is given
back too, as kind "between".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from ringwall.guardrails.code.block import CodeBlock, Kind, split_lines
from ringwall.guardrails.code.languages import ALIASES, Basis, label_of, language_by_signs, language_of
from ringwall.vocabulary import Span

_FENCE = re.compile(r"(?P<lead>(?:[ \t]*>)*[ \t]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,})(?P<info>[^\r\n]*)")
_LOOSE = re.compile(r"(?P<fence>`{3,})(?P<info>[\w+#.-]{0,40}[ \t]*|[\w{][^`\r\n]{0,100})")
"""What a fence behind prose is, to the end of its line: no more than a word follows, or what begins as one (`python:app.py`)."""

LEAD_CHARS = " \t>*+-.)0123456789"
"""What may stand before a fence that opens its line."""

DOUBTS = frozenset("<$")
"""A line of prose that begins so, behind any of `LEAD_CHARS`, may begin what some readers take no fences in: HTML, mathematics."""

TICKS = re.compile(r"`+")
_QUOTE = re.compile(r"[ \t]*>[ ]?")
_PROMPT = re.compile(r"(?:>>>|\.\.\.)(?:[ ]|(?=[\r\n])|\Z)")
_MARKDOWN = frozenset({"markdown", "md", "mdx"})


@dataclass(frozen=True, slots=True)
class Fence:
    """A line that could open or close a block: its index, what leads, the fence, and the info string.

    begin: where the line begins, or the fence itself where it stands behind prose, which `loose` says.
    """

    index: int
    begin: int
    quotes: int
    indent: int
    fence: str
    info: str
    loose: bool = False

    def closes(self, opening: Fence) -> bool:
        """Say whether this line ends the block that `opening` began."""
        alike = self.fence[0] == opening.fence[0] and len(self.fence) >= len(opening.fence)
        return alike and not self.loose and not self.info.strip()


def find_code(answer: str, *, doubtful: bool = False) -> tuple[CodeBlock, ...]:
    """Return every piece of code in an answer, in the order of where it begins.

    Args:
        answer: all of it, or what begins with a fence.
        doubtful: what came before lets readers differ about the first pair of fences already.
    Cost: O(len(answer)). Fenced blocks that end nowhere go on to the end of the answer.
    """
    lines = split_lines(answer)
    fences = [fence for index, (begin, end, _) in enumerate(lines) if (fence := fence_at(answer, begin, end, index)) is not None]
    pairs = _pairs(fences, len(lines))
    blocks = [block for opening, end in pairs for block in _blocks(answer, lines, opening, end, "fenced")]
    paired = {(opening.index, end) for opening, end in pairs}
    doubt = 0 if doubtful else _doubt_from(answer, lines, pairs)
    for opening, following in zip(fences, [*(fence.index for fence in fences[1:]), len(lines)], strict=False):
        if opening.index >= doubt and (opening.index, following) not in paired and following > opening.index + 1:
            blocks.extend(_blocks(answer, lines, opening, following, "between"))
    blocks.extend(_code_spans(answer, lines, pairs))
    return _in_order(blocks)


def find_code_spans(paragraph: str) -> tuple[CodeBlock, ...]:
    """Return the code spans of a part of one paragraph, which begins with backticks."""
    return _in_order(_spans_of_paragraph(paragraph, 0, len(paragraph)))


def _in_order(blocks: list[CodeBlock]) -> tuple[CodeBlock, ...]:
    return tuple(sorted((block for block in blocks if block.text.strip()), key=lambda block: (block.span, block.kind)))


def fence_at(text: str, begin: int, end: int, index: int = 0) -> Fence | None:
    """Return the fence that a line of a text has, if it has one."""
    match = _FENCE.fullmatch(text, begin, end)
    if match is not None:
        quotes, _, inner = match["lead"].rpartition(">")
        count = quotes.count(">") + 1 if match["lead"].find(">") >= 0 else 0
        indent = len(inner) - (1 if count and inner.startswith(" ") else 0)
        fence = Fence(index, begin, count, indent, match["fence"], match["info"])
        if fence.fence[0] == "~" or "`" not in fence.info:
            return fence
    loose = loose_fence(text, begin, end)
    return None if loose is None else Fence(index, loose.start(), 0, 0, loose["fence"], loose["info"], loose=True)


def loose_fence(text: str, begin: int, end: int) -> re.Match[str] | None:
    """Return the fence that stands behind prose in a line: its last backticks, if they end no span that began in the line."""
    runs = [run.span() for run in TICKS.finditer(text, begin, end)]
    found = _LOOSE.fullmatch(text, runs[-1][0], end) if runs else None
    if found is None or sum(stop - start == len(found["fence"]) for start, stop in runs[:-1]) % 2:
        return None
    return found


def pairs_for_all(segment: str) -> bool:
    """Say whether every reader of Markdown pairs the fences of a segment's first and last lines, so that what follows is prose for all.

    Both are led by the same number of spaces, no line between them by fewer (it could end a list item, and the block with it), and no
    other fence stands between. Then a reader takes both for fences, or, where they are too far in, neither.
    """
    lines = split_lines(segment)
    (_, first_end, inner_begin), (last, _, _) = lines[0], lines[-1]
    width = len(segment) - len(segment.lstrip(" "))
    lead = segment[:width]
    inner = segment[inner_begin:last]
    even = segment.startswith(("`", "~"), width) and segment.startswith(("`", "~"), last + width) and segment[last : last + width] == lead
    alone = "```" not in inner and "~~~" not in inner and first_end < last
    return even and alone and all(segment.startswith(lead, begin) or not segment[begin:end].strip() for begin, end, _ in lines[1:-1])


def _doubt_from(answer: str, lines: list[tuple[int, int, int]], pairs: list[tuple[Fence, int]]) -> int:
    """Return the line of the first fence that readers may differ about."""
    after = 0
    for opening, end in pairs:
        prose = (answer[begin:stop] for begin, stop, _ in lines[after : opening.index])
        if any(is_doubtful(line) for line in prose) or opening.loose or end == len(lines):
            return opening.index
        if not pairs_for_all(answer[opening.begin : lines[end][2]]):
            return opening.index
        after = end + 1
    return len(lines)


def is_doubtful(line: str) -> bool:
    """Say whether after a line of prose readers may differ about the next fence."""
    return "```" in line or line.lstrip(LEAD_CHARS)[:1] in DOUBTS


def _pairs(fences: list[Fence], lines: int) -> list[tuple[Fence, int]]:
    """Pair each opening fence with the line that closes it, or the end."""
    pairs: list[tuple[Fence, int]] = []
    opening: Fence | None = None
    for fence in fences:
        if opening is None:
            opening = fence
        elif fence.closes(opening):
            pairs.append((opening, fence.index))
            opening = None
    if opening is not None:
        pairs.append((opening, lines))
    return pairs


def _blocks(answer: str, lines: list[tuple[int, int, int]], opening: Fence, end: int, kind: Kind) -> list[CodeBlock]:
    """Take the lines after a fence, without what its place puts before each of them; what was typed at prompts apart from the rest."""
    pieces = [_inner(answer, line, opening) for line in lines[opening.index + 1 : end]]
    first = next((piece for piece in pieces if answer[slice(*piece)].strip()), (0, 0))
    label = label_of(opening.info)
    if _PROMPT.match(answer, *first) and ALIASES.get(label, "python") == "python":
        printed = [piece for piece in pieces if not _PROMPT.match(answer, *piece)]
        rest = "".join(answer[begin:stop] for begin, stop in printed)
        typed = _typed(answer, pieces)
        text = "".join(answer[begin:stop] for begin, stop in typed)
        return [
            _made(kind, "python", "label", text, typed, fallback=lines[opening.index][2]),
            _made("between", "", "none", rest, printed, fallback=lines[opening.index][2]),
        ]
    text = "".join(answer[begin:stop] for begin, stop in pieces)
    if label in _MARKDOWN and any(_FENCE.match(answer, begin, stop) for begin, stop in pieces):
        return [_made(kind, label, "none", text, pieces, fallback=lines[opening.index][2])]  # its own fences' code comes as "between"
    language, basis = language_of(label, text)
    return [_made(kind, language, basis, text, pieces, fallback=lines[opening.index][2])]


def _inner(answer: str, line: tuple[int, int, int], opening: Fence) -> tuple[int, int]:
    begin, end, stop = line
    for _ in range(opening.quotes):
        quote = _QUOTE.match(answer, begin, end)
        if quote is None:
            break
        begin = quote.end()
    inner = min(begin + opening.indent, end)
    while begin < inner and answer[begin] in " \t":
        begin += 1
    return begin, stop


def _typed(answer: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Keep what was typed at Python's prompts, without the prompts."""
    prompts = [(_PROMPT.match(answer, begin, stop), stop) for begin, stop in pieces]
    return [(prompt.end(), stop) for prompt, stop in prompts if prompt is not None]


def _made(kind: Kind, language: str, basis: Basis, text: str, pieces: list[tuple[int, int]], *, fallback: int) -> CodeBlock:
    maps, at = [], 0
    for begin, stop in pieces:
        maps.append((at, begin))
        at += stop - begin
    span = Span(pieces[0][0], pieces[-1][1]) if pieces else Span(fallback, fallback)
    return CodeBlock(kind=kind, language=language, basis=basis, text=text, span=span, lines=tuple(maps))


def _code_spans(answer: str, lines: list[tuple[int, int, int]], pairs: list[tuple[Fence, int]]) -> list[CodeBlock]:
    """Find code spans in what stands outside the fenced blocks, paragraph by paragraph."""
    spans: list[CodeBlock] = []
    begin = 0
    for opening, end in pairs:
        spans.extend(_spans_in(answer, begin, opening.begin))
        begin = lines[end][2] if end < len(lines) else len(answer)
    spans.extend(_spans_in(answer, begin, len(answer)))
    return spans


def _spans_in(answer: str, begin: int, stop: int) -> list[CodeBlock]:
    """Find the code spans of a stretch without fences; a blank line ends a paragraph."""
    found: list[CodeBlock] = []
    paragraph = begin
    for start, end, after in split_lines(answer[begin:stop]):
        if is_blank(answer[begin + start : begin + end]):
            found.extend(_spans_of_paragraph(answer, paragraph, begin + start))
            paragraph = begin + after
    return [*found, *_spans_of_paragraph(answer, paragraph, stop)]


def is_blank(line: str) -> bool:
    """Say whether a line, without its break, ends a paragraph."""
    return not line.strip(" \t")


def _spans_of_paragraph(answer: str, begin: int, stop: int) -> list[CodeBlock]:
    """Pair each run of backticks with the next of the same length."""
    runs = [match.span() for match in TICKS.finditer(answer, begin, stop)]
    by_length: dict[int, list[int]] = {}
    for index, (start, end) in enumerate(runs):
        by_length.setdefault(end - start, []).append(index)
    found: list[CodeBlock] = []
    index = 0
    while index < len(runs):
        start, end = runs[index]
        same = by_length[end - start]
        after = bisect_right(same, index)
        if after < len(same):
            found.append(_code_span(answer, end, runs[same[after]][0], ticks=end - start))
            index = same[after]
        index += 1
    return found


def _code_span(answer: str, begin: int, stop: int, *, ticks: int) -> CodeBlock:
    if stop - begin > 2 and answer[begin] == " " == answer[stop - 1]:
        begin, stop = begin + 1, stop - 1
    language: str = ""
    if ticks >= 3:  # a fence on one line: the word behind it may be its info string
        word = label_of(answer[begin : begin + 30].split(" ", maxsplit=1)[0])
        if word in ALIASES and answer[begin : begin + len(word) + 1].lower() == f"{word} ":
            language, begin = ALIASES[word], begin + len(word) + 1
    lines = [(begin + start, begin + end) for start, _, end in split_lines(answer[begin:stop])]
    text = answer[begin:stop]
    basis: Basis = "label" if language else "none"
    if not language and (language := language_by_signs(text)):
        basis = "signs"
    return _made("inline", language, basis, text, lines, fallback=begin)
