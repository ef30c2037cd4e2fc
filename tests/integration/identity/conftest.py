"""A fresh house per test, on each database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.identity.places import House, open_house
from tests.integration.storage.places import DATABASES, fresh_place


@pytest.fixture(params=DATABASES)
async def house(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[House]:
    with fresh_place(request.param, tmp_path) as place:
        async with open_house(tmp_path, place) as opened:
            yield opened
