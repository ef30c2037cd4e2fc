"""The audit log as a program writes to it and reads it: statements about digests, in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ringwall.sdk.client import Client


class AuditLog:
    """The audit log of one ringwall.

    Args:
        client: of that ringwall; None takes the one that `Client()` finds at each call.
    """

    def __init__(self, client: Client | None = None) -> None:
        self._client = client or Client()

    def put(self, digest: str, metadata: Mapping[str, Any], *, name: str = "") -> dict[str, Any]:
        """Leave a signed statement about a digest in the ledger.

        Args:
            digest: SHA-256, 64 hexadecimal digits: of a commitment (`FeatureGroup.commit` returns one), a file, a model.
            metadata: JSON values that say what about it.
            name: what the digest is of, for people.

        Returns:
            where it is (`log`, `index`, `size`), and its proof (`tlogProof`), which verifies offline.

        Raises:
            Refused, ServerAway: as `Client.call`.
        """
        answer: dict[str, Any] = self._client.call("PutAuditEntry", {"digest": digest, "metadata": dict(metadata), "name": name})
        return answer

    def get(self, index: int) -> dict[str, Any]:
        """Return one entry of the account, with its proof."""
        answer: dict[str, Any] = self._client.call("GetAuditEntry", {"index": index})
        return answer

    def search(
        self, *, digest: str | None = None, principal: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Iterate the account's entries, newest first: those about a digest, by a principal (its ARN), or of a time, or all of these.

        A moment without a time zone is local time, as everywhere in Python.
        """
        wanted = {"digest": digest, "principal": principal, "since": _moment(since), "until": _moment(until)}
        start: int | None = None
        while True:
            page = self._client.call("SearchAuditLog", {**wanted, "start": start})
            yield from page["entries"]
            start = page["next"]
            if start is None:
                return


def _moment(given: datetime | None) -> str | None:
    return None if given is None else given.astimezone(UTC).isoformat()
