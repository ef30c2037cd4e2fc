"""Feature groups with commitments: the words of the SageMaker SDK, and `commit`, `history`, `verify`, `prove` beside them."""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import Any

import msgspec

from ringwall.data.commitment import RowProof, SaltKey
from ringwall.data.datasets import Dataset, Version
from ringwall.errors import InvalidRequest
from ringwall.sdk.client import Client, Hashing, Sampling


class FeatureGroup:
    """One feature group, or a data set without a feature store.

    Args:
        name: as SageMaker names feature groups.
        client: of the ringwall that keeps it; None takes the one that `Client()` finds.
    """

    def __init__(self, name: str, *, client: Client | None = None) -> None:
        self.name = name
        self._client = client or Client()
        self._committed: tuple[Any, Hashing] | None = None

    def create(self, options: EllipsisType | None = None, /, *, forbidden: Sequence[str] | None = None) -> Dataset:
        """Create the data set, or change its policy where it exists.

        Args:
            options: may be written `...`, and means what leaving it out means.
            forbidden: types of personal data (`US_SOCIAL_SECURITY_NUMBER`), or `SECRET`, that no version may hold; None leaves the policy.
        """
        if options is not None and options is not ...:
            raise InvalidRequest("options of a feature group are given by name")
        return self._client.put_dataset(self.name, forbidden=forbidden)

    def describe(self) -> Dataset:
        """Return the data set: its policy, and how many versions there are."""
        return self._client.dataset(self.name)

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

    def __repr__(self) -> str:
        return f"FeatureGroup(name={msgspec.json.encode(self.name).decode()})"
