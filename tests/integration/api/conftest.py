"""A whole house on a fresh data directory, called without a server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ringwall.bootstrap.first_start import FirstStart
from ringwall.bootstrap.house import House, open_house
from ringwall.bootstrap.settings import load_settings
from ringwall.wire import HttpRequest, SigningKey, sign_request
from tests.asgi import Answer, send_request

HOST = "127.0.0.1:8741"


@dataclass
class Home:
    """An open house and the keys of its first start."""

    house: House
    first: FirstStart

    async def native(self, method: str, path: str, value: Any = None, *, key: str | None = None, **options: Any) -> Answer:
        """Call the native API with the administrator's API key, another one, or none (an empty one)."""
        token = self.first.api_key if key is None else key
        headers = dict(options.pop("headers", {}))
        if token:
            headers["authorization"] = f"Bearer {token}"
        body = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        answer = await send_request(self.house.application, method, f"/ringwall/v1{path}", headers=headers, body=body, **options)
        assert answer is not None
        return answer

    async def aws(self, method: str, path: str, body: bytes = b"", *, service: str = "bedrock", **options: Any) -> Answer:
        """Send a signed AWS request."""
        secret = options.pop("secret", self.first.secret_access_key)
        key_id = options.pop("key_id", self.first.access_key_id)
        headers = tuple(dict(options.pop("headers", {"content-type": "application/json"})).items())
        raw, _, query = path.partition("?")
        plain = HttpRequest(method, raw.encode(), query.encode(), (("host", HOST), *headers), body, secure=False)
        signed = sign_request(plain, SigningKey(key_id, secret, "us-east-1", service), datetime.now(UTC))
        answer = await send_request(self.house.application, method, path, headers=signed.headers, host=None, body=body, **options)
        assert answer is not None
        return answer


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    """A house after its first start."""
    async with opened(tmp_path) as found:
        yield found


class opened:  # noqa: N801 - used like a function
    """Open a house on a directory; settings by name."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self._settings = load_settings({}, directory=directory, flags={"data_dir": str(directory / "var"), **settings}).settings

    async def __aenter__(self) -> Home:
        self._house = await open_house(self._settings)
        return Home(self._house, await self._house.first_start())

    async def __aexit__(self, *_: object) -> None:
        await self._house.close()


@pytest.fixture
def open_home(tmp_path: Path) -> Callable[..., opened]:
    """Open a house with other settings, or again."""
    return lambda **settings: opened(tmp_path, **settings)
