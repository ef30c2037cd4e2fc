"""Artifacts, actions, contexts and associations, as they are stored, read from requests, and shown.

An entity is two documents: what lists and queries need of every entity, small, and the rest. `ref` is an entity's ARN without account and
region (`artifact/0f3c...`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from ringwall.crypto import sha256
from ringwall.data.listing import read_body
from ringwall.data.sagemaker_names import sagemaker_arn
from ringwall.errors import InvalidRequest
from ringwall.storage import Document
from ringwall.vocabulary import Principal

WORDS: Final = {"artifact": "Artifact", "action": "Action", "context": "Context"}
"""Kinds as in ARNs, and as members and lineage types name them."""

SOURCE_TYPES_MAX: Final = 10
EDGE: Final = "lineage-association"
COUNTS: Final = "lineage-counts"


class By(msgspec.Struct, frozen=True):
    """Who did it."""

    arn: str
    principal_id: str

    def show(self) -> dict[str, Any]:
        """Return SageMaker's UserContext."""
        return {"IamIdentity": {"Arn": self.arn, "PrincipalId": self.principal_id}}


class Entity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What lists and queries need. id: the last part of the ARN; source: as SageMaker has it."""

    kind: str
    id: str
    name: str
    type: str
    source: dict[str, Any]
    created_at: datetime
    modified_at: datetime
    status: str = ""

    @property
    def ref(self) -> str:
        """The ARN without account and region."""
        return f"{self.kind}/{self.id}"

    def document(self, account_id: str, *, revision: int = 0) -> Document:
        """Return the document that holds this."""
        return Document(account_id=account_id, kind=f"lineage-{self.kind}", id=self.id, body=msgspec.json.encode(self), revision=revision)


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rest of an entity."""

    created_by: By
    modified_by: By
    description: str = ""
    properties: dict[str, str] = {}
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}

    def document(self, account_id: str, entity: Entity, *, revision: int = 0) -> Document:
        """Return the document that holds this."""
        return Document(
            account_id=account_id, kind=f"lineage-{entity.kind}-details", id=entity.id, body=msgspec.json.encode(self), revision=revision
        )


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """One association, by the refs of its ends."""

    source: str
    destination: str
    type: str
    created_at: datetime
    created_by: By

    @property
    def id(self) -> str:
        """What makes it one of a kind; no ref has a `|`."""
        return f"{self.source}|{self.destination}"

    def document(self, account_id: str) -> Document:
        """Return the document that holds this."""
        return Document(account_id=account_id, kind=EDGE, id=self.id, body=msgspec.json.encode(self))


class Counts(msgspec.Struct, frozen=True):
    """How much an account has of everything; also what makes two changes at once take turns."""

    artifact: int = 0
    action: int = 0
    context: int = 0
    association: int = 0


_ENTITY = msgspec.json.Decoder(Entity)
_DETAILS = msgspec.json.Decoder(Details)
_EDGE = msgspec.json.Decoder(Edge)
_COUNTS = msgspec.json.Decoder(Counts)


def read_entity(document: Document) -> Entity:
    """Read a stored entity."""
    return read_body(_ENTITY, document)


def read_details(document: Document) -> Details:
    """Read the rest of a stored entity."""
    return read_body(_DETAILS, document)


def read_edge(document: Document) -> Edge:
    """Read a stored association."""
    return read_body(_EDGE, document)


def read_counts(document: Document | None) -> Counts:
    """Read an account's counts; none yet: nothing."""
    return Counts() if document is None else read_body(_COUNTS, document)


def who(principal: Principal) -> By:
    """Return a caller as entities note it."""
    return By(principal.arn, principal.principal_id)


def make_entity(kind: str, request: Mapping[str, Any], now: datetime) -> Entity:
    """Read a CreateArtifact, CreateAction or CreateContext request.

    An artifact is identified by its source, the others by their names: the same source is the same artifact.

    Raises:
        InvalidRequest: a source with too many types.
    """
    word = WORDS[kind]
    source = dict(request["Source"])
    if len(source.get("SourceTypes") or ()) > SOURCE_TYPES_MAX:
        raise InvalidRequest(f"an artifact's source has at most {SOURCE_TYPES_MAX} SourceTypes")
    name = request.get(f"{word}Name") or ""
    return Entity(
        kind=kind,
        id=artifact_id(source) if kind == "artifact" else name,
        name=name,
        type=request[f"{word}Type"],
        source=source,
        created_at=now,
        modified_at=now,
        status=request.get("Status") or "",
    )


def artifact_id(source: Mapping[str, Any]) -> str:
    """Return the id of the artifact with this source: 32 hex digits, as AWS's."""
    types = sorted((each["SourceIdType"], each["Value"]) for each in source.get("SourceTypes") or ())
    return sha256(msgspec.json.encode([source["SourceUri"], types])).hex()[:32]


def show_summary(entity: Entity, *, account_id: str, region: str) -> dict[str, Any]:
    """Return the entry that a list shows."""
    word = WORDS[entity.kind]
    optional = {f"{word}Name": entity.name, "Status": entity.status}
    return {
        f"{word}Arn": sagemaker_arn(region, account_id, entity.kind, entity.id),
        "Source": entity.source,
        f"{word}Type": entity.type,
        "CreationTime": entity.created_at,
        "LastModifiedTime": entity.modified_at,
    } | {name: value for name, value in optional.items() if value}


def show_entity(entity: Entity, details: Details, *, account_id: str, region: str) -> dict[str, Any]:
    """Return what DescribeArtifact and its kin answer."""
    optional = {"Description": details.description, "Properties": details.properties, "MetadataProperties": details.metadata}
    return {
        **show_summary(entity, account_id=account_id, region=region),
        "CreatedBy": details.created_by.show(),
        "LastModifiedBy": details.modified_by.show(),
    } | {name: value for name, value in optional.items() if value}
