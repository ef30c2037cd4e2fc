"""AWS WAFV2: web ACLs, rule groups, IP sets and regex pattern sets, and which of ringwall's endpoints a web ACL stands before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.operation import Call, Handler, Operation, Resources
from ringwall.api.aws.operations.sagemaker import request_tags
from ringwall.inference.waf_items import IP_SET, PATTERN_SET, RULE_GROUP, WEB_ACL, Kind, read_waf_tags

SERVICE = "wafv2"


def _anything(_call: Call, _request: dict[str, Any]) -> Sequence[str]:
    return ("*",)


def _item(kind: Kind) -> Resources:
    """Return the ARN of the item that a request names by its ARN, or by name and id; a new one's id is not known yet."""

    def resources(call: Call, request: dict[str, Any]) -> Sequence[str]:
        if request.get("ARN"):
            return (request["ARN"],)
        name, id_ = request.get("Name") or "*", request.get("Id") or "*"
        return (f"arn:aws:wafv2:{call.region}:{call.account_id}:regional/{kind.word}/{name}/{id_}",)

    return resources


def _members(*names: str) -> Resources:
    return lambda _call, request: tuple(request[name] for name in names)


def _create(kind: Kind) -> Handler:
    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.waf.create(call.account_id, kind, request)

    return handle


def _get(kind: Kind) -> Handler:
    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.waf.get(call.account_id, kind, request)

    return handle


def _list(kind: Kind) -> Handler:
    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.waf.listing(call.account_id, kind, request)

    return handle


def _update(kind: Kind) -> Handler:
    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.waf.update(call.account_id, kind, request)

    return handle


def _delete(kind: Kind) -> Handler:
    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.waf.delete(call.account_id, kind, request)

    return handle


async def _check_capacity(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.waf.check_capacity(call.account_id, request)


async def _associate(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.waf.associate(call.account_id, request["WebACLArn"], request["ResourceArn"])


async def _disassociate(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.waf.disassociate(call.account_id, request["ResourceArn"])


async def _web_acl_for(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.waf.web_acl_for(call.account_id, request["ResourceArn"])


async def _resources_for(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.waf.resources_for(call.account_id, request)


async def _tag(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.waf.tag_resource(call.account_id, request["ResourceARN"], read_waf_tags(request["Tags"]))


async def _untag(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.waf.untag_resource(call.account_id, request["ResourceARN"], frozenset(request["TagKeys"]))


async def _list_tags(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.waf.list_tags(call.account_id, request["ResourceARN"])


def _removed_tags(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return {"aws:TagKeys": list(request["TagKeys"])}


def _rows(kind: Kind) -> tuple[Operation, ...]:
    """Return the five operations that each kind has."""
    shape, item = kind.shape, _item(kind)
    return (
        Operation(SERVICE, f"Create{shape}", f"wafv2:Create{shape}", _create(kind), item, conditions=request_tags),
        Operation(SERVICE, f"Get{shape}", f"wafv2:Get{shape}", _get(kind), item, read_only=True),
        Operation(SERVICE, f"List{kind.summaries}", f"wafv2:List{kind.summaries}", _list(kind), _anything, read_only=True),
        Operation(SERVICE, f"Update{shape}", f"wafv2:Update{shape}", _update(kind), item),
        Operation(SERVICE, f"Delete{shape}", f"wafv2:Delete{shape}", _delete(kind), item),
    )


_RESOURCE = _members("ResourceARN")
_ENDPOINT = _members("ResourceArn")

OPERATIONS: tuple[Operation, ...] = (
    *_rows(WEB_ACL),
    *_rows(RULE_GROUP),
    *_rows(IP_SET),
    *_rows(PATTERN_SET),
    Operation(SERVICE, "CheckCapacity", "wafv2:CheckCapacity", _check_capacity, _anything, read_only=True),
    Operation(SERVICE, "AssociateWebACL", "wafv2:AssociateWebACL", _associate, _members("WebACLArn", "ResourceArn")),
    Operation(SERVICE, "DisassociateWebACL", "wafv2:DisassociateWebACL", _disassociate, _ENDPOINT),
    Operation(SERVICE, "GetWebACLForResource", "wafv2:GetWebACLForResource", _web_acl_for, _ENDPOINT, read_only=True),
    Operation(SERVICE, "ListResourcesForWebACL", "wafv2:ListResourcesForWebACL", _resources_for, _members("WebACLArn"), read_only=True),
    Operation(SERVICE, "TagResource", "wafv2:TagResource", _tag, _RESOURCE, conditions=request_tags),
    Operation(SERVICE, "UntagResource", "wafv2:UntagResource", _untag, _RESOURCE, conditions=_removed_tags),
    Operation(SERVICE, "ListTagsForResource", "wafv2:ListTagsForResource", _list_tags, _RESOURCE, read_only=True),
)
