"""Signed statements in the log: made, put, found again, proved.

A statement is signed with a key of its account, and the log holds that it was: digests, the signature and the public key, never a word of
the statement. The envelope with the words is the entry's erasable half. When that is shredded, the log and every proof stay valid, and
nobody can guess the words from the digest, because each statement holds a random salt.

Rules this file upholds: a private key is sealed at rest and leaves this file in no form; what is read back is checked, envelope against
log entry, before anybody sees it; an account sees its own statements only.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from ringwall.crypto.dsse import Envelope, parse_envelope
from ringwall.crypto.rekor import LogEntry, check_dsse, parse_body, sign_and_log
from ringwall.crypto.statements import IN_TOTO, Statement, make_statement, parse_statement
from ringwall.crypto.verifier_keys import EnvelopeSigner, VerifierKey
from ringwall.errors import Conflict, IntegrityError, InvalidRequest, NotFound
from ringwall.keys import Keys
from ringwall.ledger.ledger import STATEMENT_LOG
from ringwall.ledger.transparency import Receipt
from ringwall.storage import Document, Entry, Insert, Storage

RECORDED_BY: Final = "recordedBy"
RECORDED_AT: Final = "recordedAt"
SALT: Final = "salt"

_KEY_KIND: Final = "statement-key"
_KEY_ID: Final = "1"
_SEED_BYTES: Final = 32
_SALT_BYTES: Final = 16
_RESERVED: Final = frozenset({RECORDED_BY, RECORDED_AT, SALT})


class StatementLog(Protocol):
    """What puts a body into the log; the ledger."""

    async def put_statement(self, account_id: str, body: bytes, envelope: bytes = b"") -> Receipt:
        """Append a body, its envelope as the erasable half, and return its place once a signed checkpoint covers it."""
        ...


class Signed(msgspec.Struct, frozen=True):
    """A statement that was signed, and the body that logs it."""

    envelope: Envelope
    body: bytes
    key: VerifierKey


class Attested(msgspec.Struct, frozen=True):
    """A statement that is in the log."""

    index: int
    envelope: Envelope
    body: bytes
    key: VerifierKey
    receipt: Receipt


class LoggedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as the log has it.

    recorded_at: Unix milliseconds, when it was appended. entry: what the body says.
    envelope, statement: None once they were shredded.
    """

    index: int
    recorded_at: int
    body: bytes
    entry: LogEntry
    envelope: Envelope | None
    statement: Statement | None


class Attestor:
    """Signs statements for accounts, and has them logged."""

    def __init__(
        self, storage: Storage, keys: Keys, log: StatementLog, *, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._storage = storage
        self._keys = keys
        self._log = log
        self._random_bytes = random_bytes
        self._signers: dict[str, EnvelopeSigner] = {}

    async def key(self, account_id: str) -> VerifierKey:
        """Return the public key that an account's statements are signed with, made when it is first asked for."""
        return (await self._signer(account_id)).key

    async def attest(
        self,
        account_id: str,
        predicate_type: str,
        subjects: Mapping[str, str],
        predicate: Mapping[str, Any],
        *,
        by: str,
        at: datetime,
    ) -> Attested:
        """Say something about things named by their SHA-256, sign it, log it, and wait for a checkpoint that covers it.

        Args:
            account_id: whose key signs, and who may read it.
            predicate_type: how to read `predicate` (`ringwall.crypto.statements`).
            subjects: name to SHA-256, lowercase hexadecimal.
            predicate: what is said; `recordedBy`, `recordedAt` and `salt` are added.
            by: the ARN of who says it.
            at: when.

        Raises:
            InvalidRequest: the predicate has a member of ours, or no canonical form.
            IntegrityError: no subject, or a digest that is none. DependencyError: the log did not take it.
        """
        signed = await self.sign(account_id, predicate_type, subjects, predicate, by=by, at=at)
        receipt = await self._log.put_statement(account_id, signed.body, signed.envelope.to_json())
        return Attested(receipt.index, signed.envelope, signed.body, signed.key, receipt)

    async def sign(
        self,
        account_id: str,
        predicate_type: str,
        subjects: Mapping[str, str],
        predicate: Mapping[str, Any],
        *,
        by: str,
        at: datetime,
    ) -> Signed:
        """Say and sign it as `attest` does, without logging it; arguments and errors as there."""
        if not _RESERVED.isdisjoint(predicate):
            raise InvalidRequest(f"the names {', '.join(sorted(_RESERVED))} are ringwall's own")
        ours = {RECORDED_BY: by, RECORDED_AT: timestamp(at), SALT: self._random_bytes(_SALT_BYTES).hex()}
        statement = make_statement(predicate_type, subjects, {**predicate, **ours})
        signer = await self._signer(account_id)
        envelope, body = sign_and_log(IN_TOTO, statement.to_json(), [signer])
        return Signed(envelope, body, signer.key)

    async def get(self, account_id: str, index: int) -> LoggedStatement:
        """Return one of an account's statements.

        Raises:
            NotFound: the account has none at this index.
            IntegrityError: what is stored is not what was logged.
        """
        async for entry in self._storage.entries(STATEMENT_LOG, start=index, end=index + 1, account_id=account_id):
            return read_logged(entry)
        raise NotFound(f"the account has no statement {index}", index=index)

    async def _signer(self, account_id: str) -> EnvelopeSigner:
        held = self._signers.get(account_id)
        if held is not None:
            return held
        context = f"{_KEY_KIND}/{account_id}/{_KEY_ID}"
        stored = await self._storage.get(account_id, _KEY_KIND, _KEY_ID)
        if stored is None:
            sealed = self._keys.seal(self._random_bytes(_SEED_BYTES), context=context)
            try:
                await self._storage.apply(Insert(Document(account_id=account_id, kind=_KEY_KIND, id=_KEY_ID, body=sealed)))
            except Conflict:  # another process made it at the same moment: its key is the account's
                stored = await self._storage.get(account_id, _KEY_KIND, _KEY_ID)
                if stored is None:
                    raise
                sealed = stored.body
        else:
            sealed = stored.body
        signer = self._signers[account_id] = EnvelopeSigner(self._keys.open(sealed, context=context))
        return signer


def read_logged(entry: Entry) -> LoggedStatement:
    """Read an entry of the log of statements, its envelope checked against it.

    Raises:
        IntegrityError: the envelope is not the one that was logged, or holds no statement.
    """
    if not entry.erasable:
        return LoggedStatement(
            index=entry.index,
            recorded_at=entry.recorded_at,
            body=entry.leaf,
            entry=parse_body(entry.leaf),
            envelope=None,
            statement=None,
        )
    try:
        envelope = parse_envelope(entry.erasable)
        logged = check_dsse(entry.leaf, envelope)
        statement = parse_statement(envelope.payload)
    except IntegrityError as error:
        raise IntegrityError(
            f"statement {entry.index}: {error.message}", index=entry.index, remedy="restore a backup and compare"
        ) from None
    return LoggedStatement(
        index=entry.index, recorded_at=entry.recorded_at, body=entry.leaf, entry=logged, envelope=envelope, statement=statement
    )


def timestamp(at: datetime) -> str:
    """Write a moment as audit records do: ISO 8601, UTC, milliseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
