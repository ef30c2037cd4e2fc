"""An answer that arrives in chunks, cut into prose that may go on and pieces that must be judged first.

Rules this file upholds (tests/property/code/test_splitter.py):

1. The pieces joined are the text, and neither they nor their kinds depend on how the text was cut into chunks, but for prose.
2. What `code_of` finds in the pieces is what `find_code` finds in the whole text.
3. Prose waits for no more than what may yet begin a fence or a code span: the beginning of a line that holds nothing but the marks that
   lead fences, and backticks.

A block that every reader pairs alike ends with its fence. From the first one on that readers may pair differently, everything is one piece
to the end of the text: what is prose for one of them is code for another.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.guardrails.code.block import CodeBlock, split_lines
from ringwall.guardrails.code.fences import (
    DOUBTS,
    LEAD_CHARS,
    TICKS,
    Fence,
    fence_at,
    find_code,
    find_code_spans,
    is_blank,
    loose_fence,
    pairs_for_all,
)

PieceKind = Literal["prose", "span", "block"]


class Piece(msgspec.Struct, frozen=True):
    """A part of the text: prose, a part of a paragraph that holds code spans, or what begins with a fence."""

    kind: PieceKind
    text: str
    doubtful: bool = False


def code_of(piece: Piece) -> tuple[CodeBlock, ...]:
    """Return the code in a piece; spans are the piece's."""
    match piece.kind:
        case "prose":
            return ()
        case "span":
            return find_code_spans(piece.text)
        case "block":
            return find_code(piece.text, doubtful=piece.doubtful)


class CodeSplitter:
    """A value machine: feed characters, get pieces. `held`: the characters of the piece that waits for its end."""

    def __init__(self) -> None:
        self.held = 0
        self._pieces: list[Piece] = []
        self._waiting: list[str] = []  # the piece that waits
        self._return = ""  # a CR at the end of a chunk: its LF may follow
        self._start: list[str] = []  # the beginning of a line that may yet be a fence
        self._stage: Literal["lead", "info", "plain"] = "lead"  # what the current line is so far
        self._loose: list[str] | None = None  # the rest of the line from three backticks on: a fence behind prose may be in it
        self._run = ""  # backticks at the end of what came of the line: more may follow
        self._span = 0  # backticks that opened the span that waits
        self._block: Fence | None = None
        self._rest = False  # all that follows is one piece
        self._doubt = False

    def feed(self, chunk: str) -> tuple[Piece, ...]:
        """Append characters; return the pieces that ended."""
        text, self._return = self._return + chunk, ""
        if text.endswith("\r"):
            text, self._return = text[:-1], "\r"
        for begin, end, stop in split_lines(text):
            self._take(text[begin:stop], ends=stop > end)
        return self._out()

    def finish(self) -> tuple[Piece, ...]:
        """Return what is left: the text is whole."""
        if self._return:
            self._take(self._return, ends=True)
        elif self._stage != "lead" or self._start:
            self._take("", ends=True)
        self._end_piece("block" if self._block or self._rest else "span")
        return self._out()

    def _out(self) -> tuple[Piece, ...]:
        out, self._pieces = tuple(self._pieces), []
        return out

    def _take(self, part: str, *, ends: bool) -> None:
        """Take a part of a line."""
        if self._rest:
            self._hold(part)
            return
        if self._block is not None:
            self._hold(part)
        line = self._read_start(part, ends=ends)
        if self._block is not None:
            if ends and line is not None:
                self._read_fence_in_block(self._block, line)
        elif self._stage == "plain":
            self._prose(part if line is None else line, begins=line is not None, ends=ends)
        elif ends and line is not None:
            self._unplain(line)
        if ends:
            self._start, self._stage = [], "lead"

    def _read_start(self, part: str, *, ends: bool) -> str | None:
        """Keep the beginning of a line until it is known not to be a fence; return it then, or whole at the line's end; else None."""
        if self._stage == "plain":
            return None
        self._start.append(part)
        if self._stage == "lead" and part.strip(LEAD_CHARS):
            line = "".join(self._start)
            behind = line.lstrip(LEAD_CHARS)
            if behind.startswith(("```", "~~~")):
                self._stage = "info"
            elif behind.strip("\r\n") and behind not in {"`", "``", "~", "~~"}:
                self._stage = "plain"
                return line
        return "".join(self._start) if ends else None

    def _unplain(self, line: str) -> None:
        """Take a whole line outside of blocks that may be a fence, or blank."""
        content = line.rstrip("\r\n")
        fence = fence_at(line, 0, len(content))
        if fence is None or fence.loose:
            if is_blank(content):
                self._end_piece("span")
            self._prose(line, begins=True, ends=True)
            return
        self._end_piece("span")
        self._hold(line)
        self._begin_block(fence)

    def _begin_block(self, fence: Fence) -> None:
        if self._doubt or fence.loose:
            self._rest = True
        else:
            self._block = fence

    def _read_fence_in_block(self, opening: Fence, line: str) -> None:
        fence = fence_at(line, 0, len(line.rstrip("\r\n")))
        if fence is None or fence.loose:
            return
        if fence.closes(opening) and pairs_for_all("".join(self._waiting)):
            self._end_piece("block")
        else:
            self._rest = True
        self._block = None

    def _prose(self, text: str, *, begins: bool, ends: bool) -> None:
        """Take a part of a line of prose, backticks and all."""
        if begins and text.lstrip(LEAD_CHARS)[:1] in DOUBTS:
            self._doubt = True
        text, self._run = self._run + text, ""
        if self._loose is not None:
            self._loose.append(text)
            self._end_loose(ends=ends)
            return
        if not ends:
            bare = text.rstrip("`")
            text, self._run = bare, text[len(bare) :]
        first = next((run for run in TICKS.finditer(text) if run.end() - run.start() >= 3), None)
        if first is not None:
            self._doubt = True
            self._spans(text[: first.start()])
            self._loose = [text[first.start() :]]
            self._end_loose(ends=ends)
        else:
            self._spans(text)

    def _end_loose(self, *, ends: bool) -> None:
        if not ends or self._loose is None:
            return
        line, self._loose = "".join(self._loose), None
        fence = loose_fence(line, 0, len(line.rstrip("\r\n")))
        if fence is not None:
            self._spans(line[: fence.start()])
            self._end_piece("span")
            self._hold(line[fence.start() :])
            self._rest = True
        else:
            self._spans(line)

    def _spans(self, text: str) -> None:
        """Pair runs of backticks, which are whole, with the next of the same length."""
        at = 0
        for run in TICKS.finditer(text):
            ticks = run.end() - run.start()
            self._doubt = self._doubt or ticks >= 3
            if not self._span:
                self._let_go(text[at : run.start()])
                self._span, at = ticks, run.start()
            elif ticks == self._span:
                self._hold(text[at : run.end()])
                self._end_piece("span")
                at = run.end()
        if self._span:
            self._hold(text[at:])
        else:
            self._let_go(text[at:])

    def _hold(self, text: str) -> None:
        if text:
            self._waiting.append(text)
            self.held += len(text)

    def _let_go(self, text: str) -> None:
        if text:
            self._pieces.append(Piece("prose", text))

    def _end_piece(self, kind: PieceKind) -> None:
        if self._waiting:
            self._pieces.append(Piece(kind, "".join(self._waiting), kind == "block" and self._doubt))
        self._waiting, self.held, self._span = [], 0, 0
