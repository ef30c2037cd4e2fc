"""A model's answer through a guardrail: whatever comes from upstream, no text leaves unjudged, and what leaves is an answer in good form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.guardrails import Applied, Block, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.assessment import outputs
from ringwall.guardrails.stream import Ended, Stopped, Stream
from ringwall.inference.compiled import Ready
from ringwall.inference.gateway.guarding import OutputGuard
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.model import BlockDelta, BlockKind, BlockStart, BlockStop, Event, MessageStart, MessageStop, Usage
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

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.closed = False

    async def play(self) -> AsyncGenerator[Event, None]:
        try:
            for event in self.events:
                yield event
        finally:
            self.closed = True


async def finish(stream: Stream) -> Stopped | Ended:
    return stream.finish()


def pass_through(ready: Ready, events: Sequence[Event]) -> list[Event]:
    upstream = Upstream(events)
    guard = OutputGuard(ready, Limits(), finish, references=REFERENCES if ready is HOLDING else ())

    async def run() -> list[Event]:
        return [event async for event in guard.pass_on(upstream.play())]

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
        assert left == [event for event in events_of(answer) if not (isinstance(event, BlockDelta) and not event.text)]
        return
    fed = [whole for whole in wholes if whole]
    blocks = [*(REFERENCES if ready is HOLDING else ()), *map(Block, fed)]
    evaluation = evaluate(ready.guardrail, "OUTPUT", blocks, Limits())
    if evaluation.outcome.action == "BLOCK":
        assert MessageStop("guardrail_intervened") in left
        assert "".join(texts.values()).endswith(MESSAGE)
        assert not any("wallaroon deviltry" in text for text in texts.values())
        return
    assert MessageStop("end_turn") in left
    expected = iter(outputs(evaluation)) if evaluation.outcome.action == "ANONYMIZE" else iter(fed)
    assert [texts[index] for index, whole in enumerate(wholes) if whole] == list(expected)


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=6))
def test_a_tool_is_called_with_whole_arguments_or_not_at_all(pieces: list[str]) -> None:
    left = pass_through(READY, events_of([("tool_use", pieces)]))
    whole = "".join(pieces)
    blocks = evaluate(READY.guardrail, "OUTPUT", [Block(whole or "x")], Limits()).outcome.action == "BLOCK"
    assert any(isinstance(event, BlockStart) and event.kind == "tool_use" for event in left) is not blocks


def test_text_leaves_while_the_answer_is_coming() -> None:
    events = events_of([("text", ["the pump was replaced in March. "] * 40)])

    async def first() -> int:
        seen = 0

        async def play() -> AsyncGenerator[Event, None]:
            nonlocal seen
            for event in events:
                seen += 1
                yield event

        async for event in OutputGuard(READY, Limits(), finish).pass_on(play()):
            if isinstance(event, BlockDelta):
                return seen
        return -1

    assert 0 < asyncio.run(first()) < len(events) // 2
