"""A log goes on as another one: what an operator does after the log was rolled back, or forked, and no newer backup is left.

The log that others have seen has entries that this one has not. Continued under its origin it would sign trees that contradict what was
signed. So it is given a new origin and new keys, and says so itself: the first thing under the new origin is an entry that names the former
one and its last known checkpoint. Whoever followed the former log sees it end; whoever is shown the new one sees what it grew out of.

Steps, in this order, so that an interruption leaves a log that still refuses to start, or one that says everything:
1. The log must be sound by itself, and the remembered checkpoint one that it does not lead to; anything else is refused.
2. The lease is taken; the remembered checkpoint is put aside as a file, and the log's own last one kept for ever.
3. The entry is appended.
4. The keys are changed: from here on the former origin signs nothing.
5. A checkpoint is signed under the new origin, which covers the entry.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from ringwall.crypto import sha256
from ringwall.crypto.checkpoint import Checkpoint, parse_checkpoint
from ringwall.crypto.notes import split_note
from ringwall.errors import Conflict, IntegrityError
from ringwall.keys import LogKeyStore
from ringwall.ledger.sequencer import Sequencer

WriteEntry = Callable[[dict[str, Any], bytes], Awaitable[int]]
"""Appends the entry that tells of a new origin; takes what it says, and the former origin's last checkpoint. Returns its index."""


class NewOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a log.

    former, former_size: the origin and size of the last known checkpoint before.
    taken_over: how many of its entries are under the new one.
    index: of the entry that tells of it. size, vkeys: of the first checkpoint under the new origin.
    """

    log: str
    former: str
    former_size: int
    taken_over: int
    origin: str
    index: int
    size: int
    vkeys: tuple[str, ...]


async def begin_new_origin(sequencer: Sequencer, key_store: LogKeyStore, write_entry: WriteEntry) -> NewOrigin:
    """Let a log that was rolled back go on under a new origin.

    Raises:
        Conflict: the log goes on as it is, or another process seals it.
        IntegrityError: the log does not hold what it signed itself; no new origin mends that.
        DependencyError: the database or the data directory does not take it.
    """
    note = await sequencer.checks.left_behind()
    if not note:
        raise Conflict(f"the log `{sequencer.name}` can go on as it is", remedy="to change its keys only: `ringwall ledger rotate-key`")
    keys = await sequencer.keys()
    last = _read(note)
    try:
        is_signed = keys.open(note) == last
    except IntegrityError:  # by a key that was made after the backup
        is_signed = False
    head = await sequencer.put_aside(note)
    origin = await key_store.next_origin(sequencer.name)
    told = {
        "event": "new-origin",
        "log": sequencer.name,
        "origin": origin,
        "formerOrigin": last.origin,
        "formerSize": last.size,
        "formerRoot": last.root.hex(),
        "formerCheckpoint": sha256(note).hex(),
        "formerCheckpointVerified": is_signed,
        "takenOver": head.size,
    }
    index = await write_entry(told, note)
    changed = await key_store.begin_origin(sequencer.name, origin, until=head.size, last=note)
    size = await sequencer.seal()
    return NewOrigin(
        log=sequencer.name,
        former=last.origin,
        former_size=last.size,
        taken_over=head.size,
        origin=origin,
        index=index,
        size=size,
        vkeys=changed.vkeys,
    )


def _read(note: bytes) -> Checkpoint:
    """Read a remembered checkpoint as it stands; its signature may be of a key that the restored state has not."""
    return parse_checkpoint(split_note(note)[0])
