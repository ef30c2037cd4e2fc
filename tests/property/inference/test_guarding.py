"""A model's answer through a guardrail: whatever comes from upstream, no text leaves unjudged, and what leaves is an answer in good form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringwall.guardrails import Applied, Block, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.assessment import outputs
from ringwall.inference.compiled import Ready
from ringwall.inference.gateway.batches import Batches
from ringwall.inference.gateway.guarding import OutputGuard
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.model import BlockDelta, BlockKind, BlockStart, BlockStop, Event, MessageStart, MessageStop, Usage
from tests.batches import grouped, one_by_one, singly
from tests.unit.guardrails.scorers import SCORERS, config

MESSAGE = "Response blocked"
POLICY = {
    "blockedOutputsMessaging": MESSAGE,
    "wordPolicyConfig": {"wordsConfig": [{"text": "wallaroon deviltry"}]},
    "sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}]},
}
GROUNDING = {"contextualGroundingPolicyConfig": {"filtersConfig": [{"type": "GROUNDING", "threshold": 0.0}]}}
READY = Ready(compile_guardrail(parse_config(config(**POLICY)), SCORERS), Applied(guardrail_id="g", version="1", arn="arn"))
HOLDING = Ready(compile_guardrail(parse_config(config(**POLICY, **GROUNDING)), SCORERS), READY.applied)
REFERENCES = (Block("the pump was replaced", frozenset({"grounding_source"})), Block("when?", frozenset({"query"})))

PIECES = st.sampled_from(
    (
        "wallaroon ",
        "deviltry",
        "wallaroon deviltry",
        "bob@example.com",
        "bob@",
        "example.com",
        " and so on" * 30,
        "the pump ",
        "\n",
        "",
        "x",
    )
)
KINDS: st.SearchStrategy[BlockKind] = st.sampled_from(("text", "reasoning", "tool_use"))
ANSWERS = st.lists(st.tuples(KINDS, st.lists(PIECES, max_size=6)), max_size=4)


def events_of(answer: Sequence[tuple[BlockKind, list[str]]]) -> list[Event]:
    events: list[Event] = [MessageStart("id", "model")]
    for index, (kind, pieces) in enumerate(answer):
        events.append(BlockStart(index, kind, "call", "tool") if kind == "tool_use" else BlockStart(index, kind))
        events += [BlockDelta(index, piece) for piece in pieces]
        events.append(BlockStop(index))
    return [*events, MessageStop("end_turn"), Usage(7, 9)]


class Upstream:
    """Plays an answer, and knows whether it was let go."""

    def __init__(self, events: Sequence[Event], at_once: int = 1) -> None:
        self.events = events
        self.at_once = at_once
        self.closed = False

    async def play(self) -> Batches:
        try:
            for batch in grouped(self.events, self.at_once):
                yield batch
        finally:
            self.closed = True


async def run_here(_characters: int, work: Callable[[], Any]) -> Any:
    return work()


def pass_through(ready: Ready, events: Sequence[Event], *, hold: bool = False, at_once: int = 1) -> list[Event]:
    upstream = Upstream(events, at_once)
    guard = OutputGuard(ready, Limits(), run_here, hold=hold, references=REFERENCES if ready is HOLDING else (), tools=["tool"])

    async def run() -> list[Event]:
        return [event async for event in singly(guard.pass_on(upstream.play()))]

    left = asyncio.run(run())
    assert upstream.closed
    return left


def texts_of(events: Sequence[Event]) -> dict[int, str]:
    texts: dict[int, str] = {}
    for event in events:
        if isinstance(event, BlockStart):
            assert event.index not in texts
            texts[event.index] = ""
        elif isinstance(event, BlockDelta):
            texts[event.index] += event.text
    return texts


def assert_good_form(events: Sequence[Event]) -> None:
    """Blocks one after the other, each begun once and ended once; then the end."""
    expected = None
    stopped = False
    for event in events:
        assert not stopped or isinstance(event, Usage)
        match event:
            case BlockStart():
                assert expected is None
                expected = event.index
            case BlockDelta():
                assert event.index == expected
            case BlockStop():
                assert event.index == expected
                expected = None
            case MessageStop():
                assert expected is None
                stopped = True
            case _:
                pass
    assert stopped


@settings(max_examples=150)
@given(st.sampled_from((READY, HOLDING)), ANSWERS)
def test_what_leaves_was_judged_and_is_an_answer(ready: Ready, answer: list[tuple[BlockKind, list[str]]]) -> None:
    left = pass_through(ready, events_of(answer))
    assert_good_form(left)
    wholes = ["".join(pieces) for _, pieces in answer]
    texts = texts_of(left)
    if not any(wholes):
        assert texts == dict.fromkeys(range(len(answer)), "")
        return
    fed = [whole for whole in wholes if whole]
    blocks = [*(REFERENCES if ready is HOLDING else ()), *map(Block, fed)]
    evaluation = evaluate(ready.guardrail, "OUTPUT", blocks, Limits())
    if evaluation.outcome.action == "BLOCK":
        assert MessageStop("guardrail_intervened") in left
        assert "".join(texts.values()).endswith(MESSAGE)
        assert not any("wallaroon deviltry" in text for text in texts.values())
        return
    expected = outputs(evaluation) if evaluation.outcome.action == "ANONYMIZE" else fed
    if ready is HOLDING and says_more_together(answer, expected):
        assert MessageStop("guardrail_intervened") in left
        assert list(texts.values()) == [MESSAGE]
        return
    assert MessageStop("end_turn") in left
    assert [texts[index] for index, whole in enumerate(wholes) if whole] == expected


def says_more_together(answer: Sequence[tuple[BlockKind, list[str]]], texts: Sequence[str]) -> bool:
    """Say whether blocks of one kind, joined as some dialects' writers join them, hold what no block holds."""
    kinds = [kind for kind, pieces in answer if "".join(pieces)]
    for kind in ("text", "reasoning"):
        said = [text for each, text in zip(kinds, texts, strict=True) if each == kind and text]
        blocks = [*REFERENCES, Block("".join(said))]
        if len(said) > 1 and evaluate(HOLDING.guardrail, "OUTPUT", blocks, Limits()).outcome.action != "NONE":
            return True
    return False


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=6))
@example([" and so on" * 30] * 2 + ["wallaroon deviltry"])
@example([" and so on" * 30] * 3)
def test_a_tool_is_called_with_whole_arguments_or_not_at_all(pieces: list[str]) -> None:
    left = pass_through(READY, events_of([("tool_use", pieces)]))
    whole = "".join(pieces)
    blocks = evaluate(READY.guardrail, "OUTPUT", [Block(whole or "x")], Limits()).outcome.action == "BLOCK"
    calls = [event for event in left if isinstance(event, BlockStart) and event.kind == "tool_use"]
    assert bool(calls) is not blocks
    assert all(call.tool_use_id.startswith("call_") and call.tool_use_id != "call" for call in calls), "an id is ours, not the model's"


