"""Each attack with every layer on, then without the layer that stopped it, and so on until it succeeds or nothing more can be switched off."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.acceptance.layers.attacks import ATTACKS, Attack
from tests.acceptance.layers.layers import EGRESS, stopped_by
from tests.acceptance.layers.world import World

PASSES = "succeeds"
STAYS = "cannot be switched off"


class Row(NamedTuple):
    """What stopped an attack, one layer after the other; how it ended; requests made, and records of them."""

    attack: Attack
    layers: tuple[str, ...]
    end: str
    asked: int
    recorded: int
    told: str


async def row_of(world: World, attack: Attack) -> Row:
    """Try one attack until it succeeds."""
    off: frozenset[str] = frozenset()
    found: list[str] = []
    asked = recorded = 0
    told = ""
    while True:
        account = await world.account(off)
        if attack.needs_calibration:
            await world.calibrate(account)
        succeeded = await attack.attempt(account)
        records: list[dict[str, Any]] = await account.records()
        asked, recorded, told = asked + account.asked, recorded + len(records), told + repr(records)
        layer = stopped_by(records)
        if succeeded:
            return Row(attack, tuple(found), PASSES, asked, recorded, told)
        assert layer is not None, f"{attack.name}: it failed without {sorted(off)}, and no record says why: {records[-1:]}"
        if layer in off:
            assert layer == EGRESS, f"{attack.name}: {layer} stopped it though it was switched off"
            return Row(attack, tuple(found), STAYS, asked, recorded, told)
        found.append(layer)
        off |= {layer}


async def rows_of(world: World) -> list[Row]:
    """Try every attack."""
    return [await row_of(world, attack) for attack in ATTACKS]


def table(rows: list[Row]) -> str:
    """Write the table as the manual has it."""
    lines = ["| attack | stopped by, each with those before it switched off | in the end |", "|---|---|---|"]
    for row in rows:
        end = row.end + (f": {row.attack.why}" if row.attack.why else "")
        lines.append(f"| {row.attack.name} | {' → '.join(row.layers)} | {end} |")
    return "\n".join(lines)
