"""The ledger by itself, for whoever holds the data directory: to verify it, beside a running server or without one, to rotate keys, and
to let a log that was rolled back go on.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from ringwall.bootstrap.first_start import operator_account_in
from ringwall.bootstrap.house import LEDGER_FOLDER, NotStarted
from ringwall.bootstrap.settings import Settings, read_root_environment
from ringwall.crypto import sha256
from ringwall.crypto.statements import AUDIT_ENTRY
from ringwall.keys import Keys, LogKeyStore, open_keys
from ringwall.keys.root import DEFAULT_REFERENCE
from ringwall.ledger import STATEMENT_LOG, Ledger, Verification
from ringwall.ledger.attestations import Attestor, timestamp
from ringwall.ledger.new_origin import NewOrigin
from ringwall.storage import Storage
from ringwall.storage.database import open_storage
from ringwall.storage.location import FILE_NAME
from ringwall.vocabulary import AuditRecord, system_clock

Progress = Callable[[int, int], None]
_OPERATOR: Final = "ringwall ledger new-origin"


async def verify_log(settings: Settings, log: str, progress: Progress | None = None) -> Verification:
    """Walk a whole log.

    Raises:
        NotStarted: there is no ledger here. IntegrityError: the first thing that is not as it was written, by its name.
    """
    async with _ledger(settings) as ledger:
        return await ledger.verify(log, progress=progress)


async def rotate_log_key(settings: Settings, log: str) -> tuple[str, ...]:
    """Add a version to a log's key, and return the verifier keys that the next checkpoint carries, the newest last.

    Raises:
        NotStarted: there is no ledger here. Conflict: a rotation is under way.
    """
    async with _ledger(settings) as ledger:
        await ledger.rotate_key(log)
        return await ledger.log(log).vkeys()


async def begin_log_origin(settings: Settings, log: str) -> NewOrigin:
    """Let a log that was rolled back go on under a new origin; the log itself says so, and the audit log, too.

    Raises:
        NotStarted: there is no ledger here. Conflict: the log can go on as it is, or a running server seals it.
        IntegrityError: the log does not hold what it signed itself; no new origin mends that.
    """
    async with _house(settings) as house:
        account_id = await operator_account_in(house.storage)
        if account_id is None:
            raise NotStarted("there is no operator's account yet")

        async def write_entry(told: dict[str, Any], note: bytes) -> int:
            if log == STATEMENT_LOG:
                index = await _state(house, account_id, told, note)
                await house.ledger.record(_record(settings, account_id, told))
                return index
            return await house.ledger.record(_record(settings, account_id, told))

        return await house.ledger.begin_origin(log, write_entry)


async def _state(house: _House, account_id: str, told: dict[str, Any], note: bytes) -> int:
    """Append a signed statement about the former origin's last checkpoint; whoever starts the log waits for nobody to seal it."""
    subjects = {told["formerOrigin"]: sha256(note).hex()}
    attestor = Attestor(house.storage, house.keys, house.ledger)
    signed = await attestor.sign(account_id, AUDIT_ENTRY, subjects, {"metadata": told}, by=_OPERATOR, at=system_clock())
    return await house.storage.append(STATEMENT_LOG, account_id, signed.body, signed.envelope.to_json())


def _record(settings: Settings, account_id: str, told: dict[str, Any]) -> AuditRecord:
    return AuditRecord(
        event_id=str(uuid.uuid4()),
        event_time=timestamp(system_clock()),
        event_source="ringwall",
        event_name="BeginLedgerOrigin",
        aws_region=settings.region,
        recipient_account_id=account_id,
        request_id=str(uuid.uuid4()),
        user_identity={"type": "AWSService", "invokedBy": _OPERATOR},
        source_ip_address="",
        user_agent=_OPERATOR,
        read_only=False,
        ringwall=told,
    )


class _House(NamedTuple):
    """What the commands here work on."""

    storage: Storage
    keys: Keys
    ledger: Ledger


@asynccontextmanager
async def _ledger(settings: Settings) -> AsyncIterator[Ledger]:
    async with _house(settings) as house:
        yield house.ledger


@asynccontextmanager
async def _house(settings: Settings) -> AsyncIterator[_House]:
    if not settings.storage_url and not (settings.directory / FILE_NAME).exists():
        raise NotStarted("there is no ledger yet")
    storage = await asyncio.to_thread(open_storage, settings.storage_url or settings.directory, clock=system_clock)
    try:
        reference = settings.root_key or DEFAULT_REFERENCE
        environ = read_root_environment(settings.root_key)
        keys = await open_keys(storage, data_dir=settings.directory, environ=environ, reference=reference)
        ledger = Ledger(storage, keys)
        key_store = LogKeyStore(storage, keys, system_clock, base=settings.ledger_origin)
        ledger.prepare(clock=system_clock, key_store=key_store, directory=settings.directory / LEDGER_FOLDER)
        yield _House(storage, keys, ledger)
        await ledger.close()
    finally:
        await storage.close()
