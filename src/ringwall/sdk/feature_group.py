"""Feature groups with commitments: the words of the SageMaker SDK, and `commit`, `history`, `verify`, `prove` beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import EllipsisType
from typing import Any

import msgspec

from ringwall.data.commitment import RowProof, SaltKey, Schema, open_source, schema_of
from ringwall.data.datasets import Dataset, Version
from ringwall.errors import InvalidRequest
from ringwall.sdk.client import Client, Hashing, Sampling
from ringwall.sdk.connection import Refused


class FeatureGroup:
    """One feature group, or a data set without a feature store.

    Args:
        name: as SageMaker names feature groups.
        client: of the ringwall that keeps it; None takes the one that `Client()` finds.
    """

    def __init__(self, name: str, *, client: Client | None = None) -> None:
        self.name = name
        self.feature_definitions: tuple[dict[str, str], ...] = ()
        self._client = client or Client()
        self._committed: tuple[Any, Hashing] | None = None

    # -- a data set, and commitments to its versions -----------------------------------------------------------------------------------

    def create(
        self,
        options: EllipsisType | None = None,
        /,
        *,
        forbidden: Sequence[str] | None = None,
        record_identifier_name: str = "",
        event_time_feature_name: str = "",
        **store: Any,
    ) -> Dataset:
        """Create the data set, or change its policy where it exists; with `record_identifier_name` a feature store too.

        Args:
            options: may be written `...`, and means what leaving it out means.
            forbidden: types of personal data (`US_SOCIAL_SECURITY_NUMBER`), or `SECRET`, that no version may hold; None leaves the policy.
            record_identifier_name: the feature that identifies a record; `load_feature_definitions` comes first.
            event_time_feature_name: the feature that says when.
            store: `enable_online_store` (bool), `s3_uri` (of the offline store; absent or False: none), `role_arn`, `description`,
                `tags` (name to value), as the SageMaker SDK calls them.

        Raises:
            InvalidRequest: a feature store without definitions, or an option that is not known. Refused: by the server.
        """
        if options is not None and options is not ...:
            raise InvalidRequest("options of a feature group are given by name")
        if record_identifier_name:
            self._create_store(record_identifier_name, event_time_feature_name, store)
        elif store or event_time_feature_name:
            raise InvalidRequest("a feature store has a `record_identifier_name`")
        return self._client.put_dataset(self.name, forbidden=forbidden)

    def commit(self, data: Any, *, hashing: Hashing | None = None, sampling: Sampling | None = None, extends: bool = False) -> str:
        """Commit to a version; return the commitment's digest, which names exactly this table. See `Client.commit`."""
        version = self._client.commit(self.name, data, hashing=hashing, sampling=sampling, extends=extends)
        self._committed = (data, hashing or Hashing())
        return version.digest

    def history(self) -> list[Version]:
        """Return every version, oldest first."""
        return self._client.history(self.name)

    def verify(self, data: Any, *, version: int | None = None, hashing: Hashing | None = None) -> Version:
        """Check that data are what a version (None: the latest) committed to.

        Raises:
            IntegrityError: they are not.
        """
        return self._client.verify(self.name, data, version=version, hashing=hashing)

    def prove(self, row: int, data: Any = None, *, salts: SaltKey | None = None, version: int | None = None) -> RowProof:
        """Prove one row, counted from 0, of a version committed to in the mode `rows`.

        Args:
            row: its number.
            data: the table; left out, the one that this object committed to last.
            salts: the key of the row salts; left out, likewise.
            version: None is the latest.

        Raises:
            InvalidRequest: there are no data or no salts to prove it with.
        """
        last, hashing = self._committed or (None, Hashing())
        data, salts = last if data is None else data, salts or hashing.salts
        if data is None or salts is None:
            raise InvalidRequest("a row is proved from the data and the salt key", remedy="give `data` and `salts`")
        return self._client.prove_row(self.name, data, row, salts, version=version)

    # -- a feature store ---------------------------------------------------------------------------------------------------------------

    def load_feature_definitions(self, data_frame: Any) -> tuple[dict[str, str], ...]:
        """Take the features' names and types from a table: whole numbers, numbers with a point, and texts for all else."""
        schema: Schema = schema_of(open_source(data_frame).schema)
        self.feature_definitions = tuple({"FeatureName": each.name, "FeatureType": _feature_type(each.type)} for each in schema.columns)
        return self.feature_definitions

    def describe(self) -> dict[str, Any]:
        """Return what DescribeFeatureGroup says, where there is a feature store, and the data set under `Dataset`."""
        found: dict[str, Any] = {"FeatureGroupName": self.name}
        try:
            found = self._client.call("DescribeFeatureGroup", {"FeatureGroupName": self.name})
        except Refused as refused:
            if refused.answered != 404:
                raise
        return found | {"Dataset": msgspec.to_builtins(self._client.dataset(self.name))}

    def ingest(self, data_frame: Any) -> int:
        """Put every row of a table into the feature store, one record at a time; nulls are left out. Return how many.

        Unlike `commit` this sends the data: the feature store keeps them.
        """
        done = 0
        source = open_source(data_frame)
        with self._client.told("putting records") as progress:
            for batch in source.batches():
                for row in batch.to_pylist():
                    self.put_record(row)
                    done += 1
                    progress(done, source.rows)
        return done

    def put_record(self, values: Mapping[str, Any]) -> None:
        """Put one record; values that are None are left out.

        Raises:
            InvalidRequest: a value that is no text, number, truth value or time. Refused, ServerAway: as `Client.call`.
        """
        record = [{"FeatureName": name, "ValueAsString": _as_string(name, value)} for name, value in values.items() if value is not None]
        self._client.call("PutRecord", {"FeatureGroupName": self.name, "Record": record})

    def get_record(self, record_identifier_value_as_string: str) -> dict[str, str | list[str]] | None:
        """Return the newest record of an identifier as names and values, those of a collection as a list; None if there is none."""
        members = {"FeatureGroupName": self.name, "RecordIdentifierValueAsString": record_identifier_value_as_string}
        found = self._client.call("GetRecord", members).get("Record")
        if found is None:
            return None
        return {each["FeatureName"]: each["ValueAsString"] if "ValueAsString" in each else each["ValueAsStringList"] for each in found}

    def _create_store(self, identifier: str, event_time: str, store: dict[str, Any]) -> None:
        options = {"enable_online_store": False, "s3_uri": None, "role_arn": None, "description": None, "tags": None}
        unknown = set(store) - set(options)
        if unknown:
            raise InvalidRequest(f"`{min(unknown)[:60]}` is no option of a feature store", remedy=f"take of: {', '.join(options)}")
        if not self.feature_definitions:
            raise InvalidRequest("the features are not known yet", remedy="call `load_feature_definitions(data_frame)` first")
        given = options | store
        self._client.call(
            "CreateFeatureGroup",
            {
                "FeatureGroupName": self.name,
                "RecordIdentifierFeatureName": identifier,
                "EventTimeFeatureName": event_time,
                "FeatureDefinitions": list(self.feature_definitions),
                "OnlineStoreConfig": {"EnableOnlineStore": True} if given["enable_online_store"] else None,
                "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": given["s3_uri"]}} if given["s3_uri"] else None,
                "RoleArn": given["role_arn"],
                "Description": given["description"],
                "Tags": [{"Key": key, "Value": value} for key, value in (given["tags"] or {}).items()],
            },
        )

    def __repr__(self) -> str:
        return f"FeatureGroup(name={self.name!r})"


def _feature_type(kind: Any) -> str:
    word = kind if isinstance(kind, str) else ""
    if word.startswith(("int", "uint")):
        return "Integral"
    return "Fractional" if word.startswith(("float", "decimal")) else "String"


def _as_string(name: str, value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview | list | tuple | set | dict):
        raise InvalidRequest(
            f"the feature `{name[:60]}` holds a value of type `{type(value).__name__}`, which no single value of a feature store is",
            remedy="make it a text or a number first, or put it with boto3",
        )
    if not isinstance(value, datetime):
        return str(value)
    moment = value if value.tzinfo is None else value.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").removesuffix("+00:00") + "Z"
