"""Print the table of layers: `python -m tests.acceptance.layers`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.acceptance.layers.table import rows_of, table
from tests.acceptance.layers.world import opened


async def main() -> str:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as world:
            return table(await rows_of(world))


if __name__ == "__main__":
    print(asyncio.run(main()))
