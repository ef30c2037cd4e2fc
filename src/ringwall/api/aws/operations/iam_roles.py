"""IAM: roles and their trust policies."""

from __future__ import annotations

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.iam_shapes import Input, Output, every, named, page_of, paged, request_conditions, role_shape, tags_of
from ringwall.identity.roles import NewRole


async def _create_role(call: Call, request: Input) -> Output:
    new = NewRole(
        name=request["RoleName"],
        trust=request["AssumeRolePolicyDocument"],
        path=request.get("Path", "/"),
        description=request.get("Description", ""),
        max_session_seconds=request.get("MaxSessionDuration", 3_600),
        boundary=request.get("PermissionsBoundary", ""),
        tags=tags_of(request),
    )
    return {"Role": role_shape(await call.rooms.identity.roles.create(call.account_id, new))}


async def _get_role(call: Call, request: Input) -> Output:
    return {"Role": role_shape(await call.rooms.identity.roles.get(call.account_id, request["RoleName"]))}


async def _list_roles(call: Call, request: Input) -> Output:
    page = await call.rooms.identity.roles.page(call.account_id, path_prefix=request.get("PathPrefix", "/"), **page_of(request))
    return paged("Roles", page, lambda role: role_shape(role, whole=False))


async def _update_role(call: Call, request: Input) -> Output:
    await call.rooms.identity.roles.describe(
        call.account_id,
        request["RoleName"],
        description=request.get("Description"),
        max_session_seconds=request.get("MaxSessionDuration"),
    )
    return {}


async def _update_role_description(call: Call, request: Input) -> Output:
    role = await call.rooms.identity.roles.describe(call.account_id, request["RoleName"], description=request["Description"])
    return {"Role": role_shape(role)}


async def _update_trust(call: Call, request: Input) -> Output:
    await call.rooms.identity.roles.set_trust(call.account_id, request["RoleName"], request["PolicyDocument"])
    return {}


async def _delete_role(call: Call, request: Input) -> Output:
    await call.rooms.identity.roles.delete(call.account_id, request["RoleName"])
    return {}


_ROLE = named("role", "RoleName")

OPERATIONS: tuple[Operation, ...] = (
    Operation("iam", "CreateRole", "iam:CreateRole", _create_role, _ROLE, conditions=request_conditions),
    Operation("iam", "GetRole", "iam:GetRole", _get_role, _ROLE, read_only=True),
    Operation("iam", "ListRoles", "iam:ListRoles", _list_roles, every("role"), read_only=True),
    Operation("iam", "UpdateRole", "iam:UpdateRole", _update_role, _ROLE),
    Operation("iam", "UpdateRoleDescription", "iam:UpdateRoleDescription", _update_role_description, _ROLE),
    Operation("iam", "UpdateAssumeRolePolicy", "iam:UpdateAssumeRolePolicy", _update_trust, _ROLE),
    Operation("iam", "DeleteRole", "iam:DeleteRole", _delete_role, _ROLE),
)
