"""A room of upstreams over real sockets, on both event loops; after each test nothing is left: no connection, no task."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ringwall.inference.upstreams.connections import Connections
from ringwall.inference.upstreams.credentials import Credentials
from ringwall.inference.upstreams.models import ModelTable, Route
from ringwall.inference.upstreams.reach import Lookup, system_lookup
from ringwall.inference.upstreams.row import ModelRow, Timeouts, check_row
from ringwall.inference.upstreams.upstreams import UpstreamRules, Upstreams
from ringwall.storage.database import open_storage
from tests.integration.inference.upstreams.tiny import Tiny
from tests.integration.storage.places import StandingClock

DIALECTS = {"openai_chat": Tiny(), "anthropic_messages": Tiny(), "converse": Tiny()}
QUICK = Timeouts(connect_s=5, first_byte_s=20, idle_s=20, total_s=60)


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


class World:
    """Makes rooms of upstreams, and looks after each that nothing is left of it."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        self.variables = variables
        self.clock = StandingClock()

    @asynccontextmanager
    async def upstreams(
        self,
        *rows: ModelRow,
        rules: UpstreamRules | None = None,
        tls: ssl.SSLContext | None = None,
        lookup: Lookup = system_lookup,
        timer: Callable[[], float] | None = None,
        dialects: Any = None,
    ) -> AsyncIterator[Upstreams]:
        storage = open_storage(self.folder, clock=self.clock, poll_interval_s=0)
        connections = Connections(tls=tls, lookup=lookup)
        made = Upstreams(
            ModelTable(storage, self.clock, rows),
            dialects=dialects or DIALECTS,
            credentials=Credentials(self.folder, self.variables.get),
            connections=connections,
            clock=self.clock,
            rules=rules,
            chance=lambda: 0.0,
            **({"timer": timer} if timer else {}),
        )
        before = asyncio.all_tasks()
        try:
            yield made
            busy = [connector for session in connections._sessions.values() for connector in [session.connector] if connector._acquired]
            assert busy == [], "a connection is still in use"
        finally:
            await made.close()
            await storage.close()
        await asyncio.sleep(0)
        servers = {task for task in asyncio.all_tasks() - before if "Server.serve" in repr(task.get_coro())}
        assert asyncio.all_tasks() - before - servers == set(), "a task is still running"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, {"UPSTREAM_KEY": "canary-credential-7f3a"})


def row_of(port: int, *, kind: str = "openai", **members: Any) -> ModelRow:
    """A row for a server on this machine."""
    region = "?region=us-east-1" if kind == "bedrock" else ""
    given: dict[str, Any] = {"credential": "env:UPSTREAM_KEY", "allow_private": True, "timeouts": QUICK} | members
    return ModelRow(id="m", upstream=f"{kind}+http://127.0.0.1:{port}/v1{region}", **given)


def route_of(row: ModelRow, *, name: str = "m") -> Route:
    return Route(row=row, address=check_row(row), name=row.model or name)
