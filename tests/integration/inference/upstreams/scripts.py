"""What upstreams in order say."""

from __future__ import annotations

import json

from tests.integration.inference.upstreams.servers import LAST_CHUNK, STREAM_HEAD, Visit, whole
from tests.integration.inference.upstreams.tiny import line


async def streams(visit: Visit) -> None:
    await visit.say(STREAM_HEAD)
    for piece in (line("one "), line("two")[:3], line("two")[3:], line(7)):
        await visit.chunk(piece)
    await visit.say(LAST_CHUNK)


async def answers(visit: Visit) -> None:
    await visit.say(whole(json.dumps({"text": "whole", "tokens": 5}).encode()))


async def begins(visit: Visit) -> None:
    await visit.say(STREAM_HEAD)
    await visit.chunk(line("x" * 400))
    await visit.wait_for_the_end()
