"""An audit record in two halves: the leaf that stays, and the half that can be shredded.

The leaf holds what a log that never forgets may hold: identifiers, times, the outcome, keyed digests, rule ids, spans, and what else the
room that handled the request put into the record's `ringwall` part: for some operations the name of a data set, the ARN of a guardrail, the
id of an access key, what a recorded proof is about. Shredding does not reach these, so none should be named after a person. Who asked, from
where, with which program, with which error text, and the list of resources that the request was checked against are the erasable half. The
leaf carries a salted hash of that half: while the half is there it is authenticated, and when it is shredded, salt and all, the leaf is as
valid as before and tells nobody what the half said beyond that.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ringwall.crypto import canonical_json, equal, sha256
from ringwall.errors import IntegrityError, LimitExceeded
from ringwall.keys import Keys
from ringwall.storage import ERASABLE_BYTES, LEAF_BYTES
from ringwall.vocabulary import AuditRecord

LEAF_VERSION: Final = 1
SALT_BYTES: Final = 16
_COMMITMENT_DOMAIN: Final = b"ringwall erasable half v1\0"


class Halves(msgspec.Struct, frozen=True):
    """The bytes of one record: `leaf` for ever, `erasable` until it is shredded."""

    leaf: bytes
    erasable: bytes


def split_record(record: AuditRecord, keys: Keys, salt: bytes) -> Halves:
    """Make the two halves of a record.

    Args:
        record: what happened; its `ringwall` part holds no text (the rooms that fill it see to that).
        keys: for the digests of resource names.
        salt: SALT_BYTES fresh random bytes.

    Raises:
        InvalidRequest: the `ringwall` part has no canonical form.
        LimitExceeded: the record is larger than storage holds, even with its `ringwall` part in the erasable half.
    """
    account_id = record.recipient_account_id
    erasable: dict[str, Any] = {
        "errorMessage": record.error_message,
        "resources": record.resources,
        "salt": salt.hex(),
        "sourceIPAddress": record.source_ip_address,
        "userAgent": record.user_agent,
        "userIdentity": record.user_identity,
    }
    halves = _encode(record, keys, record.ringwall, erasable)
    if len(halves.leaf) > LEAF_BYTES:
        # Thousands of spans do not fit into a leaf: they move over whole, and the leaf keeps a keyed digest of them.
        details = canonical_json(record.ringwall)
        summary = {"moved": True, "bytes": len(details), "digest": keys.digest(account_id, details)}
        halves = _encode(record, keys, summary, {**erasable, "ringwall": record.ringwall})
    if len(halves.leaf) > LEAF_BYTES or len(halves.erasable) > ERASABLE_BYTES:
        raise LimitExceeded(
            "the audit record is larger than the ledger holds", leaf_bytes=len(halves.leaf), erasable_bytes=len(halves.erasable)
        )
    return halves


def commitment(erasable: bytes) -> str:
    """Return the hash of an erasable half that its leaf carries; hiding, because the half holds a random salt that is shredded with it."""
    return sha256(_COMMITMENT_DOMAIN + erasable).hex()


def check_halves(leaf: bytes, erasable: bytes) -> dict[str, Any]:
    """Return the decoded leaf, having checked its form and, unless it is shredded, the erasable half against it.

    Raises:
        IntegrityError: not a canonical leaf of this format, or a half that is not the one it was written with.
    """
    decoded = decode_leaf(leaf)
    promised = decoded.get("erasableCommitment")
    if not isinstance(promised, str) or canonical_json(decoded) != leaf:
        raise IntegrityError("the leaf is not a canonical record")
    if erasable and not equal(commitment(erasable).encode(), promised.encode()):
        raise IntegrityError("the erasable half is not the one that the leaf was written with")
    return decoded


def decode_leaf(leaf: bytes) -> dict[str, Any]:
    """Parse a leaf.

    Raises:
        IntegrityError: not JSON, or a format that this release does not know.
    """
    try:
        decoded = msgspec.json.decode(leaf, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise IntegrityError("the leaf is not JSON") from None
    if decoded.get("leafVersion") != LEAF_VERSION:
        raise IntegrityError("the leaf has a format that this release does not know")
    return decoded


def decode_erasable(erasable: bytes) -> dict[str, Any] | None:
    """Parse an erasable half; None if it was shredded.

    Raises:
        IntegrityError: not JSON.
    """
    if not erasable:
        return None
    try:
        decoded = msgspec.json.decode(erasable, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise IntegrityError("the erasable half is not JSON") from None
    decoded.pop("salt", None)
    return decoded


def _encode(record: AuditRecord, keys: Keys, details: dict[str, Any], erasable: dict[str, Any]) -> Halves:
    erasable_bytes = canonical_json(erasable)
    account_id = record.recipient_account_id
    leaf = {
        "awsRegion": record.aws_region,
        "erasableCommitment": commitment(erasable_bytes),
        "errorCode": record.error_code,
        "eventID": record.event_id,
        "eventName": record.event_name,
        "eventSource": record.event_source,
        "eventTime": record.event_time,
        "eventVersion": record.event_version,
        "leafVersion": LEAF_VERSION,
        "readOnly": record.read_only,
        "recipientAccountId": account_id,
        "requestID": record.request_id,
        "resourceDigests": [keys.digest(account_id, resource.encode()) for resource in record.resources],
        "ringwall": details,
    }
    return Halves(canonical_json(leaf), erasable_bytes)
