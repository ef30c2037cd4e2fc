"""Servers, an upstream and a shared store, none of which outlives its test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.chat_upstream import ChatUpstream, chat_upstream
from tests.acceptance.faults.telling import PACE_S, PIECE, tell
from tests.live import Live, start
from tests.valkey import Valkey, running


@pytest.fixture
def server() -> Iterator[Callable[..., Live]]:
    """Start a server; whatever a test comes to, none outlives it."""
    made: list[Live] = []

    def begin(data_dir: Path, port: int | None = None) -> Live:
        made.append(start(data_dir, port=port))
        return made[-1]

    yield begin
    for live in made:
        if live.process.poll() is None:
            live.process.kill()
            live.process.communicate()


@pytest.fixture(scope="module")
def upstream() -> Iterator[ChatUpstream]:
    with chat_upstream(tell, piece=PIECE, pace_s=PACE_S) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGWALL_MODELS", json.dumps([made.row("telling")]))
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Valkey]:
    with running(tmp_path) as one:
        yield one
