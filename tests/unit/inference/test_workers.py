"""Where scans run: on the event loop, unless they are long or come to ask a model."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ringwall.inference.errors import ScansWaiting
from ringwall.inference.workers import Workers
from ringwall.vocabulary.patience import TakesLong, take_time


async def ran_in(characters: int, *, asks: bool) -> tuple[str, int]:
    workers = Workers(inline_characters=10)
    begun: list[str] = []

    def work() -> str:
        begun.append(threading.current_thread().name)
        if asks:
            take_time()
        return threading.current_thread().name

    try:
        where, _ = await workers.run(characters, work)
    finally:
        workers.close()
    assert where == begun[-1]
    return where.partition("_")[0], len(begun)


def test_a_short_scan_runs_on_the_loop() -> None:
    assert asyncio.run(ran_in(10, asks=False)) == ("MainThread", 1)


def test_a_long_scan_runs_in_a_thread_and_takes_its_time_there() -> None:
    assert asyncio.run(ran_in(11, asks=False)) == ("ringwall-scan", 1)
    assert asyncio.run(ran_in(11, asks=True)) == ("ringwall-scan", 1)


def test_a_short_scan_that_comes_to_ask_a_model_is_begun_again_in_a_thread() -> None:
    assert asyncio.run(ran_in(10, asks=True)) == ("ringwall-watch", 2)


def test_what_is_begun_again_counts_as_waiting() -> None:
    async def run() -> None:
        workers = Workers(inline_characters=10, waiting_characters=12)
        go_on = threading.Event()

        def asks() -> None:
            take_time()
            go_on.wait(10)

        try:
            first = asyncio.ensure_future(workers.run(8, asks))
            await asyncio.sleep(0)
            assert workers.waiting_characters == 8
            with pytest.raises(ScansWaiting):
                await workers.run(8, asks)
            go_on.set()
            await first
            assert workers.waiting_characters == 0
        finally:
            go_on.set()
            workers.close()

    asyncio.run(run())


def test_no_handler_of_failures_takes_a_hurry_for_one() -> None:
    assert not issubclass(TakesLong, Exception)
    take_time()  # whoever is in no hurry may wait
