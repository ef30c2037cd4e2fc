"""What becomes of a tree's operations inside a transaction.

Rules this file upholds: a tree grows only under the fencing number that was given out last and from the size that is stored; a tile only
grows; there is one checkpoint per size; a step that fails is undone whole, by itself. The numbers, not the clocks, keep two sequencers
apart: a clock that is wrong costs time, never consistency.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine.interfaces import DBAPICursor

from ringwall.errors import Conflict, NotFound
from ringwall.storage.driver_errors import translate
from ringwall.storage.operations import Freeze, GiveLeaseBack, KeepCheckpoint, Outcome, Seal, TakeLease, TreeOperation
from ringwall.storage.ports import Sealing
from ringwall.storage.statements import Statements

_HOUR_MS: Final = 3_600_000
_TILE_ENTRIES: Final = 256


def run_tree_operation(
    cursor: DBAPICursor, sql: Statements, operation: TreeOperation, now_ms: int, driver_error: type[Exception]
) -> Outcome:
    """Run one operation behind a savepoint, and return its outcome; what is no Conflict is raised and undoes the whole transaction."""
    cursor.execute("SAVEPOINT tree")
    try:
        outcome = _run(cursor, sql, operation, now_ms)
    except (Conflict, NotFound) as refusal:
        cursor.execute("ROLLBACK TO SAVEPOINT tree")
        return refusal
    except driver_error as error:
        translated = translate(error)
        if not isinstance(translated, Conflict):
            raise
        cursor.execute("ROLLBACK TO SAVEPOINT tree")
        return translated
    cursor.execute("RELEASE SAVEPOINT tree")
    return outcome


def _run(cursor: DBAPICursor, sql: Statements, operation: TreeOperation, now_ms: int) -> int:
    match operation:
        case TakeLease():
            return _take_lease(cursor, sql, operation, now_ms)
        case Seal(sealing):
            _seal(cursor, sql, sealing, now_ms)
        case Freeze():
            _freeze(cursor, sql, operation)
        case GiveLeaseBack(log, holder, fence):
            cursor.execute(sql["give_lease_back"], {"log": log, "holder": holder, "fence": fence})
        case KeepCheckpoint(log, size, old_note, note):
            cursor.execute(sql["keep_checkpoint"], {"log": log, "size": size, "old_note": old_note, "note": note})
            if cursor.rowcount != 1:
                raise Conflict("the checkpoint was changed meanwhile, or is not kept any more", size=size)
    return 0


def _take_lease(cursor: DBAPICursor, sql: Statements, operation: TakeLease, now_ms: int) -> int:
    cursor.execute(sql["create_log"], {"log": operation.log})
    cursor.execute(sql["start_seal"], {"log": operation.log})
    cursor.execute(sql["take_lease"], {"log": operation.log, "holder": operation.holder, "now": now_ms, "until": now_ms + operation.ttl_ms})
    taken = cursor.fetchone()
    if taken is None:
        raise Conflict(f"another process seals the log `{operation.log}`", remedy="leave it to the other, or stop it", log=operation.log)
    return int(taken[0])


def _freeze(cursor: DBAPICursor, sql: Statements, operation: Freeze) -> None:
    asked = {"log": operation.log, "end": operation.end}
    cursor.execute(sql["advance_first"], {**asked, "holder": operation.holder, "fence": operation.fence})
    if cursor.rowcount != 1:
        raise Conflict(f"the log `{operation.log}` is sealed by another process by now, or not that far", log=operation.log)
    cursor.execute(sql["remove_entries"], asked)
    cursor.execute(sql["remove_tiles"], {"log": operation.log, "end": operation.end // _TILE_ENTRIES})


def _seal(cursor: DBAPICursor, sql: Statements, sealing: Sealing, now_ms: int) -> None:
    cursor.execute(
        sql["advance_seal"],
        {
            "log": sealing.log,
            "holder": sealing.holder,
            "fence": sealing.fence,
            "old_size": sealing.old_size,
            "size": sealing.size,
            "until": now_ms + sealing.ttl_ms,
        },
    )
    if cursor.rowcount != 1:
        raise Conflict(f"the log `{sealing.log}` is sealed by another process by now", log=sealing.log, fence=sealing.fence)
    for tile in sealing.tiles:
        cursor.execute(sql["put_tile"], {"log": sealing.log, "level": tile.level, "position": tile.index, "data": tile.data})
        if cursor.rowcount != 1:
            raise Conflict(f"a tile of the log `{sealing.log}` is there already", level=tile.level, index=tile.index)
    cursor.execute(
        sql["put_checkpoint"],
        {"log": sealing.log, "size": sealing.size, "sealed_at": now_ms, "kept": int(sealing.keep), "note": sealing.note},
    )
    if cursor.rowcount != 1:
        raise Conflict(f"the log `{sealing.log}` has a checkpoint of this size already", size=sealing.size)
    cursor.execute(sql["thin_checkpoints"], {"log": sealing.log, "old_size": sealing.old_size, "hour": now_ms // _HOUR_MS * _HOUR_MS})
