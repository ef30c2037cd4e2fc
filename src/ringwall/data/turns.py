"""Trying again after another was faster: a little later each time, and not all at the same moment."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Final

ATTEMPTS: Final = 20
_MORE_MS: Final = 5


async def attempts() -> AsyncIterator[int]:
    """Yield ATTEMPTS numbers from 0 on; before each but the first, wait up to 5 ms more than before the last: half a second in all."""
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(secrets.randbelow(attempt * _MORE_MS + 1) / 1000)
        yield attempt
