"""Content blocks and their qualifiers: which text which policy judges.

The rules (Source: Amazon Bedrock user guide, "Calling contextual grounding check with ApplyGuardrail API"; docs/filters/policies.md):

1. A block qualified `grounding_source` or `query` is reference material; every other block is the prompt or the answer.
2. Where any block is qualified `guard_content`, exactly those blocks are guarded.
3. Where none is, every block is guarded on INPUT, and every block that is no reference material on OUTPUT.
4. Contextual grounding reads the references and the answer, on OUTPUT only; no other policy reads a block because of rule 4.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

import msgspec

from ringwall.guardrails.errors import ContentRefused
from ringwall.guardrails.policy import Source, TextOrigin

SOURCE_CHARS = 100_000  # Amazon Bedrock user guide, "Use contextual grounding check": limits of source, query and response
QUERY_CHARS = 1_000
ANSWER_CHARS = 5_000
QUALIFIERS = frozenset({"grounding_source", "query", "guard_content"})
_REFERENCE = frozenset({"grounding_source", "query"})


class Block(msgspec.Struct, frozen=True):
    """One text of a request; its text stays out of `repr`, so that it reaches no log by accident.

    origin: what a tool or a document says may have strengths of its own; "" is everybody else's words.
    """

    text: str
    qualifiers: frozenset[str] = frozenset()
    origin: TextOrigin | Literal[""] = ""

    def __repr__(self) -> str:
        return f"Block({len(self.text)} characters, {sorted(self.qualifiers)})"

    def origin_on(self, source: Source) -> TextOrigin | Literal[""]:
        """Return where the text comes from, as it is judged.

        A grounding source was retrieved, so on INPUT it is a document where nothing else is said.
        """
        if source == "OUTPUT" or self.origin or "grounding_source" not in self.qualifiers:
            return self.origin
        return "DOCUMENT"

    @property
    def is_reference(self) -> bool:
        """Say whether the block is what an answer is compared with, rather than an answer."""
        return not self.qualifiers.isdisjoint(_REFERENCE)


class Grounds(msgspec.Struct, frozen=True):
    """What contextual grounding compares.

    places: the blocks that the answer is joined from, by their positions, and where in the answer each begins.
    """

    source: str
    query: str
    answer: str
    places: tuple[tuple[int, int], ...] = ((0, 0),)

    def place_of(self, at: int) -> tuple[int, int]:
        """Return the block that holds a character of the answer, and where in the answer the block begins."""
        return max((place for place in self.places if place[1] <= at), key=lambda place: place[1])


def guarded_indices(source: Source, blocks: Sequence[Block]) -> tuple[int, ...]:
    """Return the positions of the blocks that content, topic, word and sensitive information policies judge (rules 2 and 3).

    Raises:
        ContentRefused: there is no block, an unknown qualifier, or nothing but reference material on OUTPUT.
    """
    if not blocks:
        raise ContentRefused("the content holds no block")
    for block in blocks:
        if not block.qualifiers <= QUALIFIERS:
            raise ContentRefused(f"unknown qualifier `{min(block.qualifiers - QUALIFIERS)[:100]}`")
    marked = tuple(index for index, block in enumerate(blocks) if "guard_content" in block.qualifiers)
    if marked:
        return marked
    if source == "INPUT":
        return tuple(range(len(blocks)))
    answers = tuple(index for index, block in enumerate(blocks) if not block.is_reference)
    if not answers:
        raise ContentRefused("the content holds only grounding sources and queries: nothing to guard", remedy="add the answer as a block")
    return answers


def grounds_of(blocks: Sequence[Block]) -> Grounds | None:
    """Join what contextual grounding compares; None where the source, the query or the answer is missing.

    Raises:
        ContentRefused: one of the three is longer than contextual grounding takes.
    """
    answers = [(index, block.text) for index, block in enumerate(blocks) if not block.is_reference]
    guarded = [(index, text) for index, text in answers if "guard_content" in blocks[index].qualifiers]
    answers = guarded or answers
    starts = itertools.accumulate((len(text) + 1 for _, text in answers), initial=0)
    grounds = Grounds(
        source="\n".join(block.text for block in blocks if "grounding_source" in block.qualifiers),
        query="\n".join(block.text for block in blocks if "query" in block.qualifiers),
        answer="\n".join(text for _, text in answers),
        places=tuple((index, start) for (index, _), start in zip(answers, starts, strict=False)),
    )
    if not (grounds.source and grounds.query and grounds.answer):
        return None
    for name, text, limit in (
        ("grounding source", grounds.source, SOURCE_CHARS),
        ("query", grounds.query, QUERY_CHARS),
        ("answer", grounds.answer, ANSWER_CHARS),
    ):
        if len(text) > limit:
            raise ContentRefused(f"contextual grounding takes a {name} of at most {limit} characters, not {len(text)}")
    return grounds
