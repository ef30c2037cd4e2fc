"""Amazon Resource Names: `arn:partition:service:region:account-id:resource`."""

from __future__ import annotations

import msgspec

from ringwall.errors import InvalidRequest


class Arn(msgspec.Struct, frozen=True):
    """One parsed name.

    Source: AWS General Reference, "Amazon Resource Names (ARNs)".
    """

    service: str
    region: str
    account_id: str
    resource: str
    partition: str = "aws"

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account_id}:{self.resource}"

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Split a name into its parts.

        Raises:
            InvalidRequest: not six colon-separated parts that start with `arn`.
        """
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            raise InvalidRequest(f"`{text[:200]}` is not an ARN")
        _, partition, service, region, account_id, resource = parts
        return cls(service=service, region=region, account_id=account_id, resource=resource, partition=partition)
