"""Bedrock's input tags: the words of a prompt that its author marked to be judged, in the middle of a text.

`<amazon-bedrock-guardrails-guardContent_SUFFIX>` and its end tag enclose them; the request says the suffix, a new one each time, so that
nobody whose words are enclosed can close the tag (Source: Amazon Bedrock user guide, "Apply tags to user input to filter content"). Tags
are for the wall: they are taken out, and each text keeps where they stood.

Rules this file upholds (tests/property/wire/test_input_tags.py):

1. A text without its tags is what the application wrote; what stood between two tags is marked, and nothing else.
2. A tag that is not closed, not open, inside another or in another case is refused, never read as words.
3. Nothing with the tag's name is left in the body.
"""

from __future__ import annotations

import re

import msgspec

from ringwall.errors import InvalidRequest
from ringwall.wire.dialects.model import Ask
from ringwall.wire.dialects.texts import judged_texts, replace_texts

_NAME = "amazon-bedrock-guardrails-guardContent_"
_SUFFIX = re.compile(r"[A-Za-z0-9]{1,20}", re.ASCII)
_TAGGED = frozenset({"user", "tool", "document", "system"})  # not what the model said, nor what tools are


class InputTagsRefused(InvalidRequest, code="input-tags-refused"):
    """The prompt's input tags cannot be read one way only."""

    remedy = "close every tag in the text it was opened in, open none inside another, and give `tagSuffix` as it stands in the tags"


def read_input_tags(ask: Ask, suffix: object) -> Ask:
    """Return a request without its input tags, in which each text has the spans that they enclosed.

    Args:
        ask: as it was read.
        suffix: the request's `tagSuffix`.

    Raises:
        InputTagsRefused: no suffix, or tags that break rule 2, or stand where nobody asks anything.
    """
    if not isinstance(suffix, str) or not _SUFFIX.fullmatch(suffix):
        raise InputTagsRefused("`tagSuffix` must be 1 to 20 letters and digits", remedy="draw a new one for every request")
    name = re.compile(f"{_NAME}{suffix}(?![A-Za-z0-9])", re.IGNORECASE | re.ASCII)
    tag = re.compile(f"<(/?){_NAME}{suffix}>")
    changed: dict[int, str] = {}
    marked: dict[int, tuple[tuple[int, int], ...]] = {}
    for index, text in enumerate(judged_texts(ask)):
        if name.search(text.text):
            if text.origin not in _TAGGED:
                raise InputTagsRefused("an input tag stands in what the model said or in a tool's definition")
            changed[index], marked[index] = _cut(text.text, tag)
    if changed:
        ask = replace_texts(ask, changed, marked)
    if name.search(msgspec.json.encode(ask.body).decode()):
        raise InputTagsRefused("an input tag is malformed, or stands where no text of the prompt is")
    return ask


def _cut(text: str, tag: re.Pattern[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return a text without its tags, and the spans of it that they enclosed; an empty pair marks nothing."""
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    length = done = 0
    opened = -1
    for found in tag.finditer(text):
        pieces.append(text[done : found.start()])
        length += found.start() - done
        done = found.end()
        if (opened >= 0) != bool(found[1]):
            raise InputTagsRefused("an input tag is opened inside another, or closed where none is open")
        if not found[1]:
            opened = length
            continue
        if length > opened:
            spans.append((opened, length))
        opened = -1
    if opened >= 0:
        raise InputTagsRefused("an input tag is not closed in the text it was opened in")
    return "".join((*pieces, text[done:])), tuple(spans)
