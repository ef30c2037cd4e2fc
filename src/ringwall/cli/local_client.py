"""A client that works on the data directory itself, where no server runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ringwall.api.in_process import Caller
from ringwall.api.native.operation import Static
from ringwall.bootstrap.house import House, open_house
from ringwall.bootstrap.settings import Settings


async def open_local(settings: Settings, account: str | None) -> LocalClient:
    """Open the house on a data directory that no server has."""
    return LocalClient(await open_house(settings), account)


class LocalClient:
    """Works on the data directory itself, in this process, as its operator."""

    def __init__(self, house: House, account: str | None) -> None:
        self._house = house
        self._account = account

    async def call(self, name: str, members: Mapping[str, Any]) -> Any:
        """Do one operation."""
        given = {member: value for member, value in members.items() if value is not None}
        principal = await self._house.operator(self._account)
        caller = Caller(principal, face="cli", source_ip="127.0.0.1", user_agent="ringwall-cli", secure=False)
        output = await self._house.local.call(name, caller, given)
        return output.content if isinstance(output, Static) else msgspec.to_builtins(output)

    async def close(self) -> None:
        """Close the data directory."""
        await self._house.close()
