"""Answers that come: in pieces or whole, over connections that are used again, read no faster than they are taken, ended when nobody wants them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
import pytest

from ringwall.inference.upstreams.answer import Answer
from ringwall.inference.upstreams.breaker import BreakerRules
from ringwall.inference.upstreams.errors import (
    CircuitOpen,
    UpstreamBrokeOff,
    UpstreamBusy,
    UpstreamTimeout,
)
from ringwall.inference.upstreams.upstreams import UpstreamRules
from ringwall.wire.dialects.errors import UpstreamFailed
from ringwall.wire.dialects.model import BlockDelta, MessageStop, Usage
from tests.integration.inference.upstreams.conftest import World, route_of, row_of
from tests.integration.inference.upstreams.scripts import answers, begins, streams
from tests.integration.inference.upstreams.servers import LAST_CHUNK, STREAM_HEAD, Server, Visit, serving, whole
from tests.integration.inference.upstreams.tiny import line, question, text_of

pytestmark = pytest.mark.anyio
ACCOUNT = "111122223333"


async def test_a_stream_comes_as_events_over_a_connection_that_is_used_again(world: World) -> None:
    async with serving(streams) as server, world.upstreams() as upstreams:
        for _ in range(5):
            answer = upstreams.call(question(), route_of(row_of(server.port)))
            events = [event async for event in answer]
            assert text_of(events) == "one two"
            assert events[-1] == Usage(7, 7)
            assert (answer.counted.output_tokens, answer.counted.estimated) == (7, False)
        assert (len(server.bodies), server.connections) == (5, 1)


async def test_a_whole_answer_comes_as_the_same_events(world: World) -> None:
    async with serving(answers) as server, world.upstreams() as upstreams:
        for _ in range(3):
            events = [event async for event in upstreams.call(question(stream=False), route_of(row_of(server.port)))]
            assert text_of(events) == "whole"
            assert MessageStop("end_turn") in events
        assert (len(server.bodies), server.connections) == (3, 1)


async def test_usage_that_nobody_tells_is_estimated_and_marked(world: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.say(whole(b'{"text": "four and forty"}'))

    async with serving(script) as server, world.upstreams() as upstreams:
        answer = upstreams.call(question("x" * 40, stream=False), route_of(row_of(server.port)))
        events = [event async for event in answer]
    assert events[-1] == MessageStop("end_turn")
    assert (answer.counted.input_tokens, answer.counted.output_tokens, answer.counted.estimated) == (14, 4, True)


async def test_who_leaves_early_ends_the_connection_and_pays_for_what_came(world: World) -> None:
    async with serving(begins) as server, world.upstreams() as upstreams:
        async with upstreams.call(question("y" * 40), route_of(row_of(server.port))) as answer:
            async for event in answer:
                if isinstance(event, BlockDelta):
                    break
        await server.left.wait()
    assert (answer.counted.input_tokens, answer.counted.output_tokens, answer.counted.estimated) == (14, 100, True)


async def cancelled_once_asked(answer: Answer, server: Server) -> None:
    """Read an answer until its question has come, then cancel the reader."""

    async def read() -> None:
        async for _ in answer:
            pass

    reading = asyncio.create_task(read())
    await server.asked.wait()
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    assert reading.cancelled()


@pytest.mark.parametrize("script", [begins, lambda visit: visit.wait_for_the_end()], ids=["in the middle", "before the first byte"])
async def test_a_cancelled_reader_ends_the_connection(script, world: World) -> None:
    async with serving(script) as server, world.upstreams() as upstreams:
        await cancelled_once_asked(upstreams.call(question(), route_of(row_of(server.port))), server)
        await server.left.wait()


async def test_who_leaves_before_the_first_byte_has_asked_all_the_same(world: World) -> None:
    async with serving(lambda visit: visit.wait_for_the_end()) as server, world.upstreams() as upstreams:
        answer = upstreams.call(question("y" * 40), route_of(row_of(server.port)))
        await cancelled_once_asked(answer, server)
    assert (answer.counted.input_tokens, answer.counted.output_tokens, answer.counted.estimated) == (14, 0, True)


async def test_an_upstream_is_read_only_as_fast_as_its_events_are_taken(world: World) -> None:
    """The server stops being able to write long before it has said all, and goes on when somebody reads."""
    piece, pieces = line("z" * 4000), 10_000
    stuck = asyncio.Event()

    async def script(visit: Visit) -> None:
        await visit.say(STREAM_HEAD)
        for _ in range(pieces):
            writing = asyncio.ensure_future(visit.chunk(piece))
            done, _ = await asyncio.wait([writing], timeout=0.5)
            if not done:
                stuck.set()
            await writing
            visit.server.sent += 1
        await visit.chunk(line(1))
        await visit.say(LAST_CHUNK)

    async with serving(script) as server, world.upstreams() as upstreams:
        row = row_of(server.port)
        answer = upstreams.call(question(), route_of(row))
        await anext(answer)
        await stuck.wait()
        assert server.sent < pieces / 2
        got = text_of([event async for event in answer])
        assert len(got) == 4000 * pieces


async def test_an_answer_that_is_whole_does_not_wait_for_its_connection(world: World) -> None:
    """After its end, an upstream that neither ends nor goes on costs two seconds and no error."""

    async def script(visit: Visit) -> None:
        await visit.say(STREAM_HEAD)
        await visit.chunk(line("all") + line(3))
        await visit.wait_for_the_end()

    async with serving(script) as server, world.upstreams() as upstreams:
        events = [event async for event in upstreams.call(question(), route_of(row_of(server.port)))]
        assert events[-1] == Usage(3, 3)
        await server.left.wait()


# -- repetitions and circuits --


async def test_what_failed_by_accident_is_asked_again(world: World) -> None:
    async def script(visit: Visit) -> None:
        if len(visit.server.bodies) == 1:
            visit.break_off()
            visit.writer.close()
        elif len(visit.server.bodies) == 2:
            await visit.say(whole(b"", status=503))
        else:
            await answers(visit)

    async with serving(script) as server, world.upstreams() as upstreams:
        events = [event async for event in upstreams.call(question(stream=False), route_of(row_of(server.port)))]
        assert text_of(events) == "whole"
        assert len(server.bodies) == 3


async def test_an_upstream_that_keeps_failing_is_left_alone_and_tried_again_later(world: World) -> None:
    healthy = False
    moment = [1000.0]

    async def script(visit: Visit) -> None:
        await (answers(visit) if healthy else visit.say(whole(b"", status=500)))

    rules = UpstreamRules(breaker=BreakerRules(least=6))
    async with serving(script) as server, world.upstreams(rules=rules, timer=lambda: moment[0]) as upstreams:
        route = route_of(row_of(server.port))
        for _ in range(2):
            with pytest.raises(UpstreamFailed):
                await anext(upstreams.call(question(stream=False), route))
        assert len(server.bodies) == 6
        with pytest.raises(CircuitOpen) as caught:
            await anext(upstreams.call(question(stream=False), route))
        assert caught.value.facts["retry_after_s"] == 15.0
        assert len(server.bodies) == 6
        moment[0] += 15
        healthy = True
        for _ in range(3):
            assert [event async for event in upstreams.call(question(stream=False), route)]
        assert len(server.bodies) == 9


async def test_streams_that_break_open_the_circuit_too(world: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.say(STREAM_HEAD)
        await visit.chunk(line("half"))
        visit.writer.close()

    async with serving(script) as server, world.upstreams(rules=UpstreamRules(breaker=BreakerRules(least=4))) as upstreams:
        route = route_of(row_of(server.port))
        for _ in range(4):
            with pytest.raises(UpstreamBrokeOff):
                [event async for event in upstreams.call(question(), route)]
        with pytest.raises(CircuitOpen):
            await anext(upstreams.call(question(), route))
        assert len(server.bodies) == 4


async def test_more_requests_than_may_be_under_way_are_refused_at_once(world: World) -> None:
    async with serving(begins) as server, world.upstreams(rules=UpstreamRules(in_flight=2)) as upstreams:
        route = route_of(row_of(server.port))
        first, second = upstreams.call(question(), route), upstreams.call(question(), route)
        await anext(first)
        await anext(second)
        with pytest.raises(UpstreamBusy) as caught:
            await anext(upstreams.call(question(), route))
        assert caught.value.facts["retry_after_s"] == 1
        await first.aclose()
        third = upstreams.call(question(), route)
        await anext(third)
        await second.aclose()
        await third.aclose()


async def test_all_accounts_together_have_twice_as_many_under_way(world: World) -> None:
    async with serving(begins) as server, world.upstreams(rules=UpstreamRules(in_flight=1)) as upstreams:
        routes = [msgspec.structs.replace(route_of(row_of(server.port)), account_id=str(number)) for number in range(3)]
        answers = [upstreams.call(question(), route) for route in routes]
        await anext(answers[0])
        await anext(answers[1])
        with pytest.raises(UpstreamBusy):
            await anext(answers[2])
        for answer in answers:
            await answer.aclose()
        last = upstreams.call(question(), routes[2])
        await anext(last)
        await last.aclose()


async def test_a_reader_who_takes_too_long_is_told_so_and_says_nothing_of_the_upstream(world: World) -> None:
    moment = [1000.0]
    rules = UpstreamRules(breaker=BreakerRules(least=2))
    async with serving(begins) as server, world.upstreams(rules=rules, timer=lambda: moment[0]) as upstreams:
        route = route_of(row_of(server.port))
        for _ in range(4):
            answer = upstreams.call(question(), route)
            await anext(answer)
            moment[0] += 61
            with pytest.raises(UpstreamTimeout) as caught:
                async for _ in answer:
                    pass
            assert (caught.value.facts["phase"], caught.value.facts["slow_reader"]) == ("total", True)


async def test_a_circuit_belongs_to_the_account_that_asks_and_to_the_owner_of_the_row(world: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.say(whole(b"", status=500))

    async with serving(script) as server, world.upstreams(rules=UpstreamRules(breaker=BreakerRules(least=3))) as upstreams:
        row = row_of(server.port, credential="")
        with pytest.raises(UpstreamFailed):
            await anext(upstreams.call(question(), route_of(row)))
        with pytest.raises(CircuitOpen):
            await anext(upstreams.call(question(), route_of(row)))
        for others in ({"owner": ACCOUNT}, {"account_id": ACCOUNT}):
            with pytest.raises(UpstreamFailed):
                await anext(upstreams.call(question(), msgspec.structs.replace(route_of(row), **others)))
