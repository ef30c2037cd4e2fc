"""Any text: every line of code stands in the answer where its block says, nothing raises, and no cut of a fence lets code go unseen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringwall.guardrails.code import CodePolicy, find_code, judge_code
from ringwall.guardrails.code.block import split_lines
from ringwall.vocabulary import Span

PIECES = st.sampled_from(
    [
        "```",
        "````",
        "~~~",
        "`",
        "``",
        "python",
        "md",
        "text",
        "\n",
        "\r\n",
        "\r",
        "  ",
        "   ",
        "\t",
        "> ",
        "- ",
        "1. ",
        ">>> ",
        "... ",
        "x()",
        "import os",
        "é𝄞",
        "\u2028",
    ]
)
ANSWERS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=200))


@given(ANSWERS)
def test_every_line_stands_where_it_is_said_to(answer: str):
    for block in find_code(answer):
        assert block.text.strip()
        ends = [begin for begin, _ in block.lines[1:]] + [len(block.text)]
        assert block.lines[0][0] == 0
        for (begin, stands), end in zip(block.lines, ends, strict=True):
            assert answer[stands : stands + end - begin] == block.text[begin:end]
            assert block.span.covers(Span(stands, stands + end - begin))
        assert [begin for begin, _, _ in split_lines(block.text)] == [begin for begin, _ in block.lines if begin < len(block.text)]


@given(ANSWERS, st.data())
def test_places_are_exact(answer: str, data: st.DataObject):
    for block in find_code(answer):
        offset = data.draw(st.integers(0, len(block.text) - 1))
        placed = block.place(Span(offset, offset + 1))
        assert answer[placed.start : placed.end] == block.text[offset]


@given(ANSWERS)
def test_any_answer_is_judged(answer: str):
    judged = judge_code(answer, CodePolicy(), ())
    assert judged.report.scanned == 0
    assert judged.action == ("BLOCK" if judged.reasons else "NONE")


CODE = "zq = 1\nzr(zq)\n"


@given(st.sampled_from(["```", "````", "~~~"]), st.sampled_from(["", "python", " python x"]), st.sampled_from(["", "> ", "   "]), st.data())
def test_a_fence_cut_anywhere_keeps_what_came(fence: str, info: str, lead: str, data: st.DataObject):
    """What has arrived of a block when an answer ends early is in a block of that language."""
    answer = "words\n" + "".join(lead + line for line in f"{fence}{info}\n{CODE}{fence}\n".splitlines(keepends=True)) + "more\n"
    begun = answer.index(CODE[0]) if not lead else answer.index("zq")
    cut = data.draw(st.integers(begun + 1, len(answer)))
    blocks = [block for block in find_code(answer[:cut]) if block.kind == "fenced"]
    assert len(blocks) == 1
    assert blocks[0].language == ("python" if info else "")
    text = blocks[0].text
    assert text.startswith(CODE[: len(text)]) or CODE.startswith(text.rstrip("`~> \n"))


@given(
    st.lists(st.sampled_from(["```", "  ```", "```py", "~~~", "words", "    ```", "- ```"]), max_size=6),
    st.lists(st.sampled_from(["```", "words", "~~~"]), max_size=3),
)
def test_no_fences_around_a_fenced_block_hide_it(before: list[str], after: list[str]):
    """However another reader pairs fence lines, what stands between two of them that follow each other is in some block."""
    answer = "\n".join([*before, "```python", "zq(1)", "```", *after])
    assert any("zq(1)" in block.text for block in find_code(answer))
