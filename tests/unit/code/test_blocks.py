"""Where code stands in an answer, in which language, and what of it is code."""

from __future__ import annotations

import pytest

from ringwall.guardrails.code import CodeBlock, find_code, language_of_file
from ringwall.vocabulary import Span

ONE_BLOCK = {
    "a fence with a word": ("```python\nx()\n```\n", ("fenced", "python", "x()\n")),
    "a tilde fence": ("~~~ruby\nx\n~~~", ("fenced", "ruby", "x\n")),
    "a longer fence holds a shorter one": ("````go\n```\n````\n", ("fenced", "go", "```\n")),
    "a fence with a word closes nothing": ("```py\nx()\n```py\ny()\n```\n", ("fenced", "python", "x()\n```py\ny()\n")),
    "a tilde fence holds backticks": ("~~~sh\n`x`\n~~~", ("fenced", "bash", "`x`\n")),
    "no end": ("```js\nx()", ("fenced", "javascript", "x()")),
    "CR LF": ("```py\r\nx()\r\ny()\r\n```\r\n", ("fenced", "python", "x()\r\ny()\r\n")),
    "a class in braces": ("``` {.python .numberLines}\nx()\n```", ("fenced", "python", "x()\n")),
    "a title behind a colon": ("```python:a.py\nx()\n```", ("fenced", "python", "x()\n")),
    "capitals and an attribute": ('```TypeScript title="a"\nx()\n```', ("fenced", "typescript", "x()\n")),
    "indented as its list item": ("1. a\n\n   ```python\n   if x:\n       y()\n   ```\n", ("fenced", "python", "if x:\n    y()\n")),
    "behind a list marker": ("- ```python\n  x()\n  ```\n", ("fenced", "python", "x()\n")),
    "in a quotation": ("> ```python\n> if x:\n>     y()\n> ```\n", ("fenced", "python", "if x:\n    y()\n")),
    "what was typed at prompts": ("```pycon\n>>> if x:\n...     y()\n...\n3\n```\n", ("fenced", "python", "if x:\n    y()\n\n")),
    "no word, but Python's signs": ("```\nfrom os import path\n```", ("fenced", "python", "from os import path\n")),
    "no word, but a shebang": ("```\n#!/usr/bin/env -S bash -e\nx\n```", ("fenced", "bash", "#!/usr/bin/env -S bash -e\nx\n")),
    "a word for no language above Python": ("```text\nimport os\nx()\n```", ("fenced", "python", "import os\nx()\n")),
    "an unknown word": ("```zorb\nx()\n```", ("fenced", "", "x()\n")),
    "data": ("```json\n{}\n```", ("fenced", "json", "{}\n")),
    "a code span": ("call `f(x)` now", ("inline", "", "f(x)")),
    "a code span with spaces inside its ticks": ("`` f(`x`) ``", ("inline", "", "f(`x`)")),
    "a fence on one line": ("```python eval(x)```", ("inline", "python", "eval(x)")),
    "a code span over two lines": ("`f(\nx)`", ("inline", "", "f(\nx)")),
}


@pytest.mark.parametrize("case", ONE_BLOCK)
def test_one_block_is_found(case: str):
    answer, expected = ONE_BLOCK[case]
    blocks = [block for block in find_code(answer) if block.kind != "between"]
    assert [(block.kind, block.language, block.text) for block in blocks] == [expected]


@pytest.mark.parametrize(
    "answer", ["", "no code", "a ` alone", "`` two and ` one", "a `\n\nb ` in two paragraphs", "```\n```", "```python\n\n```"]
)
def test_nothing_is_found_where_there_is_no_code(answer: str):
    assert find_code(answer) == ()


def test_a_file_that_quotes_a_prompt_keeps_its_other_lines():
    (block,) = find_code("```python\nx = '''\n>>> f()\n'''\nos.system(x)\n```")
    assert "os.system(x)" in block.text


def test_what_another_reader_would_pair_is_given_too():
    """An indented fence opens a block for us and not for CommonMark, so what comes between the two real fences must not be lost."""
    answer = "    ```\ntext\n```\nos.system(x)\n```\n"
    assert [(block.kind, block.text) for block in find_code(answer)] == [("fenced", "text\n"), ("between", "os.system(x)\n")]


@pytest.mark.parametrize(
    ("before", "doubtful"),
    {
        "a plain block": ("```\nx\n```\n", False),
        "a block in a list": ("- a\n  ```\n  x\n\n  ```\n", False),
        "a block of tildes": ("~~~\nx\n~~~\n", False),
        "HTML behind it": ("```\nx\n```\n<b>\n", False),
        "another fence in it": ("```\n~~~\n```\n", True),
        "a fence in the middle of a line of it": ("```\nx ```\n```\n", True),
        "HTML before it": ("<b>\n```\nx\n```\n", True),
        "mathematics before it": ("$$\n```\nx\n```\n", True),
        "a fence in prose before it": ("`a` and ``` here\n\n```\nx\n```\n", True),
        "other spaces": ("  ```\n  x\n```\n", True),
        "a line that ends its list": ("- a\n  ```\nx\n  ```\n", True),
        "a list's mark": ("- ```\n  x\n  ```\n", True),
        "a quotation": ("> ```\n> x\n> ```\n", True),
    }.values(),
)
def test_prose_behind_a_block_is_code_only_where_readers_may_differ(before: str, doubtful: bool):
    found = find_code(before + "os.system(x)\n")
    assert any(block.kind == "between" and "os.system" in block.text for block in found) is doubtful


def test_a_fence_behind_prose_opens_a_block():
    (block, behind) = find_code("Here: ```python\nos.system(x)\n```\nwords\n")
    assert (block.kind, block.language, block.text) == ("fenced", "python", "os.system(x)\n")
    assert (behind.kind, behind.text) == ("between", "words\n")


def test_code_within_a_block_of_markdown_is_given_with_its_word():
    found = find_code("````md\n# a\n```python\nf()\n```\n````\n")
    assert ("between", "python", "f()\n") in [(block.kind, block.language, block.text) for block in found]
    assert ("fenced", "md") in [(block.kind, block.language) for block in found]


def test_a_place_in_the_code_is_a_place_in_the_answer():
    answer = "é\n> ```python\n> if x:\n>     eval(y)\n> ```\n"
    (block,) = find_code(answer)
    begin = block.text.index("eval")
    placed = block.place(Span(begin, begin + len("eval(y)")))
    assert answer[placed.start : placed.end] == "eval(y)"
    assert block.line_at(begin) == 2
    line = block.place(Span(0, len("if x:\n")))
    assert answer[line.start : line.end] == "if x:\n"
    assert block.place(Span(begin, begin)) == Span(placed.start, placed.start)


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a/b.py", "python"),
        ("C:\\x\\Y.PY", "python"),
        ("a.tsx", "typescript"),
        ("Dockerfile", "dockerfile"),
        ("py", ""),
        ("a.shell", ""),
        ("a.zorb", ""),
    ],
)
def test_a_file_name_tells_its_language(name: str, language: str):
    assert language_of_file(name) == language


def test_a_block_is_a_value():
    assert isinstance(find_code("```py\nx\n```")[0], CodeBlock)
    assert find_code("```py\nx\n```") == find_code("```py\nx\n```")
