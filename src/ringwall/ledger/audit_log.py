"""The public audit log: what a caller puts on record about something it names by digest, found again by digest, principal and time.

Every entry is a signed statement in the log of statements, where data set commitments are too; a search finds both. Rules this file
upholds: an account finds its own entries only; what was shredded is found by nothing but its index; a page reads and shows a bounded
number of bytes, and others get their turns while it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from ringwall.crypto.base64_text import decode_base64
from ringwall.crypto.canonical import canonical_json
from ringwall.crypto.statements import AUDIT_ENTRY
from ringwall.errors import Conflict, IntegrityError, InvalidRequest, LimitExceeded
from ringwall.ledger.attestations import RECORDED_BY, Attested, Attestor, LoggedStatement, read_logged
from ringwall.ledger.ledger import STATEMENT_LOG
from ringwall.storage import Entry, Storage

METADATA_BYTES: Final = 64 * 1024
PAGE: Final = 1000
_READ_A_PAGE: Final = 5000
_READ_BYTES: Final = 4 * 1024 * 1024
_SHOWN_BYTES: Final = 1024 * 1024
"""What is shown is decoded whole, and encoded again at one stretch; what is only read is skimmed."""
_AT_ONCE: Final = 32
_TURN_BYTES: Final = 128 * 1024


class _Subject(msgspec.Struct, frozen=True):
    digest: dict[str, str]


class _Predicate(msgspec.Struct, frozen=True):
    recorded_by: Any = msgspec.field(name=RECORDED_BY, default=None)


class _Skimmed(msgspec.Struct, frozen=True):
    """The members of a statement that a search looks at; the metadata are passed over, not decoded."""

    subject: tuple[_Subject, ...]
    predicate: _Predicate = _Predicate()


class _Sealed(msgspec.Struct, frozen=True):
    payload: str


_SKIM: Final = msgspec.json.Decoder(_Skimmed)
_UNSEAL: Final = msgspec.json.Decoder(_Sealed)


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What entries must be like; what is None is not asked for.

    digest: SHA-256 of a subject. principal: the ARN of who recorded it. since, until: Unix milliseconds, `until` excluded.
    """

    digest: str | None = None
    principal: str | None = None
    since: int | None = None
    until: int | None = None

    def finds(self, entry: Entry) -> bool:
        """Tell whether an entry, nothing of which was checked yet, says that it is like that."""
        if (self.since is not None and entry.recorded_at < self.since) or (self.until is not None and entry.recorded_at >= self.until):
            return False
        if self.digest is None and self.principal is None:
            return True
        if not entry.erasable:
            return False
        statement = _skim(entry)
        return (self.digest is None or any(subject.digest.get("sha256") == self.digest for subject in statement.subject)) and (
            self.principal is None or statement.predicate.recorded_by == self.principal
        )


class StatementPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some statements of one account, newest first.

    next: the `start` of the page after this one; None if there is none. A page can be shorter than its limit and still have a next one.
    """

    statements: tuple[LoggedStatement, ...]
    next: int | None


class AuditLog:
    """Puts and finds entries."""

    def __init__(self, storage: Storage, attestor: Attestor) -> None:
        self._storage = storage
        self._attestor = attestor

    async def put(self, account_id: str, digest: str, metadata: Mapping[str, Any], *, name: str, by: str, at: datetime) -> Attested:
        """Put something on record, and return its place in the log once a signed checkpoint covers it.

        Args:
            account_id: whose entry it is.
            digest: SHA-256 of what it is about, lowercase hexadecimal: a commitment, a file, a model.
            metadata: what is said about it; JSON with ASCII member names.
            name: of what it is about, for people.
            by: the ARN of who says it.
            at: when.

        Raises:
            LimitExceeded: the metadata is larger than 64 KiB. InvalidRequest: it has no canonical form.
        """
        if len(canonical_json(dict(metadata))) > METADATA_BYTES:
            raise LimitExceeded(f"the metadata has more than {METADATA_BYTES} bytes")
        return await self._attestor.attest(account_id, AUDIT_ENTRY, {name: digest}, {"metadata": dict(metadata)}, by=by, at=at)

    async def get(self, account_id: str, index: int) -> LoggedStatement:
        """Return one entry; NotFound if the account has none there."""
        return await self._attestor.get(account_id, index)

    async def erase(self, account_id: str, index: int) -> None:
        """Destroy the words of one of an account's entries; that there is one, and its proof, stay.

        Raises:
            NotFound: the account has no entry there. Conflict: it is another kind of statement, which holds digests only.
        """
        found = await self._attestor.get(account_id, index)
        if found.statement is not None and found.statement.predicate_type != AUDIT_ENTRY:
            raise Conflict(f"statement {index} is no entry of the audit log, and holds digests only", remedy="leave it as it is")
        await self._storage.shred(STATEMENT_LOG, index)

    async def search(self, account_id: str, search: Search, *, start: int | None = None, limit: int = 50) -> StatementPage:
        """Return an account's entries that a search finds, newest first, beginning at index `start` (None: the newest).

        Raises:
            InvalidRequest: a limit outside of 1 to 1000, or a negative start.
            IntegrityError: a stored entry is not what was logged.

        Cost: reads at most 5,000 of the account's entries and 4 MiB a page, about 10 us an entry and 0.2 ms one of 64 KiB, and checks
        what it found, at most 1 MiB, about 150 us each. Others get a turn after every 128 KiB.
        """
        if not 1 <= limit <= PAGE or (start is not None and start < 0):
            raise InvalidRequest(f"a page holds 1 to {PAGE} entries and begins at an index from 0 on")
        found: list[LoggedStatement] = []
        read = read_bytes = shown_bytes = since_turn = 0
        end = None if start is None else start + 1
        async for entry in self._storage.entries(STATEMENT_LOG, end=end, account_id=account_id, newest_first=True, at_once=_AT_ONCE):
            if len(found) == limit or read == _READ_A_PAGE or read_bytes >= _READ_BYTES or shown_bytes >= _SHOWN_BYTES:
                return StatementPage(statements=tuple(found), next=entry.index)
            size = len(entry.leaf) + len(entry.erasable)
            read, read_bytes, since_turn = read + 1, read_bytes + size, since_turn + size
            if search.finds(entry):
                found.append(read_logged(entry))
                shown_bytes += size
            if since_turn >= _TURN_BYTES:
                since_turn = 0
                await asyncio.sleep(0)
        return StatementPage(statements=tuple(found), next=None)


def _skim(entry: Entry) -> _Skimmed:
    """Read what a search looks at.

    Raises:
        IntegrityError: what is stored is no statement in an envelope.
    """
    try:
        return _SKIM.decode(decode_base64(_UNSEAL.decode(entry.erasable).payload, "payload"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise IntegrityError(
            f"statement {entry.index}: what is stored is no statement", index=entry.index, remedy="restore a backup and compare"
        ) from None
