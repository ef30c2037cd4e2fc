"""A whole house on each database, called without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.api.conftest import Home, opened
from tests.integration.storage.places import DATABASES, fresh_place


@pytest.fixture(params=DATABASES)
async def home(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Home]:
    with fresh_place(request.param, tmp_path) as place:
        async with opened(tmp_path, storage_url="" if request.param == "sqlite" else place) as found:
            yield found
