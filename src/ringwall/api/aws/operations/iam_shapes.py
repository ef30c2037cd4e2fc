"""IAM's output shapes, resource ARNs and condition keys, shared by the IAM operation tables."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from ringwall.api.aws.operation import Call
from ringwall.identity.entities import Entity, Group, Holder, ManagedPolicy, PolicyVersion, Role, User
from ringwall.identity.errors import InvalidInput
from ringwall.identity.records import Page

Item = TypeVar("Item")
AnyEntity = TypeVar("AnyEntity", bound=Entity)
Input = dict[str, Any]
Output = dict[str, Any]


def moment(seconds: int) -> datetime:
    """Return a time as the wire encoder takes it."""
    return datetime.fromtimestamp(seconds, UTC)


def document(text: str) -> str:
    """Return a policy document as IAM answers it: percent-encoded (RFC 3986)."""
    return quote(text, safe="")


# -- shapes -----------------------------------------------------------------------------------------------------------------------------


def user_shape(user: User, *, whole: bool = True) -> Output:
    """Return the User shape; lists leave out tags and boundary, as AWS does."""
    shape = {"Path": user.path, "UserName": user.name, "UserId": user.id, "Arn": user.arn, "CreateDate": moment(user.created)}
    return {**shape, **_extras(user)} if whole else shape


def role_shape(role: Role, *, whole: bool = True) -> Output:
    """Return the Role shape."""
    shape: Output = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": moment(role.created),
        "AssumeRolePolicyDocument": document(role.trust),
        "MaxSessionDuration": role.max_session_seconds,
    }
    if role.description:
        shape["Description"] = role.description
    return {**shape, **_extras(role)} if whole else shape


def group_shape(group: Group) -> Output:
    """Return the Group shape."""
    return {"Path": group.path, "GroupName": group.name, "GroupId": group.id, "Arn": group.arn, "CreateDate": moment(group.created)}


def policy_shape(policy: ManagedPolicy, *, whole: bool = True) -> Output:
    """Return the Policy shape."""
    shape: Output = {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default,
        "AttachmentCount": policy.attachments,
        "PermissionsBoundaryUsageCount": policy.boundaries,
        "IsAttachable": True,
        "CreateDate": moment(policy.created),
        "UpdateDate": moment(policy.updated),
    }
    if whole:
        shape["Tags"] = tags_shape(policy.tags)
        if policy.description:
            shape["Description"] = policy.description
    return shape


def version_shape(version: PolicyVersion, *, default: bool, whole: bool = True) -> Output:
    """Return the PolicyVersion shape; lists leave out the document."""
    shape: Output = {"VersionId": version.id, "IsDefaultVersion": default, "CreateDate": moment(version.created)}
    return {**shape, "Document": document(version.document)} if whole else shape


def tags_shape(tags: dict[str, str]) -> list[Output]:
    """Return tags as a list of shapes."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _extras(holder: Holder) -> Output:
    extras: Output = {}
    if holder.boundary:
        extras["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": holder.boundary}
    if holder.tags:
        extras["Tags"] = tags_shape(holder.tags)
    return extras


# -- inputs -----------------------------------------------------------------------------------------------------------------------------


def tags_of(request: Input) -> dict[str, str]:
    """Return the request's tags.

    Raises:
        InvalidInput: one key twice.
    """
    listed = request.get("Tags") or []
    tags = {tag["Key"]: tag["Value"] for tag in listed}
    if len(tags) != len(listed):
        raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    return tags


def user_name_of(call: Call, request: Input) -> str:
    """Return the user the request names, or the calling user.

    Raises:
        InvalidInput: neither.
    """
    name = request.get("UserName") or call.principal.user_name
    if not name:
        raise InvalidInput("Must specify userName when calling with non-User credentials")
    return str(name)


def page_of(request: Input) -> dict[str, Any]:
    """Return the pagination arguments."""
    return {"marker": request.get("Marker", ""), "max_items": request.get("MaxItems", 100)}


def paged(member: str, page: Page[AnyEntity], shape: Callable[[AnyEntity], Output]) -> Output:
    """Return a page of entities as an output."""
    return {member: [shape(one) for one in page.entities], **_continuation(page.marker)}


def sliced(member: str, items: Sequence[Item], request: Input, shape: Callable[[Item], Any]) -> Output:
    """Return part of a list that is held whole; its marker is a position."""
    start = _position(request.get("Marker", ""))
    end = start + int(request.get("MaxItems", 100))
    marker = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(items) else ""
    return {member: [shape(one) for one in items[start:end]], **_continuation(marker)}


def _continuation(marker: str) -> Output:
    return {"IsTruncated": True, "Marker": marker} if marker else {"IsTruncated": False}


def _position(marker: str) -> int:
    try:
        position = int(base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode()) if marker else 0
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("The specified value for marker is invalid") from error
    if not 0 <= position <= 1_000_000:
        raise InvalidInput("The specified value for marker is invalid")
    return position


# -- resources and condition keys -------------------------------------------------------------------------------------------------------


def anything(_call: Call, _request: Input) -> Sequence[str]:
    """For actions without resources."""
    return ("*",)


def named(segment: str, member: str) -> Callable[[Call, Input], Sequence[str]]:
    """Return the ARN of the entity that `member` names, at the path the request gives; a user may be the caller, unnamed."""

    def resources(call: Call, request: Input) -> Sequence[str]:
        name = request.get(member) or (call.principal.user_name if segment == "user" else "")
        return (f"arn:aws:iam::{call.account_id}:{segment}{request.get('Path') or '/'}{name or '*'}",)

    return resources


def policy_arn(_call: Call, request: Input) -> Sequence[str]:
    """Return the policy that the request is about."""
    return (request["PolicyArn"],)


def every(segment: str) -> Callable[[Call, Input], Sequence[str]]:
    """Return all entities of a kind, for lists."""
    return lambda call, request: (f"arn:aws:iam::{call.account_id}:{segment}{request.get('PathPrefix') or '/'}*",)


def request_conditions(_call: Call, request: Input) -> dict[str, Any]:
    """Return the condition keys that an IAM request brings (Service Authorization Reference, IAM)."""
    keys: dict[str, Any] = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in request.get("Tags") or ()}
    tag_keys = [tag["Key"] for tag in request.get("Tags") or ()] + list(request.get("TagKeys") or ())
    if tag_keys:
        keys["aws:TagKeys"] = tag_keys
    if request.get("PermissionsBoundary"):
        keys["iam:PermissionsBoundary"] = request["PermissionsBoundary"]
    if request.get("PolicyArn"):
        keys["iam:PolicyARN"] = request["PolicyArn"]
    return keys
