r"""What a JSON text says once it is decoded: names and strings without JSON's own escapes, as a tool or an application gets them.

A guardrail reads a tool's arguments as they are written, where `\n` and `\"` are two characters; whoever gets them reads what they stand
for. So what has escapes is judged a second time, decoded, after what could be masked was masked. Nothing can be masked in that second
reading: what it finds withholds the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NESTED = 4  # JSON in a string of JSON in a string ...


def unescaped(text: str) -> str:
    """Return the names and strings of a JSON text that has escapes, one a line; "" where it has none, or begins as no object and no array.

    Whether the whole is JSON is not asked: who reads it may be more lenient than any grammar.
    """
    return "\n".join(_decoded(text, _NESTED))


def _decoded(text: str, nested: int) -> Iterator[str]:
    if not nested or "\\" not in text or text.lstrip()[:1] not in ("{", "["):
        return
    for literal in _STRING.findall(text):
        said = _read(literal)
        yield said
        yield from _decoded(said, nested - 1)


def _read(literal: str) -> str:
    try:
        said: str = json.loads(literal, strict=False)
    except ValueError:  # an escape that JSON has not: it stands for itself
        return literal[1:-1]
    return said
