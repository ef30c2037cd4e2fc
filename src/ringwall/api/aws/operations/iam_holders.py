"""IAM operations that users, roles and groups share: inline policies, attached policies, boundaries, tags. One function makes the rows."""

from __future__ import annotations

from typing import Any

from ringwall.api.aws.operation import Call, Handler, Operation
from ringwall.api.aws.operations.iam_shapes import (
    Input,
    Output,
    document,
    named,
    request_conditions,
    sliced,
    tags_of,
    tags_shape,
)
from ringwall.identity.holders import Holders

_COLLECTIONS = {"User": "users", "Role": "roles", "Group": "groups"}


class HolderOperations:
    """The shared operations of one kind: `User`, `Role` or `Group`."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._member = f"{kind}Name"

    def _holders(self, call: Call) -> Holders[Any]:
        holders: Holders[Any] = getattr(call.rooms.identity, _COLLECTIONS[self._kind])
        return holders

    async def put_policy(self, call: Call, request: Input) -> Output:
        """Create or replace an inline policy."""
        await self._holders(call).put_policy(call.account_id, request[self._member], request["PolicyName"], request["PolicyDocument"])
        return {}

    async def get_policy(self, call: Call, request: Input) -> Output:
        """Return an inline policy."""
        name, policy = request[self._member], request["PolicyName"]
        text = await self._holders(call).get_policy(call.account_id, name, policy)
        return {self._member: name, "PolicyName": policy, "PolicyDocument": document(text)}

    async def delete_policy(self, call: Call, request: Input) -> Output:
        """Delete an inline policy."""
        await self._holders(call).delete_policy(call.account_id, request[self._member], request["PolicyName"])
        return {}

    async def list_policies(self, call: Call, request: Input) -> Output:
        """List inline policies by name."""
        holder = await self._holders(call).get(call.account_id, request[self._member])
        return sliced("PolicyNames", sorted(holder.inline), request, str)

    async def attach(self, call: Call, request: Input) -> Output:
        """Attach a managed policy."""
        await self._holders(call).attach(call.account_id, request[self._member], request["PolicyArn"])
        return {}

    async def detach(self, call: Call, request: Input) -> Output:
        """Detach a managed policy."""
        await self._holders(call).detach(call.account_id, request[self._member], request["PolicyArn"])
        return {}

    async def list_attached(self, call: Call, request: Input) -> Output:
        """List attached managed policies."""
        holder = await self._holders(call).get(call.account_id, request[self._member])
        prefix = request.get("PathPrefix", "/")
        arns = [arn for arn in holder.attached if arn.partition(":policy")[2].startswith(prefix)]
        return sliced("AttachedPolicies", arns, request, lambda arn: {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn})

    async def put_boundary(self, call: Call, request: Input) -> Output:
        """Set the permissions boundary."""
        await self._holders(call).set_boundary(call.account_id, request[self._member], request["PermissionsBoundary"])
        return {}

    async def delete_boundary(self, call: Call, request: Input) -> Output:
        """Remove the permissions boundary."""
        await self._holders(call).set_boundary(call.account_id, request[self._member], "")
        return {}

    async def tag(self, call: Call, request: Input) -> Output:
        """Add or replace tags."""
        await self._holders(call).tag(call.account_id, request[self._member], tags_of(request))
        return {}

    async def untag(self, call: Call, request: Input) -> Output:
        """Remove tags."""
        await self._holders(call).untag(call.account_id, request[self._member], request["TagKeys"])
        return {}

    async def list_tags(self, call: Call, request: Input) -> Output:
        """List tags."""
        holder = await self._holders(call).get(call.account_id, request[self._member])
        return sliced("Tags", tags_shape(holder.tags), request, dict)


def holder_rows(kind: str) -> tuple[Operation, ...]:
    """Return the rows of one kind; groups have neither boundaries nor tags."""
    one = HolderOperations(kind)
    rows: list[tuple[str, Handler, bool]] = [
        (f"Put{kind}Policy", one.put_policy, False),
        (f"Get{kind}Policy", one.get_policy, True),
        (f"Delete{kind}Policy", one.delete_policy, False),
        (f"List{kind}Policies", one.list_policies, True),
        (f"Attach{kind}Policy", one.attach, False),
        (f"Detach{kind}Policy", one.detach, False),
        (f"ListAttached{kind}Policies", one.list_attached, True),
    ]
    if kind != "Group":
        rows += [
            (f"Put{kind}PermissionsBoundary", one.put_boundary, False),
            (f"Delete{kind}PermissionsBoundary", one.delete_boundary, False),
            (f"Tag{kind}", one.tag, False),
            (f"Untag{kind}", one.untag, False),
            (f"List{kind}Tags", one.list_tags, True),
        ]
    resources = named(kind.lower(), f"{kind}Name")
    return tuple(
        Operation("iam", name, f"iam:{name}", handle, resources, read_only=read_only, conditions=request_conditions)
        for name, handle, read_only in rows
    )
