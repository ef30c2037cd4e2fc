"""Which block is judged by what."""

from __future__ import annotations

import pytest

from ringwall.guardrails import Block, ContentRefused
from ringwall.guardrails.content import ANSWER_CHARS, QUERY_CHARS, SOURCE_CHARS, grounds_of, guarded_indices

PLAIN: tuple[str, ...] = ()
GUARD = ("guard_content",)
SOURCE = ("grounding_source",)
QUERY = ("query",)


def blocks(*qualified: tuple[str, ...]) -> list[Block]:
    return [Block(f"text {index}", frozenset(qualifiers)) for index, qualifiers in enumerate(qualified)]


GUARDED = {
    "plain blocks are guarded on input": ("INPUT", [PLAIN, PLAIN], (0, 1)),
    "plain blocks are guarded on output": ("OUTPUT", [PLAIN, PLAIN], (0, 1)),
    "marked blocks alone are guarded": ("INPUT", [PLAIN, GUARD, PLAIN], (1,)),
    "marked blocks alone are guarded on output": ("OUTPUT", [SOURCE, QUERY, GUARD, PLAIN], (2,)),
    "references are guarded on input": ("INPUT", [SOURCE, QUERY, PLAIN], (0, 1, 2)),
    "references are not guarded on output": ("OUTPUT", [SOURCE, QUERY, PLAIN], (2,)),
    "a marked reference is guarded": ("OUTPUT", [(*SOURCE, *GUARD), QUERY, PLAIN], (0,)),
    "references alone are guarded on input": ("INPUT", [SOURCE, QUERY], (0, 1)),
}


@pytest.mark.parametrize("case", GUARDED, ids=GUARDED.keys())
def test_guarded(case: str) -> None:
    source, qualified, expected = GUARDED[case]
    assert guarded_indices(source, blocks(*qualified)) == expected


REFUSED = {
    "no block at all": ("INPUT", []),
    "nothing but references on output": ("OUTPUT", [SOURCE, QUERY]),
    "an unknown qualifier": ("INPUT", [("system",)]),
    "an unknown qualifier beside a known one": ("INPUT", [("guard_content", "tool_result")]),
}


@pytest.mark.parametrize("case", REFUSED, ids=REFUSED.keys())
def test_refused(case: str) -> None:
    source, qualified = REFUSED[case]
    with pytest.raises(ContentRefused):
        guarded_indices(source, blocks(*qualified))


def test_grounding_compares_all_sources_and_queries_with_the_answer() -> None:
    grounds = grounds_of(blocks(SOURCE, SOURCE, QUERY, PLAIN))
    assert grounds is not None
    assert (grounds.source, grounds.query, grounds.answer) == ("text 0\ntext 1", "text 2", "text 3")


def test_a_marked_answer_is_the_answer() -> None:
    grounds = grounds_of(blocks(SOURCE, QUERY, PLAIN, GUARD))
    assert grounds is not None
    assert grounds.answer == "text 3"


@pytest.mark.parametrize("qualified", [[SOURCE, PLAIN], [QUERY, PLAIN], [SOURCE, QUERY], [PLAIN]])
def test_nothing_to_compare_where_a_part_is_missing(qualified: list[tuple[str, ...]]) -> None:
    assert grounds_of(blocks(*qualified)) is None


@pytest.mark.parametrize("lengths", [(SOURCE_CHARS + 1, 1, 1), (1, QUERY_CHARS + 1, 1), (1, 1, ANSWER_CHARS + 1)])
def test_longer_texts_than_grounding_takes_are_refused(lengths: tuple[int, int, int]) -> None:
    parts = [Block("x" * length, frozenset(q)) for length, q in zip(lengths, (SOURCE, QUERY, PLAIN), strict=True)]
    with pytest.raises(ContentRefused, match="at most"):
        grounds_of(parts)


def test_a_block_shows_no_text_when_printed() -> None:
    assert "canary" not in repr(Block("canary", frozenset({"query"})))
