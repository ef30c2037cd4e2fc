"""Servers, an upstream and a shared store, none of which outlives its test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.faults.telling_upstream import Upstream, telling
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
def upstream() -> Iterator[Upstream]:
    with telling() as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGWALL_MODELS", json.dumps([made.row]))
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Valkey]:
    with running(tmp_path) as one:
        yield one
