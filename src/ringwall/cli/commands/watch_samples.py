"""Samples of harmless texts: read here, scored in portions by the account's model, and kept no longer than the command runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ringwall.api.native.watch import CHARACTERS, TEXTS
from ringwall.cli.client import Client
from ringwall.cli.context import Context
from ringwall.errors import InvalidRequest, LimitExceeded

TEXTS_MAX = 200_000
PORTION_TEXTS = TEXTS // 4
PORTION_CHARACTERS = CHARACTERS // 10  # scored in seconds; a client waits a minute for an answer
JSON_LINES = (".jsonl", ".ndjson")


class SampleText(msgspec.Struct, frozen=True):
    """One text of a sample, and the line that it stands on."""

    line: int
    text: str


class Scored(msgspec.Struct, frozen=True):
    """One text with its scores by category; fired, failed: as in `ringwall.guardrails.scoring`."""

    line: int
    text: str
    scores: dict[str, float]
    fired: tuple[str, ...]
    failed: str

    def score(self, category: str) -> float | None:
        """Return a category's score; None where the text could not be judged."""
        return None if self.failed else self.scores[category]


def read_sample(context: Context, path: str, member: str, *, as_json: bool) -> tuple[list[SampleText], int]:
    """Return the different texts of a file, and how many were there again.

    Args:
        context: of the command.
        path: of a file in UTF-8, or - for standard input; `.jsonl` and `.ndjson` files have a JSON value a line, others a text a line.
        member: of a line's object that is the text.
        as_json: that standard input has JSON lines.

    Raises:
        InvalidRequest: a line is none, or there is no text. LimitExceeded: it is too large.
    """
    read = context.read_file(path)
    try:
        lines = read.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"`{path}` is not UTF-8 at byte {error.start}") from error
    by_json = as_json or path.endswith(JSON_LINES)
    found: dict[str, SampleText] = {}
    again = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        text = _text_of(line, number, member) if by_json else line.removesuffix("\r")
        if text in found:
            again += 1
        else:
            found[text] = SampleText(number, text)
    if not found:
        raise InvalidRequest(f"`{path}` has no text")
    if len(found) > TEXTS_MAX:
        raise LimitExceeded(f"`{path}` has more than {TEXTS_MAX} texts", remedy="draw a sample of them")
    return list(found.values()), again


def _text_of(line: str, number: int, member: str) -> str:
    try:
        value = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"line {number} is no JSON value: {error}") from None
    text = value.get(member) if isinstance(value, dict) else value
    if not isinstance(text, str) or not text:
        raise InvalidRequest(f"line {number} has no text", remedy=f"each line is a string, or an object whose member `{member}` is one")
    return text


def portions(sample: Sequence[SampleText]) -> Iterator[list[SampleText]]:
    """Cut a sample into what one request takes.

    Raises:
        LimitExceeded: a text alone is longer than that.
    """
    portion: list[SampleText] = []
    characters = 0
    for each in sample:
        if len(each.text) > CHARACTERS:
            raise LimitExceeded(f"the text on line {each.line} has more than {CHARACTERS} characters", remedy="cut it, or leave it out")
        if portion and (len(portion) == PORTION_TEXTS or characters + len(each.text) > PORTION_CHARACTERS):
            yield portion
            portion, characters = [], 0
        portion.append(each)
        characters += len(each.text)
    yield portion


async def score_sample(client: Client, sample: Sequence[SampleText], model: str) -> list[Scored]:
    """Have every text scored by the model that the account uses.

    Raises:
        InvalidRequest: the account's model changed meanwhile.
    """
    found: list[Scored] = []
    for portion in portions(sample):
        answer: dict[str, Any] = await client.call("ScoreTexts", {"texts": [each.text for each in portion]})
        if answer["model"] != model:
            raise InvalidRequest("the account's model changed while the texts were scored", remedy="repeat the command")
        found += [
            Scored(each.line, each.text, told["scores"], tuple(told["fired"]), told["failed"])
            for each, told in zip(portion, answer["scores"], strict=True)
        ]
    return found
