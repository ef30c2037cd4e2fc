"""Sends chat completions to a gateway and says how long they took: run by `gateway.py`, as a process of its own.

Reads one JSON object from standard input, writes one to standard output:

    url, headers      where to (several: with spaces, connections take turns), and what stands in every request
    bodies            the requests' bodies; they take turns
    stream            the answer is a stream; the first content's delay is measured
    connections, calls        closed loop: so many connections, each its next when it has been answered
    rate, burst, seconds      open loop: calls a second, as many times more in the last 10 seconds of every minute, over `connections` that
                              are kept; latency counts from the moment a call was due, so that a gateway that falls behind cannot hide it
"""

from __future__ import annotations

import asyncio
import collections
import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import uvloop

_CONTENT = b'"content":"'


class Lane:
    """One connection that is kept; made again when the other side closes it."""

    def __init__(self, job: dict[str, Any], number: int) -> None:
        urls = job["url"].split()
        where = urlsplit(urls[number % len(urls)])
        head = "".join(f"{name}: {value}\r\n" for name, value in job["headers"].items())
        self._where = where
        path, host = where.path, where.netloc
        self._requests = [
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode()
            + body
            for body in (text.encode() for text in job["bodies"])
        ]
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, number: int) -> tuple[str, float, float]:
        """Send one request; return its status, when its first content came, and when it ended."""
        try:
            head = await self._head(number)
            assert self._open is not None
            reader = self._open[0]
            first = await self._body(reader, head)
            if b"connection: close" in head:
                self.close()
            return head[9:12].decode(), first, time.perf_counter()
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            now = time.perf_counter()
            return type(error).__name__, now, now

    async def _head(self, number: int) -> bytes:
        """Send a request and return the head of its answer; once more where a kept connection had been closed meanwhile."""
        kept = self._open is not None
        if self._open is None:
            self._open = await asyncio.open_connection(self._where.hostname, self._where.port)
        reader, writer = self._open
        try:
            writer.write(self._requests[number % len(self._requests)])
            return (await reader.readuntil(b"\r\n\r\n")).lower()
        except (OSError, asyncio.IncompleteReadError) as error:
            if not kept or getattr(error, "partial", b""):
                raise
            self.close()
            return await self._head(number)

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> float:
        at = head.find(b"content-length:")
        if at >= 0:
            body = await reader.readexactly(int(head[at + 15 : head.index(b"\r\n", at)]))
            if b" 200 " in head[:16] and _CONTENT not in body.replace(b'": "', b'":"'):
                raise asyncio.IncompleteReadError(body, None)
            return time.perf_counter()
        first = 0.0
        while size := int((await reader.readline()).strip() or b"0", 16):
            chunk = await reader.readexactly(size + 2)
            if not first and _CONTENT in chunk.replace(b'": "', b'":"').replace(b'"content":""', b""):
                first = time.perf_counter()
        await reader.readline()
        return first or time.perf_counter()

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


async def closed(job: dict[str, Any]) -> tuple[list[tuple[str, float, float]], float]:
    """Keep every connection busy; return statuses and delays in seconds, and how long it all took."""
    numbers = iter(range(job["calls"]))
    said: list[tuple[str, float, float]] = []

    async def work(connection: int) -> None:
        lane = Lane(job, connection)
        for number in numbers:
            began = time.perf_counter()
            status, first, ended = await lane.ask(number)
            said.append((status, first - began, ended - began))
        lane.close()

    began = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in range(job["connections"])))
    return said, time.perf_counter() - began


def due(rate: float, burst: float, seconds: float) -> Iterator[float]:
    """Yield when each call is due: evenly, and `burst` times as often in the last 10 seconds of every minute."""
    at = 0.0
    while at < seconds:
        yield at
        at += 1 / (rate * (burst if at % 60 >= 50 else 1))


async def opened(job: dict[str, Any]) -> tuple[list[tuple[str, float, float]], float]:
    """Send calls when they are due, or when a connection is free again."""
    idle: asyncio.Queue[Lane] = asyncio.Queue() if " " in job["url"] else asyncio.LifoQueue()  # in turns, where there are several gateways
    for connection in range(job["connections"]):
        idle.put_nowait(Lane(job, connection))
    said: list[tuple[str, float, float]] = []
    under_way: set[asyncio.Task[None]] = set()
    began = time.perf_counter()

    async def one(number: int, when: float) -> None:
        lane = await idle.get()
        status, first, ended = await lane.ask(number)
        said.append((status, first - began - when, ended - began - when))
        idle.put_nowait(lane)

    for number, when in enumerate(due(job["rate"], job["burst"], job["seconds"])):
        wait = began + when - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.ensure_future(one(number, when))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return said, time.perf_counter() - began


def summary(said: list[tuple[str, float, float]], took: float) -> dict[str, Any]:
    """Return what there is to say of all calls; delays in milliseconds."""
    firsts, ends = sorted(first for _, first, _ in said), sorted(end for _, _, end in said)

    def at(ordered: list[float], share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3

    return {
        "calls": len(said),
        "calls_s": len(said) / took,
        "statuses": dict(collections.Counter(status for status, _, _ in said)),
        "p50_ms": at(ends, 0.5),
        "p99_ms": at(ends, 0.99),
        "max_ms": at(ends, 1),
        "first_p50_ms": at(firsts, 0.5),
        "first_p99_ms": at(firsts, 0.99),
    }


def main() -> None:
    job = json.load(sys.stdin)
    print(json.dumps(summary(*uvloop.run(opened(job) if "rate" in job else closed(job)))))


if __name__ == "__main__":
    main()
