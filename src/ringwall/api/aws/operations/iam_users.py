"""IAM: users, groups, access keys and API keys (service-specific credentials for Bedrock)."""

from __future__ import annotations

from collections.abc import Sequence

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.iam_shapes import (
    Input,
    Output,
    anything,
    every,
    group_shape,
    moment,
    named,
    page_of,
    paged,
    request_conditions,
    sliced,
    tags_of,
    user_name_of,
    user_shape,
)
from ringwall.identity.access_keys import BEDROCK
from ringwall.identity.entities import AccessKey, ApiKey
from ringwall.identity.errors import InvalidInput


async def _create_user(call: Call, request: Input) -> Output:
    user = await call.rooms.identity.users.create(
        call.account_id,
        request["UserName"],
        path=request.get("Path", "/"),
        tags=tags_of(request),
        boundary=request.get("PermissionsBoundary", ""),
    )
    return {"User": user_shape(user)}


async def _get_user(call: Call, request: Input) -> Output:
    if not request.get("UserName") and call.principal.kind == "Root":
        account = await call.rooms.identity.accounts.get(call.account_id)
        return {
            "User": {
                "Path": "/",
                "UserName": "root",
                "UserId": call.account_id,
                "Arn": call.principal.arn,
                "CreateDate": moment(account.created),
            }
        }
    return {"User": user_shape(await call.rooms.identity.users.get(call.account_id, user_name_of(call, request)))}


async def _list_users(call: Call, request: Input) -> Output:
    page = await call.rooms.identity.users.page(call.account_id, path_prefix=request.get("PathPrefix", "/"), **page_of(request))
    return paged("Users", page, lambda user: user_shape(user, whole=False))


async def _update_user(call: Call, request: Input) -> Output:
    await call.rooms.identity.users.rename(
        call.account_id, request["UserName"], new_name=request.get("NewUserName", ""), new_path=request.get("NewPath", "")
    )
    return {}


async def _delete_user(call: Call, request: Input) -> Output:
    await call.rooms.identity.users.delete(call.account_id, request["UserName"])
    return {}


# -- groups -----------------------------------------------------------------------------------------------------------------------------


async def _create_group(call: Call, request: Input) -> Output:
    group = await call.rooms.identity.groups.create(call.account_id, request["GroupName"], path=request.get("Path", "/"))
    return {"Group": group_shape(group)}


async def _get_group(call: Call, request: Input) -> Output:
    groups = call.rooms.identity.groups
    group = await groups.get(call.account_id, request["GroupName"])
    page = await groups.members(call.account_id, group.name, **page_of(request))
    return {"Group": group_shape(group), **paged("Users", page, lambda user: user_shape(user, whole=False))}


async def _list_groups(call: Call, request: Input) -> Output:
    page = await call.rooms.identity.groups.page(call.account_id, path_prefix=request.get("PathPrefix", "/"), **page_of(request))
    return paged("Groups", page, group_shape)


async def _delete_group(call: Call, request: Input) -> Output:
    await call.rooms.identity.groups.delete(call.account_id, request["GroupName"])
    return {}


async def _add_user(call: Call, request: Input) -> Output:
    await call.rooms.identity.groups.add_user(call.account_id, request["GroupName"], request["UserName"])
    return {}


async def _remove_user(call: Call, request: Input) -> Output:
    await call.rooms.identity.groups.remove_user(call.account_id, request["GroupName"], request["UserName"])
    return {}


async def _list_groups_for_user(call: Call, request: Input) -> Output:
    identity = call.rooms.identity
    user = await identity.users.get(call.account_id, request["UserName"])
    groups = [await identity.groups.get(call.account_id, name) for name in user.groups]
    return sliced("Groups", groups, request, group_shape)


# -- access keys ------------------------------------------------------------------------------------------------------------------------


def _key_shape(key: AccessKey) -> Output:
    return {"UserName": key.user_name, "AccessKeyId": key.name, "Status": key.status, "CreateDate": moment(key.created)}


async def _create_access_key(call: Call, request: Input) -> Output:
    new = await call.rooms.identity.access_keys.create(call.account_id, user_name_of(call, request))
    call.record["accessKeyId"] = new.key.name
    return {"AccessKey": {**_key_shape(new.key), "SecretAccessKey": new.secret_access_key}}


async def _list_access_keys(call: Call, request: Input) -> Output:
    keys = await call.rooms.identity.access_keys.list(call.account_id, user_name_of(call, request))
    return sliced("AccessKeyMetadata", keys, request, _key_shape)


async def _update_access_key(call: Call, request: Input) -> Output:
    if request["Status"] not in ("Active", "Inactive"):
        raise InvalidInput("Status must be Active or Inactive")
    await call.rooms.identity.access_keys.set_status(
        call.account_id, user_name_of(call, request), request["AccessKeyId"], request["Status"]
    )
    return {}


async def _delete_access_key(call: Call, request: Input) -> Output:
    await call.rooms.identity.access_keys.delete(call.account_id, user_name_of(call, request), request["AccessKeyId"])
    return {}


