"""The audit log as a program writes to it and reads it: statements about digests, in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringwall.sdk.client import Client


class AuditLog:
    """The audit log of one ringwall; None takes the one that `Client()` finds at each call."""

    def __init__(self, client: Client | None = None) -> None:
        self._client = client or Client()

    def put(self, digest: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Leave a statement about a digest (of a commitment, a file, a model) in the ledger, for ever: no personal data in it.

        Args:
            digest: SHA-256, 64 hexadecimal digits; `FeatureGroup.commit` returns one.
            metadata: JSON values that say what about it.

        Raises:
            Refused, ServerAway: as `Client.call`.
        """
        answer: dict[str, Any] = self._client.call("PutAuditEntry", {"digest": digest, "metadata": dict(metadata)})
        return answer
