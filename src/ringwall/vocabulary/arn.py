"""Amazon Resource Names: `arn:partition:service:region:account-id:resource`."""

from __future__ import annotations

import msgspec

from ringwall.errors import AccessDenied, InvalidRequest, NotFound


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
        parts = cls.split(text)
        if parts is None or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            raise InvalidRequest(f"`{text[:200]}` is not an ARN", remedy="write arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE")
        _, partition, service, region, account_id, resource = parts
        return cls(service=service, region=region, account_id=account_id, resource=resource, partition=partition)

    @staticmethod
    def split(text: str) -> list[str] | None:
        """Return the six components of what may be a name, the word `arn` first; None where it has fewer (`*`).

        For what is compared rather than looked up: a policy's resource, a condition's value, a record's entry. Nothing else is checked.
        """
        parts = text.split(":", 5)
        return parts if len(parts) == 6 else None


def own_resource(text: str, service: str, *, account_id: str, region: str, missing: type[NotFound]) -> tuple[str, str]:
    """Return (kind, name) of a resource of this account and region: `guardrail/abc` is of kind `guardrail`.

    Raises:
        InvalidRequest: no ARN of a resource of this service; or of another partition: policies are about the ARN as it was sent, so that a
            resource has one ARN, and `aws-cn` for `aws` gets past no denial.
        AccessDenied: the ARN names another account.
        NotFound: the ARN names another region (`missing` is its class).
    """
    arn = Arn.parse(text)
    kind, _, name = arn.resource.partition("/")
    if arn.partition != "aws":
        raise InvalidRequest("the resource is in the partition `aws`", remedy=f"write `arn:aws:{service}:...`")
    if arn.service != service or not name:
        raise InvalidRequest(f"the ARN names no resource of `{service}`")
    if arn.account_id != account_id:
        raise AccessDenied("the resource belongs to another account")
    if arn.region != region:
        raise missing("the resource is not in this region")
    return kind, name
