"""An answer cut into pieces as it arrives: the same pieces however it was cut, with the same code in them as in the whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringwall.guardrails.code import CodeBlock, find_code
from ringwall.guardrails.code.splitter import CodeSplitter, Piece, code_of

PIECES = st.sampled_from(
    [
        *("```", "````", "~~~", "`", "``", "python", "md", "```python\n", "\n```\n", "~~~\n", "see ```py\n", "x()\n", "zq(1)"),
        *("\n", "\n\n", "\r\n", "\r", "  ", "   ", "\t", "> ", "- ", "1. ", ">>> ", "<b>", "$$", "words ", "\u2028", "é𝄞"),
    ]
)
ANSWERS = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(alphabet="`~ \n\r>-1.<a", max_size=60))


def split(chunks: list[str]) -> list[Piece]:
    """Return the pieces; prose that was let go in parts is joined."""
    splitter = CodeSplitter()
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)] + list(splitter.finish())
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].kind == piece.kind == "prose":
            joined[-1] = Piece("prose", joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def described(block: CodeBlock, at: int) -> tuple[Any, ...]:
    return (block.span.start + at, block.span.end + at, block.kind, block.language, block.basis, block.text)


def found_in(pieces: list[Piece]) -> list[tuple[Any, ...]]:
    found, at = [], 0
    for piece in pieces:
        found += [described(block, at) for block in code_of(piece)]
        at += len(piece.text)
    return sorted(found)


@given(ANSWERS)
@example("see ```py\nx()\n```\nwords")
@example("words ````x`")
@example("a ``` b\nc ```python\nx()\n```")
@example("`a\r\n\r\nb`")
@example("`a` ```\n\n```\nx\n```\nzq(1)\n")
@example("`a\r\nb(`)")
@example("```\nx\n```\n<b>\n```\ny\n```\nwords\n")
@example("    ```\ntext\n```\nzq(1)\n```\n")
@example("3) 4 ```py\nx()\n")
@example("```x``` y `z()`\n")
@example("``````~~~```\n```\n~~~")
@example("see `x` ```python\nx()\n```\nwords")
def test_the_pieces_hold_the_code_of_the_whole(answer: str) -> None:
    pieces = split([answer])
    assert "".join(piece.text for piece in pieces) == answer
    assert found_in(pieces) == sorted(described(block, 0) for block in find_code(answer))


@given(ANSWERS, st.data())
def test_no_way_of_cutting_changes_a_piece(answer: str, data: st.DataObject) -> None:
    whole = split([answer])
    assert split(list(answer)) == whole
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=6)))
    assert split([answer[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(answer)], strict=True)]) == whole


SAMPLE = (
    "Call `f(\r\nx)` and ``g(`y`)``.\r\n\r\n```python title\r\nx = '''\n~\n'''\n```\nwords ` and\n\n1. a\n   ```sh\n   ls\n\n   ```\n"
    "<b>more\n- ```py\n  zq(1)\n  ```\nend `h()` ```\n"
)


def test_every_split_point_of_a_sample() -> None:
    whole = split([SAMPLE])
    assert [piece.kind for piece in whole] == [
        "prose",
        "span",
        "prose",
        "span",
        "prose",
        "block",
        "prose",
        "span",
        "prose",
        "block",
        "prose",
        "block",
    ]
    for cut in range(len(SAMPLE) + 1):
        assert split([SAMPLE[:cut], SAMPLE[cut:]]) == whole


@pytest.mark.parametrize(
    ("begun", "left"),
    {
        "plain words": ("some words", "some words"),
        "a code span that is open": ("some `words", "some "),
        "what may yet be a fence": ("words\n  ``", "words\n"),
        "a list's number": ("words\n12", "words\n"),
        "a list's words": ("words\n12. x", "words\n12. x"),
        "a block that is open": ("words\n```\nx\n", "words\n"),
        "words behind a block": ("```\nx\n```\nwords", "```\nx\n```\nwords"),
        "words behind an indented block": ("- a\n  ```\n  x\n  ```\nwords", "- a\n  ```\n  x\n  ```\nwords"),
        "words behind a block that some readers begin there": ("    ```\nx\n```\nwords", ""),
        "words behind a block behind HTML": ("<b>\n```\nx\n```\nwords", "<b>\n"),
        "words behind a block that holds a fence": ("````\n```\n````\nwords", ""),
        "words behind a block with a line that ends its list": ("- a\n\n  ```\nx\n  ```\nwords", "- a\n\n"),
        "a fence behind prose": ("so: ```py\nx()\n```\nwords", "so: "),
        "a fence behind prose with a name": ("so: ```py:app.py\nx()\n```\nwords", "so: "),
        "a fence behind prose with a title": ('so: ```py title="a b"\nx()\n```\nwords', "so: "),
        "a fence behind prose with attributes": ("so: ```{.py}\nx()\n```\nwords", "so: "),
        "a fence behind a code span": ("so `a`: ```py\nx()\n```\nwords", "so `a`: "),
        "a fence behind a code span of as many backticks": ("```a``` b: ```py\nx()\n```\nwords", "```a``` b: "),
        "a code span at a line's end": ("run ```ls```\nwords", "run ```ls```\nwords"),
        "a code span before words": ("run ```ls``` and ```cd``` now\nwords", "run ```ls``` and ```cd``` now\nwords"),
    }.values(),
)
def test_prose_waits_for_code_only(begun: str, left: str) -> None:
    assert "".join(piece.text for piece in CodeSplitter().feed(begun)) == left


def test_long_lines_cost_no_more_than_their_length() -> None:
    splitter = CodeSplitter()
    for character in " " * 50_000 + "```" + "x" * 50_000:
        assert splitter.feed(character) == ()
    assert splitter.held == 0
    assert [piece.text for piece in splitter.feed("\n")] == []
    assert splitter.held == 100_004