@settings(max_examples=60)
@given(ANSWERS, st.integers(2, 9))
@example([("text", ["words "] * 90 + ["wallaroon deviltry", " and more"])], 4)
@example([("text", ["hello"]), ("tool_use", ["{}"])], 100)
def test_what_leaves_does_not_depend_on_what_came_together(answer: list[tuple[BlockKind, list[str]]], at_once: int) -> None:
    for ready in (READY, HOLDING):
        alone, together = (pass_through(ready, events_of(answer), at_once=count) for count in (1, at_once))
        assert [event for event in together if not isinstance(event, BlockStart)] == [
            event for event in alone if not isinstance(event, BlockStart)
        ]  # a call's id is made for it
        assert texts_of(together) == texts_of(alone)


def test_text_leaves_while_the_answer_is_coming() -> None:
    events = events_of([("text", ["the pump was replaced in March. "] * 40)])

    async def first() -> int:
        seen = 0

        async def play() -> AsyncGenerator[Event, None]:
            nonlocal seen
            for event in events:
                seen += 1
                yield event

        async for event in singly(OutputGuard(READY, Limits(), run_here).pass_on(one_by_one(play()))):
            if isinstance(event, BlockDelta):
                return seen
        return -1

    assert 0 < asyncio.run(first()) < len(events) // 2


@settings(max_examples=60)
@given(ANSWERS)
@example([("text", [" and so on" * 30] * 8 + ["wallaroon deviltry"])])
def test_an_answer_that_does_not_stream_is_judged_whole_first(answer: list[tuple[BlockKind, list[str]]]) -> None:
    left = pass_through(READY, events_of(answer), hold=True)
    assert_good_form(left)
    texts = texts_of(left)
    if MessageStop("guardrail_intervened") in left:
        assert texts == {0: MESSAGE}
    else:
        assert len(texts) == len(answer)
    assert Usage(7, 9) in left


@pytest.mark.parametrize("ready", [READY, HOLDING])
def test_what_is_for_the_model_alone_goes_with_its_block(ready: Ready) -> None:
    events: list[Event] = [
        MessageStart(),
        BlockStart(0, "reasoning"),
        BlockDelta(0, "the pump"),
        BlockDelta(0, "", "signature"),
        BlockStop(0),
        MessageStop("end_turn"),
    ]
    deltas = [event for event in pass_through(ready, events) if isinstance(event, BlockDelta)]
    assert ("".join(delta.text for delta in deltas), "".join(delta.opaque for delta in deltas)) == ("the pump", "signature")


def test_a_tool_that_was_not_offered_is_not_called() -> None:
    events: list[Event] = [MessageStart(), BlockStart(0, "tool_use", "x", "wallaroon_deviltry"), BlockStop(0), MessageStop("tool_use")]
    with pytest.raises(MalformedAnswer):
        pass_through(READY, events)
