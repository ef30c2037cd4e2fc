"""The built-in model: no network, no weights, no chance. Its answer is a function of the conversation and nothing else.

It is for trying ringwall out and for tests: a wall needs a model behind it that says what it is told to, personal data and all. It looks
at the last message:

    a tool's result     repeats what the tool answered
    call TOOL {JSON}    calls that tool, if the request offers it (`call TOOL` with no arguments)
    think TEXT          reasons about TEXT aloud, then answers
    code TEXT           writes a Python function with TEXT in its docstring
    count N             counts from 1 to N (at most 10,000): a long answer
    fail                (alone) fails in the middle of its answer
    anything else       repeats it

The first word counts, in either case. Tokens are words with the white space before them; `max_tokens` and stop sequences hold.
Documented in docs/operations/upstreams.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import msgspec

from ringwall.inference.upstreams.errors import UpstreamBrokeOff
from ringwall.wire.dialects.model import (
    Ask,
    BlockDelta,
    BlockKind,
    BlockStart,
    BlockStop,
    Event,
    MessageStart,
    MessageStop,
    Part,
    StopReason,
    Text,
    ToolResult,
    Usage,
)

_PIECE = re.compile(r"\s*\S+|\s+\Z")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_COUNTED = 10_000
_NOTHING_SAID = "You said nothing."


def respond(ask: Ask, name: str = "") -> Iterator[Event]:
    """Answer a conversation; the pieces of a block come as single deltas.

    Raises:
        UpstreamBrokeOff: the conversation asked for it.
    """
    said = _last_words(ask)
    word, _, rest = said.strip().partition(" ")
    yield MessageStart(id=f"dev-{hashlib.sha256(_conversation(ask)).hexdigest()[:16]}", model=name)
    if word.lower() == "call" and (called := _called(ask, rest)) is not None:
        yield from _tool_use(ask, *called)
        return
    index, spent = 0, 0
    if word.lower() == "think":
        thought = f"The user wants to know about: {rest}"
        yield from _block(0, "reasoning", pieces := _PIECE.findall(thought))
        index, spent = 1, len(pieces)
    pieces, reason = _cut(ask, _PIECE.findall(_text(word.lower(), rest, said)), spent)
    if said.strip().lower() == "fail":
        yield BlockStart(index, "text")
        yield BlockDelta(index, "This answer will not be")
        raise UpstreamBrokeOff("the built-in model failed, as it was asked to")
    yield from _block(index, "text", pieces)
    yield MessageStop(reason)
    yield Usage(input_tokens(ask), spent + len(pieces))


def _text(word: str, rest: str, said: str) -> str:
    if word == "code":
        docstring = rest.replace("\\", " ").replace('"', "'")
        return f'```python\ndef answer(value: int) -> int:\n    """{docstring}"""\n    return value + 1\n```'
    if word == "count" and rest.isascii() and rest.isdigit() and len(rest) <= 9:
        return " ".join(map(str, range(1, min(int(rest), _MOST_COUNTED) + 1)))
    return (rest if word == "think" else said) or _NOTHING_SAID


def _block(index: int, kind: BlockKind, pieces: list[str]) -> Iterator[Event]:
    yield BlockStart(index, kind)
    for piece in pieces:
        yield BlockDelta(index, piece)
    yield BlockStop(index)


def _tool_use(ask: Ask, tool: str, arguments: str) -> Iterator[Event]:
    """Call a tool; the arguments come in pieces of eight characters."""
    call_id = f"call_{hashlib.sha256(_conversation(ask)).hexdigest()[16:40]}"
    yield BlockStart(0, "tool_use", tool_use_id=call_id, name=tool)
    for at in range(0, len(arguments), 8):
        yield BlockDelta(0, arguments[at : at + 8])
    yield BlockStop(0)
    yield MessageStop("tool_use")
    yield Usage(input_tokens(ask), len(_PIECE.findall(arguments)))


def _called(ask: Ask, rest: str) -> tuple[str, str] | None:
    """Return the tool to call and its arguments, if the request offers it and they are a JSON object."""
    tool, _, arguments = rest.strip().partition(" ")
    if not _NAME.fullmatch(tool) or ask.tool_choice == "none" or tool not in {each.name for each in ask.tools}:
        return None
    try:
        value = msgspec.json.decode(arguments.strip() or "{}")
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return (tool, arguments.strip() or "{}") if isinstance(value, dict) else None


def _cut(ask: Ask, pieces: list[str], spent: int) -> tuple[list[str], StopReason]:
    """End an answer where a stop sequence begins, or where its tokens are spent."""
    text = "".join(pieces)
    ends = [at for sequence in ask.sampling.stop_sequences if sequence and (at := text.find(sequence)) >= 0]
    reason: StopReason = "stop_sequence" if ends else "end_turn"
    kept = _PIECE.findall(text[: min(ends)]) if ends else pieces
    most = ask.sampling.max_tokens
    if most is not None and len(kept) > max(most - spent, 0):
        return kept[: max(most - spent, 0)], "max_tokens"
    return kept, reason


def _last_words(ask: Ask) -> str:
    """Return the words of the last message; a tool's, if it has any."""
    parts: tuple[Part, ...] = ask.turns[-1].parts if ask.turns else ()
    answered = [text.text for part in parts if isinstance(part, ToolResult) for text in part.content if isinstance(text, Text)]
    if answered:
        return f"The tool answered: {' '.join(answered)}"
    return "\n".join(part.text for part in parts if isinstance(part, Text))


def _conversation(ask: Ask) -> bytes:
    return msgspec.msgpack.encode((ask.system, ask.turns, [tool.name for tool in ask.tools]))


def input_tokens(ask: Ask) -> int:
    """Return what a question costs here."""
    parts = (*ask.system, *(part for turn in ask.turns for part in turn.parts))
    texts = [part.text for part in parts if isinstance(part, Text)]
    texts += [text.text for part in parts if isinstance(part, ToolResult) for text in part.content if isinstance(text, Text)]
    return sum(len(_PIECE.findall(text)) for text in texts)
