"""What sealed prompts cost: a look at the policy where there is none, and a record of a thousand characters each way where there is one.

    python benchmarks/sealed_prompts.py

CPU microseconds of the whole process (event loop, storage writer, SQLite), eight clients at once, the last of three rounds. The commit is
durable (fsync), and shared by those who come at once, as in the server.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from ringwall.bootstrap.house import House, open_house
from ringwall.bootstrap.settings import load_settings
from ringwall.inference.gateway.gateway import Answering
from ringwall.inference.prompts.policy import Policy
from ringwall.inference.prompts.prompts import Who
from ringwall.vocabulary import system_clock
from ringwall.wire.dialects.model import Ask, BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, Text, Turn

CLIENTS, RECORDS, LOOKS, ROUNDS = 8, 100, 20_000, 3
TEXT = "call me " * 125
ASK = Ask(model="development", turns=(Turn("user", (Text(TEXT, "user"),)),))
ANSWER: tuple[Event, ...] = (MessageStart(), BlockStart(0, "text"), BlockDelta(0, TEXT), BlockStop(0), MessageStop("end_turn"))


async def nothing() -> AsyncGenerator[Event, None]:
    for event in ():
        yield event


async def client(house: House, account: str, policy: Policy, name: str) -> None:
    prompts = house.rooms.prompts
    for number in range(RECORDS):
        who = Who(account_id=account, request_id=f"{name}-{number}", at=system_clock(), principal="arn:aws:iam::1:root", route="openai")
        keeping = await prompts.keep(who, ASK, Answering(ASK, (), nothing()), policy)
        for event in ANSWER:
            keeping.note(event)
        await keeping.finish((), ended="")


async def records(house: House, account: str, policy: Policy) -> float:
    await house.rooms.prompts.put_policy(account, policy)
    spent = 0.0
    for turn in range(ROUNDS):
        began = time.process_time()
        await asyncio.gather(*[client(house, account, policy, f"{policy.mode}-{turn}-{number}") for number in range(CLIENTS)])
        await house.rooms.prompts._desk.close()
        spent = time.process_time() - began
    return spent / (CLIENTS * RECORDS) * 1e6


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({}, directory=Path(folder), flags={"data_dir": f"{folder}/var"}).settings
        house = await open_house(settings)
        first = await house.first_start()
        account, began = first.account_id, time.process_time()
        for _ in range(LOOKS):
            await house.rooms.prompts.policy(account)
        print(f"no policy: {(time.process_time() - began) / LOOKS * 1e6:.2f} us a request")
        for mode in ("required", "best-effort"):
            print(f"{mode}: {await records(house, account, Policy(mode=mode)):.0f} us a record")
        await house.close()


if __name__ == "__main__":
    asyncio.run(main())
