"""Which words of a question one guardrail judges, and the question with some of them masked.

A question comes with marks: Converse's guardContent blocks, InvokeModel's input tags. A guardrail that a request names judges what is
marked, where anything is; an enforced one that does not say otherwise judges all turns, whatever is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from ringwall.guardrails import Block
from ringwall.wire.dialects.errors import Unmaskable
from ringwall.wire.dialects.model import Ask, Text
from ringwall.wire.dialects.texts import judged_texts, names_of, replace_texts

REFERENCE = frozenset({"grounding_source", "query"})
_GUARD_MARK = "guard_content"
_MARKED = frozenset({_GUARD_MARK})
NAMES = -1
_UNASKED = frozenset({"system", "definition"})  # the application's own words
_ORIGINS: Mapping[str, Literal["TOOL_RESULT", "DOCUMENT"]] = {"tool": "TOOL_RESULT", "document": "DOCUMENT"}


class Scope(Protocol):
    """How far a guardrail's judgement goes: every turn, and system prompts and tools' definitions too, whatever is marked."""

    @property
    def every_turn(self) -> bool: ...

    @property
    def system(self) -> bool: ...


class Piece(NamedTuple):
    """Words that are judged as one block: the text at `place` in `judged_texts`, or a part of it; names stand at `NAMES`."""

    place: int
    text: Text
    start: int
    end: int
    qualifiers: frozenset[str]

    @property
    def block(self) -> Block:
        """The piece as a guardrail takes it."""
        words = self.text.text
        whole = words if not self.start and self.end == len(words) else words[self.start : self.end]
        return Block(whole, self.qualifiers, _ORIGINS.get(self.text.origin, ""))


def pieces_of(ask: Ask, scope: Scope) -> list[Piece]:
    """Return what is given to a guardrail, in order: every turn, and what else the application marked.

    Words that stand where only the upstream knows what they are for are given always: nobody can say that they are not a turn. A mark in a
    system prompt adds that prompt, or the marked part of it; marks in turns choose among turns. Where system prompts are judged in any
    case, they are among the chosen.
    Source: Amazon Bedrock user guide, "Use a guardrail with the Converse API": system prompts are judged where they are marked.
    """
    texts = judged_texts(ask)
    own = len(texts) - len(ask.elsewhere)
    left_out = frozenset() if scope.every_turn and scope.system else _UNASKED - {"system"} if scope.system else _UNASKED
    given = [
        (index, text) for index, text in enumerate(texts) if index >= own or text.qualifiers or text.marked or text.origin not in left_out
    ]
    given += [(NAMES, text) for text in names_of(ask) if text.origin not in left_out]
    marks = not scope.every_turn and any(text.marked or _GUARD_MARK in text.qualifiers for _, text in given if text.origin not in _UNASKED)
    pieces: list[Piece] = []
    for index, text in given:
        unasked = text.origin in _UNASKED
        qualifiers = text.qualifiers & (REFERENCE | _MARKED if marks else REFERENCE)
        if text.marked and not (scope.system if unasked else scope.every_turn):
            pieces += _parts(index, text, qualifiers, marks, only_marked=unasked)
        else:
            always = index >= own or (unasked and scope.system)
            chosen = qualifiers | _MARKED if marks and always else qualifiers
            pieces.append(Piece(index, text, 0, len(text.text), chosen))
    return pieces


def _parts(index: int, text: Text, qualifiers: frozenset[str], marks: bool, *, only_marked: bool) -> list[Piece]:
    """Cut a text at the borders of what input tags enclosed."""
    parts: list[Piece] = []
    done = 0
    for start, end in text.marked:
        if done < start and not only_marked:
            parts.append(Piece(index, text, done, start, qualifiers))
        parts.append(Piece(index, text, start, end, qualifiers | _MARKED if marks else qualifiers))
        done = end
    if done < len(text.text) and not only_marked:
        parts.append(Piece(index, text, done, len(text.text), qualifiers))
    return parts


def masked(ask: Ask, pieces: Sequence[Piece], changed: Mapping[int, str]) -> Ask:
    """Return a question in which some pieces say something else; what was marked stays marked, for the guardrails to come.

    Args:
        ask: the question that the pieces are of.
        pieces: from `pieces_of`.
        changed: the new words, by the piece's position.

    Raises:
        Unmaskable: words were changed that have to stay as they are, or the request refused.
    """
    of_text: dict[int, list[tuple[Piece, str]]] = {}
    for position, new in changed.items():
        piece = pieces[position]
        if piece.place == NAMES:
            if new == piece.text.text:
                continue
            raise Unmaskable("the name of a tool or of a call holds what is to be masked, and would be another name")
        of_text.setdefault(piece.place, []).append((piece, new))
    words: dict[int, str] = {}
    marked: dict[int, tuple[tuple[int, int], ...]] = {}
    for index, news in of_text.items():
        words[index], marked[index] = _rejoined(news)
    return replace_texts(ask, words, marked)


def _rejoined(news: list[tuple[Piece, str]]) -> tuple[str, tuple[tuple[int, int], ...]]:
    text = news[0][0].text
    out: list[str] = []
    spans: list[tuple[int, int]] = []
    length = done = 0
    for piece, new in news:
        out += [text.text[done : piece.start], new]
        length += piece.start - done
        if text.marked and new:  # judged whole, all of it counts as marked from now on: less would leave words to nobody
            spans.append((length, length + len(new)))
        length += len(new)
        done = piece.end
    return "".join((*out, text.text[done:])), tuple(spans)


def references_of(ask: Ask) -> tuple[Block, ...]:
    """Return what contextual grounding compares an answer with."""
    return tuple(Block(text.text, text.qualifiers & REFERENCE) for text in judged_texts(ask) if text.qualifiers & REFERENCE)