async def _access_key_last_used(call: Call, request: Input) -> Output:
    key, use = await call.rooms.identity.access_keys.last_use(call.account_id, request["AccessKeyId"])
    if use is None:
        return {"UserName": key.user_name, "AccessKeyLastUsed": {"Region": "N/A", "ServiceName": "N/A"}}
    used = {"LastUsedDate": moment(use.created), "Region": use.region, "ServiceName": use.service}
    return {"UserName": key.user_name, "AccessKeyLastUsed": used}


# -- API keys ---------------------------------------------------------------------------------------------------------------------------


def _api_key_shape(key: ApiKey) -> Output:
    shape: Output = {
        "UserName": key.user_name,
        "Status": key.status,
        "CreateDate": moment(key.created),
        "ServiceName": BEDROCK,
        "ServiceSpecificCredentialId": key.name,
        "ServiceCredentialAlias": key.alias,
    }
    if key.expires:
        shape["ExpirationDate"] = moment(key.expires)
    return shape


async def _create_api_key(call: Call, request: Input) -> Output:
    new = await call.rooms.identity.api_keys.create(
        call.account_id, request["UserName"], age_days=request.get("CredentialAgeDays", 0), service=request["ServiceName"]
    )
    return {"ServiceSpecificCredential": {**_api_key_shape(new.key), "ServiceCredentialSecret": new.token}}


async def _list_api_keys(call: Call, request: Input) -> Output:
    if request.get("AllUsers"):
        raise InvalidInput("AllUsers is not served: name a user")
    keys = await call.rooms.identity.api_keys.list(call.account_id, user_name_of(call, request))
    wanted = keys if request.get("ServiceName", BEDROCK) == BEDROCK else []
    return sliced("ServiceSpecificCredentials", wanted, request, _api_key_shape)


async def _update_api_key(call: Call, request: Input) -> Output:
    if request["Status"] not in ("Active", "Inactive"):
        raise InvalidInput("Status must be Active or Inactive")
    await call.rooms.identity.api_keys.set_status(
        call.account_id, user_name_of(call, request), request["ServiceSpecificCredentialId"], request["Status"]
    )
    return {}


async def _delete_api_key(call: Call, request: Input) -> Output:
    await call.rooms.identity.api_keys.delete(call.account_id, user_name_of(call, request), request["ServiceSpecificCredentialId"])
    return {}


def _renamed(call: Call, request: Input) -> Sequence[str]:
    """Return the user before and after: who may not touch the new name may not give it."""
    path, name = request.get("NewPath") or "/", request.get("NewUserName") or request["UserName"]
    return (*_USER(call, request), f"arn:aws:iam::{call.account_id}:user{path}{name}")


_USER = named("user", "UserName")
_GROUP = named("group", "GroupName")

OPERATIONS: tuple[Operation, ...] = (
    Operation("iam", "CreateUser", "iam:CreateUser", _create_user, _USER, conditions=request_conditions),
    Operation("iam", "GetUser", "iam:GetUser", _get_user, _USER, read_only=True),
    Operation("iam", "ListUsers", "iam:ListUsers", _list_users, every("user"), read_only=True),
    Operation("iam", "UpdateUser", "iam:UpdateUser", _update_user, _renamed),
    Operation("iam", "DeleteUser", "iam:DeleteUser", _delete_user, _USER),
    Operation("iam", "CreateGroup", "iam:CreateGroup", _create_group, _GROUP),
    Operation("iam", "GetGroup", "iam:GetGroup", _get_group, _GROUP, read_only=True),
    Operation("iam", "ListGroups", "iam:ListGroups", _list_groups, every("group"), read_only=True),
    Operation("iam", "DeleteGroup", "iam:DeleteGroup", _delete_group, _GROUP),
    Operation("iam", "AddUserToGroup", "iam:AddUserToGroup", _add_user, _GROUP),
    Operation("iam", "RemoveUserFromGroup", "iam:RemoveUserFromGroup", _remove_user, _GROUP),
    Operation("iam", "ListGroupsForUser", "iam:ListGroupsForUser", _list_groups_for_user, _USER, read_only=True),
    Operation("iam", "CreateAccessKey", "iam:CreateAccessKey", _create_access_key, _USER),
    Operation("iam", "ListAccessKeys", "iam:ListAccessKeys", _list_access_keys, _USER, read_only=True),
    Operation("iam", "UpdateAccessKey", "iam:UpdateAccessKey", _update_access_key, _USER),
    Operation("iam", "DeleteAccessKey", "iam:DeleteAccessKey", _delete_access_key, _USER),
    Operation("iam", "GetAccessKeyLastUsed", "iam:GetAccessKeyLastUsed", _access_key_last_used, anything, read_only=True),
    Operation("iam", "CreateServiceSpecificCredential", "iam:CreateServiceSpecificCredential", _create_api_key, _USER),
    Operation("iam", "ListServiceSpecificCredentials", "iam:ListServiceSpecificCredentials", _list_api_keys, _USER, read_only=True),
    Operation("iam", "UpdateServiceSpecificCredential", "iam:UpdateServiceSpecificCredential", _update_api_key, _USER),
    Operation("iam", "DeleteServiceSpecificCredential", "iam:DeleteServiceSpecificCredential", _delete_api_key, _USER),
)
