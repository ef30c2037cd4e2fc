"""The code in an answer on its way out: nothing leaves unscanned, and no way of cutting the answer changes what leaves or what is decided."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.guardrails.code import CodeFinding
from ringwall.guardrails.code.config import CodePolicyConfig
from ringwall.inference.code_policies import StandingCodePolicy
from ringwall.inference.code_scanners.scanning import CodeScanning
from ringwall.inference.gateway.code_guard import HELD_CHARS, CodeGuard
from ringwall.vocabulary import Limits, Span
from ringwall.wire.dialects.model import BlockDelta, BlockKind, BlockStart, BlockStop, Event, MessageStart, MessageStop, Usage
from tests.batches import one_by_one, singly
from tests.property.inference.test_guarding import Upstream, assert_good_form, texts_of

MESSAGE = "withheld"
BAD = "evil()"


class WordScanner:
    """A scanner of our own for Python that finds one word, so that thousands of answers take seconds."""

    name = "words"
    languages = frozenset({"python"})

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
        at = text.find(BAD)
        line = text.count("\n", 0, max(at, 0)) + 1
        found = CodeFinding(rule_id="words/evil", cwe=78, severity="HIGH", line=line, span=Span(at, at + len(BAD)), message="an evil call")
        return (found,) if at >= 0 else ()

    def close(self) -> None:
        pass


class Here(CodeScanning):
    """Scans where it is asked, so that a test needs no threads."""

    async def run(self, work: Any) -> Any:
        return work()


SCANNING = Here((WordScanner(),))
PIECES = st.sampled_from(
    [
        *(
            "```python\n",
            "\n```\n",
            "```",
            "`",
            BAD,
            f"`{BAD}`",
            f"\n```py\nx = 1\n{BAD}\n```\n",
            "\n```py\nx = 1\n```\n",
            "`x`",
            "see ```py\n",
        ),
        *("words ", "\n", "\n\n", "- ", "  ", "\r\n", "\r", "<b>"),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)
KINDS: st.SearchStrategy[BlockKind] = st.sampled_from(("text", "text", "reasoning", "tool_use"))
Answer = Sequence[tuple[BlockKind, str]]


def block_of(kind: BlockKind, text: str) -> tuple[BlockKind, str]:
    return kind, json.dumps({"code": text}) if kind == "tool_use" else text


ANSWERS = st.lists(st.builds(block_of, KINDS, TEXTS), max_size=4)


def guard(*, hold: bool = False, held_chars: int = HELD_CHARS, **config: Any) -> CodeGuard:
    document = CodePolicyConfig(blocked_message=MESSAGE, unscanned="ALLOW", **config)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    standing = StandingCodePolicy(guardrail_id="", config=document, revision=1, digest="", updated_at=now, updated_by="")
    return CodeGuard(standing, SCANNING, Limits(), hold=hold, held_chars=held_chars)


def events_of(answer: Answer, cut: int = 0) -> list[Event]:
    """Return an answer; its texts in chunks of so many characters, or whole."""
    events: list[Event] = [MessageStart("id", "model")]
    for index, (kind, text) in enumerate(answer):
        events.append(BlockStart(index, kind, "call", "tool") if kind == "tool_use" else BlockStart(index, kind))
        events += [BlockDelta(index, text[begin : begin + cut]) for begin in range(0, len(text), cut)] if cut else [BlockDelta(index, text)]
        events.append(BlockStop(index))
    return [*events, MessageStop("end_turn"), Usage(7, 9)]


def play(link: CodeGuard, events: Sequence[Event]) -> list[Event]:
    upstream = Upstream(events)

    async def run() -> list[Event]:
        return [event async for event in singly(link.pass_on(upstream.play()))]

    left = asyncio.run(run())
    assert upstream.closed
    return left


def summary(link: CodeGuard, left: Sequence[Event]) -> tuple[Any, ...]:
    """Return what left, whatever its chunks: blocks, texts, how it ended, and what was decided."""
    ends = [event.reason for event in left if isinstance(event, MessageStop)]
    return [event for event in left if isinstance(event, BlockStart)], texts_of(left), ends, link.record()


@settings(max_examples=150)
@given(ANSWERS, st.sampled_from(["BLOCK", "ANNOTATE", "NONE"]), st.integers(1, 9))
def test_no_way_of_cutting_changes_what_leaves_or_what_is_decided(answer: Answer, action: str, cut: int) -> None:
    seen = []
    for size in (0, 1, cut):
        link = guard(action=action, unparsed="LOW")
        left = play(link, events_of(answer, size))
        assert_good_form(left)
        seen.append(summary(link, left))
    assert seen[0] == seen[1] == seen[2]


@settings(max_examples=150)
@given(ANSWERS, st.booleans())
def test_a_block_ends_the_answer_before_its_code(answer: Answer, hold: bool) -> None:
    link = guard(hold=hold)
    left = play(link, events_of(answer, 5))
    texts = texts_of(left)
    assert_good_form(left)
    assert Usage(7, 9) in left or link.blocked
    if link.blocked:
        assert [event.reason for event in left if isinstance(event, MessageStop)] == ["guardrail_intervened"]
        assert "".join(texts.values()).endswith(MESSAGE)
        assert not hold or texts == {0: MESSAGE}
    else:
        assert list(texts.values()) == [text for _, text in answer]
    for kind in ("text", "reasoning"):
        said = "".join(text for each, text in answer if each == kind)
        assert not any(f"```py\nx = 1\n{BAD}" in text for text in texts.values()), said


@settings(max_examples=100)
@given(ANSWERS)
def test_streamed_or_not_the_verdict_is_the_same(answer: Answer) -> None:
    streamed, whole = guard(), guard(hold=True)
    play(streamed, events_of(answer, 3))
    play(whole, events_of(answer))
    assert streamed.record() == whole.record()


@settings(max_examples=100)
@given(ANSWERS)
def test_notes_add_and_take_nothing_away(answer: Answer) -> None:
    link = guard(action="ANNOTATE")
    left = play(link, events_of(answer, 4))
    kinds = {event.index: event.kind for event in left if isinstance(event, BlockStart)}
    texts = texts_of(left)
    assert sorted(texts) == list(range(len(texts)))
    for kind in ("reasoning", "tool_use"):
        assert [texts[index] for index in sorted(texts) if kinds[index] == kind] == [text for each, text in answer if each == kind]
    said = "".join(text for kind, text in answer if kind == "text")
    shown = "".join(texts[index] for index in sorted(texts) if kinds[index] == "text")
    parts = shown.split("\n\nCode in this answer was scanned:\n\n")
    rest = iter(shown)
    assert all(character in rest for character in said), "every character of the answer is there, in order"
    assert (len(parts) > 1 or "Code in this answer was scanned:" in shown) == (link.record()["action"] == "ANNOTATE")


SAMPLE = "Words.\n\n```python\nx = 1\n```\n\nmore `y(2)` words\n\n1. a\n   ```py\n   evil()\n   ```\nand words\n"


def test_every_split_point_of_a_sample() -> None:
    for action in ("BLOCK", "ANNOTATE"):
        expected = None
        for cut in range(len(SAMPLE) + 1):
            link = guard(action=action)
            events = [MessageStart(), BlockStart(0, "text"), BlockDelta(0, SAMPLE[:cut]), BlockDelta(0, SAMPLE[cut:]), BlockStop(0)]
            seen = summary(link, play(link, [*events, MessageStop("end_turn")]))
            expected = expected or seen
            assert seen == expected
        released = expected[1][0]
        begun = SAMPLE.index("   ```py")
        assert released.startswith(SAMPLE[:begun])
        if action == "BLOCK":
            assert released == SAMPLE[:begun] + MESSAGE
        else:
            note = "\n\nCode in this answer was scanned:\n\n- HIGH CWE-78 (words/evil), line 1 of the code: an evil call\n\n"
            assert released == SAMPLE.replace("   ```\nand", f"   ```\n{note}and")


async def first_words(texts: Sequence[str]) -> list[str]:
    """Return what left after each chunk of one block of text."""
    link, out = guard(), []

    async def upstream() -> AsyncGenerator[Event, None]:
        yield BlockStart(0, "text")
        for text in texts:
            out.append("")
            yield BlockDelta(0, text)
        yield BlockStop(0)
        yield MessageStop("end_turn")

    async for event in singly(link.pass_on(one_by_one(upstream()))):
        if isinstance(event, BlockDelta):
            out[-1] += event.text
    return out


def test_prose_flows_and_a_block_leaves_when_it_is_closed() -> None:
    left = asyncio.run(first_words(["See ", "this:\n", "```py\n", "x = 1\n", "```", "\nand ", "that"]))
    assert left == ["See ", "this:\n", "", "", "", "```py\nx = 1\n```\nand ", "that"]


def test_a_fence_begun_in_one_block_and_ended_in_the_next_is_one() -> None:
    link = guard()
    left = play(link, events_of([("text", "words\n``"), ("text", f"`py\n{BAD}\n```\n")], 1))
    assert texts_of(left) == {0: "words\n" + MESSAGE}


def test_a_block_that_begins_in_the_middle_of_a_line_is_read_by_itself_too() -> None:
    link = guard()
    left = play(link, events_of([("text", "words"), ("text", f"```py title\n{BAD}\n```\n")], 4))
    assert texts_of(left) == {0: "words", 1: MESSAGE}


def test_a_block_that_both_readings_see_has_one_note() -> None:
    left = play(guard(action="ANNOTATE"), events_of([("text", "words"), ("text", f"\n```py\n{BAD}\n```\nmore")], 4))
    assert texts_of(left)[1].count("Code in this answer was scanned:") == 1
    assert texts_of(left)[1].endswith("an evil call\n\nmore")


CALLS = {
    "an argument named for code": ('{"code": "evil()"}', True),
    "deep in the arguments": ('{"of": [{"Script": "evil()"}]}', True),
    "a list of words": ('{"command": ["python", "evil()"], "language": "python"}', True),
    "another argument": ('{"words": "evil()"}', False),
    "no arguments": ("", False),
    "arguments that nobody can read": ('{"code": ', True),
    "a name twice": ('{"code": "x", "code": "evil()"}', True),
}


@pytest.mark.parametrize("case", CALLS)
def test_a_call_is_scanned_before_it_leaves(case: str) -> None:
    arguments, blocks = CALLS[case]
    link = guard()
    left = play(link, events_of([("text", "words"), ("tool_use", arguments)], 3))
    assert link.blocked is blocks
    assert texts_of(left) == ({0: "words", 1: MESSAGE} if blocks else {0: "words", 1: arguments})
    assert "evil" not in str(link.record()).replace("words/evil", "")


def test_a_policy_says_where_calls_hold_code() -> None:
    for named, blocks in (("tool.words", True), ("other.words", False), ("tool.code", False)):
        link = guard(tool_arguments=(named,))
        play(link, events_of([("tool_use", '{"words": "evil()"}')]))
        assert link.blocked is blocks


def test_what_is_for_the_model_alone_goes_behind_the_text_it_is_about() -> None:
    events = [MessageStart(), BlockStart(0, "reasoning"), BlockDelta(0, "see `x", "signature"), BlockDelta(0, "`"), BlockStop(0)]
    deltas = [event for event in play(guard(), [*events, MessageStop("end_turn")]) if isinstance(event, BlockDelta)]
    assert [(delta.text, delta.opaque) for delta in deltas] == [("see ", ""), ("`x", ""), ("", "signature"), ("`", "")]


def test_a_guardrails_message_in_an_open_block_does_not_let_its_code_out() -> None:
    events = [MessageStart(), BlockStart(0, "text"), BlockDelta(0, f"words\n```py\n{BAD}\n"), BlockDelta(0, "no answer"), BlockStop(0)]
    left = play(guard(), [*events, MessageStop("guardrail_intervened")])
    assert texts_of(left) == {0: "words\n" + MESSAGE}
    assert left[-1] == MessageStop("guardrail_intervened")


def test_what_waits_too_long_for_its_end_blocks() -> None:
    text = "words\n```py\n" + "x = 1\n" * 20
    for cut in (0, 1, 7):
        for end in ("", "```\n"):
            link = guard(held_chars=100)
            left = play(link, events_of([("text", text + end)], cut))
            assert texts_of(left) == {0: "words\n" + MESSAGE}
            assert link.record()["failures"] == [{"scanner": "code", "reason": "held too long", "in": "text", "start": 6}]


def test_what_waits_too_long_is_not_waited_for() -> None:
    asked = 0

    async def upstream() -> AsyncGenerator[Event, None]:
        nonlocal asked
        yield BlockStart(0, "text")
        for asked in range(1000):
            yield BlockDelta(0, "```py\n" if not asked else "x = 1\n")

    async def run() -> list[Event]:
        return [event async for event in singly(guard(held_chars=100).pass_on(one_by_one(upstream())))]

    assert texts_of(asyncio.run(run())) == {0: MESSAGE}
    assert asked < 20


def test_nothing_behind_what_blocks_is_scanned() -> None:
    asked = []

    class Counting(WordScanner):
        def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
            asked.append(text)
            return super().scan(text, language)

    link = guard()
    link._scanning = Here((Counting(),))
    play(link, events_of([("text", f"```py\n{BAD}\n```\n```py\ny()\n```\n")]))
    assert asked == [f"{BAD}\n"]


def test_an_upstream_that_fails_leaves_what_waited_behind() -> None:
    async def upstream() -> AsyncGenerator[Event, None]:
        yield MessageStart()
        yield BlockStart(0, "text")
        yield BlockDelta(0, "words\n```py\nx = 1\n")
        raise ConnectionError

    left: list[Event] = []

    async def run() -> None:
        async for event in singly(guard().pass_on(one_by_one(upstream()))):
            left.append(event)  # noqa: PERF401 - what left before it raised

    with pytest.raises(ConnectionError):
        asyncio.run(run())
    assert texts_of(left) == {0: "words\n"}


def test_a_scanner_that_raises_blocks_whatever_the_policy_does() -> None:
    class Broken(WordScanner):
        def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
            raise OSError

    for action in ("NONE", "ANNOTATE"):
        link = guard(action=action)
        link._scanning = Here((Broken(),))
        play(link, events_of([("text", "```py\nx\n```")]))
        assert link.blocked
        assert link.record()["failures"] == [{"scanner": "words", "reason": "OSError", "in": "text", "start": 6}]


def test_the_time_of_an_answer_is_bounded() -> None:
    seconds = iter(range(0, 10_000, 40))
    link = guard()
    link._scanning = Here((WordScanner(),), timer=lambda: float(next(seconds)))
    left = play(link, events_of([("text", "```py\nx\n```\nwords\n```py\ny\n```\n")], 1))
    assert texts_of(left) == {0: "```py\nx\n```\nwords\n" + MESSAGE}
    assert link.record()["failures"][0]["reason"] == "out of time"


@pytest.mark.parametrize("before", ["", "ends in the middle of a line"])
def test_others_have_their_turn_while_a_large_delta_is_read(before: str) -> None:
    async def run() -> tuple[int, list[Event]]:
        turns, link = 0, guard()

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        waiting = asyncio.create_task(others())
        for event in events_of([("text", before)]) if before else []:
            if isinstance(event, BlockStart | BlockDelta | BlockStop):
                await link.take(event)
        await link.take(BlockStart(1, "text"))
        left = await link.take(BlockDelta(1, "word\n" * 20_000))
        waiting.cancel()
        return turns, left

    turns, left = asyncio.run(run())
    assert turns >= 20
    assert "".join(event.text for event in left if isinstance(event, BlockDelta)) == "word\n" * 20_000
