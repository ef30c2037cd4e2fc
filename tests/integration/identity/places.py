"""What the identity tests stand on: real storage in a fresh directory, real keys, and a clock that moves when told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ringwall.identity import Administrator, Identity
from ringwall.identity.access_keys import NewAccessKey
from ringwall.identity.sessions import Issued
from ringwall.keys import Keys, open_keys
from ringwall.storage import Storage
from ringwall.storage.database import open_storage
from ringwall.wire import HttpRequest, SigningKey, sign_request

REGION = "us-east-1"
ACCOUNT = "111122223333"
CONTEXT = {"aws:SourceIp": "10.0.0.7", "aws:SecureTransport": "true", "aws:RequestedRegion": REGION}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class House:
    identity: Identity
    storage: Storage
    keys: Keys
    clock: Clock
    administrator: Administrator

    def signed(self, secret: tuple[str, str] | NewAccessKey | Issued, **changes: Any) -> HttpRequest:
        """A request that the holder of this credential signed, now."""
        token = ""
        if isinstance(secret, NewAccessKey):
            name, key = secret.key.name, secret.secret_access_key
        elif isinstance(secret, Issued):
            name, key, token = secret.session.access_key_id, secret.session.secret_access_key, secret.token
        else:
            name, key = secret
        request = HttpRequest(
            "POST", b"/guardrail/x/version/1/apply", b"", (("host", "localhost"), ("content-type", "application/json")), b"{}", True
        )
        return sign_request(request, SigningKey(name, key, REGION, "bedrock", changes.get("token", token)), self.clock())

    def bearer(self, token: str) -> HttpRequest:
        return HttpRequest(
            "POST", b"/guardrail/x/version/1/apply", b"", (("host", "localhost"), ("authorization", f"Bearer {token}")), b"{}", True
        )


@asynccontextmanager
async def open_house(directory: Path, place: str | Path | None = None) -> AsyncIterator[House]:
    clock = Clock()
    storage = open_storage(place or directory, clock=clock)
    try:
        keys = await open_keys(storage, data_dir=directory, environ={})
        identity = Identity(storage, keys, clock, REGION)
        administrator = await identity.create_administrator("first", ACCOUNT, operator=True)
        yield House(identity, storage, keys, clock, administrator)
        await identity.close()
    finally:
        await storage.close()
