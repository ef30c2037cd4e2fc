"""Statements: what is said (a predicate) about which things (subjects, named by digest), as one canonical text to sign.

Source: in-toto Attestation Framework v1, statement.md and digest_set.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from ringwall.crypto.canonical import canonical_json
from ringwall.errors import IntegrityError

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
IN_TOTO: Final = "application/vnd.in-toto+json"

AUDIT_ENTRY: Final = "urn:ringwall:predicate:audit-entry:v1"
DATASET_COMMITMENT: Final = "urn:ringwall:predicate:dataset-commitment:v1"

STATEMENT_BYTES: Final = 512 * 1024

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{2,256}\Z")]
Algorithm = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a statement is about.

    digest: algorithm (`sha256`) to lowercase hexadecimal; at least one.
    name: tells the subjects of one statement apart; it identifies nothing.
    """

    digest: Annotated[dict[Algorithm, Digest], Meta(min_length=1, max_length=8)]
    name: Annotated[str, Meta(max_length=1024)] = ""


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is said about the subjects.

    predicate_type: a URI that says how to read `predicate`.
    """

    type: str = msgspec.field(name="_type", default=STATEMENT_TYPE)
    subject: Annotated[tuple[Subject, ...], Meta(min_length=1, max_length=1000)]
    predicate_type: Annotated[str, Meta(pattern="^[a-z][a-z0-9+.-]*:", max_length=256)] = msgspec.field(name="predicateType")
    predicate: dict[str, Any] = {}

    def to_json(self) -> bytes:
        """Write the statement as canonical JSON: the payload of its envelope.

        Raises:
            InvalidRequest: the predicate has no canonical form.
        """
        return canonical_json(msgspec.to_builtins(self))


def make_statement(predicate_type: str, subjects: Mapping[str, str], predicate: Mapping[str, Any]) -> Statement:
    """Say something about things named by their SHA-256.

    Args:
        predicate_type: one of the constants above, or a URI of your own.
        subjects: name to SHA-256, lowercase hexadecimal.
        predicate: what is said; JSON with ASCII member names.

    Raises:
        IntegrityError: no subject, a digest that is none, or a predicate type that is no URI.
    """
    if not all(len(digest) == 64 for digest in subjects.values()):
        raise IntegrityError("a SHA-256 has 64 hexadecimal digits")
    return _convert(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects.items()],
            "predicateType": predicate_type,
            "predicate": dict(predicate),
        }
    )


def parse_statement(payload: bytes) -> Statement:
    """Read the payload of an envelope that was verified.

    Raises:
        IntegrityError: not a statement of this version, with unknown members, or larger than 512 KiB.
    """
    if len(payload) > STATEMENT_BYTES:
        raise IntegrityError(f"the statement has more than {STATEMENT_BYTES} bytes")
    try:
        read = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise IntegrityError("the statement is not JSON") from None
    return _convert(read)


def _convert(value: Any) -> Statement:
    try:
        statement = msgspec.convert(value, Statement)
    except msgspec.ValidationError as error:
        raise IntegrityError(f"not an in-toto statement: {error}") from None
    if statement.type != STATEMENT_TYPE:
        raise IntegrityError(f"the statement is a `{statement.type[:256]}`, not a `{STATEMENT_TYPE}`")
    return statement
