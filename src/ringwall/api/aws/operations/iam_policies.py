"""IAM: managed policies and their versions, and the account's summary."""

from __future__ import annotations

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.iam_shapes import (
    Input,
    Output,
    anything,
    every,
    named,
    page_of,
    paged,
    policy_arn,
    policy_shape,
    request_conditions,
    sliced,
    tags_of,
    tags_shape,
    version_shape,
)
from ringwall.identity.entities import Holder
from ringwall.identity.managed import MANAGED_POLICIES


async def _create_policy(call: Call, request: Input) -> Output:
    policy = await call.rooms.identity.policies.create(
        call.account_id,
        request["PolicyName"],
        request["PolicyDocument"],
        path=request.get("Path", "/"),
        description=request.get("Description", ""),
        tags=tags_of(request),
    )
    return {"Policy": policy_shape(policy)}


async def _get_policy(call: Call, request: Input) -> Output:
    return {"Policy": policy_shape(await call.rooms.identity.policies.get(call.account_id, request["PolicyArn"]))}


async def _list_policies(call: Call, request: Input) -> Output:
    """List the account's policies, then ringwall's own."""
    scope, prefix = request.get("Scope", "All"), request.get("PathPrefix", "/")
    only_attached = bool(request.get("OnlyAttached"))
    own = call.rooms.identity.policies
    brought = [policy for policy in MANAGED_POLICIES.values() if policy.path.startswith(prefix)] if not only_attached else []
    if scope == "AWS":
        return sliced("Policies", brought, request, lambda policy: policy_shape(policy, whole=False))
    if scope == "Local":
        page = await own.page(call.account_id, path_prefix=prefix, only_attached=only_attached, **page_of(request))
        return paged("Policies", page, lambda policy: policy_shape(policy, whole=False))
    everything = await own.page(call.account_id, path_prefix=prefix, only_attached=only_attached, max_items=10_000)
    return sliced("Policies", [*everything.entities, *brought], request, lambda policy: policy_shape(policy, whole=False))


async def _delete_policy(call: Call, request: Input) -> Output:
    await call.rooms.identity.policies.delete(call.account_id, request["PolicyArn"])
    return {}


async def _create_version(call: Call, request: Input) -> Output:
    version, default = await call.rooms.identity.policies.create_version(
        call.account_id, request["PolicyArn"], request["PolicyDocument"], default=bool(request.get("SetAsDefault"))
    )
    return {"PolicyVersion": version_shape(version, default=default, whole=False)}


async def _get_version(call: Call, request: Input) -> Output:
    policies = call.rooms.identity.policies
    version = await policies.version(call.account_id, request["PolicyArn"], request["VersionId"])
    policy = await policies.get(call.account_id, request["PolicyArn"])
    return {"PolicyVersion": version_shape(version, default=version.id == policy.default)}


async def _list_versions(call: Call, request: Input) -> Output:
    policy = await call.rooms.identity.policies.get(call.account_id, request["PolicyArn"])
    newest_first = policy.versions[::-1]
    return sliced("Versions", newest_first, request, lambda one: version_shape(one, default=one.id == policy.default, whole=False))


async def _delete_version(call: Call, request: Input) -> Output:
    await call.rooms.identity.policies.delete_version(call.account_id, request["PolicyArn"], request["VersionId"])
    return {}


async def _set_default(call: Call, request: Input) -> Output:
    await call.rooms.identity.policies.set_default(call.account_id, request["PolicyArn"], request["VersionId"])
    return {}


async def _tag(call: Call, request: Input) -> Output:
    await call.rooms.identity.policies.tag(call.account_id, request["PolicyArn"], tags_of(request))
    return {}


async def _untag(call: Call, request: Input) -> Output:
    await call.rooms.identity.policies.tag(call.account_id, request["PolicyArn"], {}, remove=tuple(request["TagKeys"]))
    return {}


async def _list_tags(call: Call, request: Input) -> Output:
    policy = await call.rooms.identity.policies.get(call.account_id, request["PolicyArn"])
    return sliced("Tags", tags_shape(policy.tags), request, dict)


_FILTERS = {"User": "user", "Role": "role", "Group": "group"}


async def _list_entities(call: Call, request: Input) -> Output:
    found = await call.rooms.identity.policies.users_of(call.account_id, request["PolicyArn"])
    wanted, prefix = _FILTERS.get(request.get("EntityFilter", "")), request.get("PathPrefix", "/")
    everyone: list[Holder] = [
        one for segment, holders in found.items() if wanted in (None, segment) for one in holders if one.path.startswith(prefix)
    ]
    part = sliced("All", everyone, request, lambda one: one)
    chosen = part.pop("All")
    for kind, plural in (("User", "PolicyUsers"), ("Role", "PolicyRoles"), ("Group", "PolicyGroups")):
        part[plural] = [{f"{kind}Name": one.name, f"{kind}Id": one.id} for one in chosen if one.label == kind.lower()]
    return part


async def _summary(call: Call, _request: Input) -> Output:
    return {"SummaryMap": await call.rooms.identity.summary(call.account_id)}


OPERATIONS: tuple[Operation, ...] = (
    Operation("iam", "CreatePolicy", "iam:CreatePolicy", _create_policy, named("policy", "PolicyName"), conditions=request_conditions),
    Operation("iam", "GetPolicy", "iam:GetPolicy", _get_policy, policy_arn, read_only=True),
    Operation("iam", "ListPolicies", "iam:ListPolicies", _list_policies, every("policy"), read_only=True),
    Operation("iam", "DeletePolicy", "iam:DeletePolicy", _delete_policy, policy_arn),
    Operation("iam", "CreatePolicyVersion", "iam:CreatePolicyVersion", _create_version, policy_arn),
    Operation("iam", "GetPolicyVersion", "iam:GetPolicyVersion", _get_version, policy_arn, read_only=True),
    Operation("iam", "ListPolicyVersions", "iam:ListPolicyVersions", _list_versions, policy_arn, read_only=True),
    Operation("iam", "DeletePolicyVersion", "iam:DeletePolicyVersion", _delete_version, policy_arn),
    Operation("iam", "SetDefaultPolicyVersion", "iam:SetDefaultPolicyVersion", _set_default, policy_arn),
    Operation("iam", "TagPolicy", "iam:TagPolicy", _tag, policy_arn, conditions=request_conditions),
    Operation("iam", "UntagPolicy", "iam:UntagPolicy", _untag, policy_arn, conditions=request_conditions),
    Operation("iam", "ListPolicyTags", "iam:ListPolicyTags", _list_tags, policy_arn, read_only=True),
    Operation("iam", "ListEntitiesForPolicy", "iam:ListEntitiesForPolicy", _list_entities, policy_arn, read_only=True),
    Operation("iam", "GetAccountSummary", "iam:GetAccountSummary", _summary, anything, read_only=True),
)
