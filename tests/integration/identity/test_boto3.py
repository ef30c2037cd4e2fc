"""IAM and STS as an unmodified boto3 sees them, against a live server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ringwall.api.aws.operation import Operation
from ringwall.api.aws.operations import iam as iam_operations
from ringwall.api.aws.operations import sts as sts_operations
from tests.integration.identity.server import CALLED, Server, running

ROWS = [*iam_operations.OPERATIONS, *sts_operations.OPERATIONS]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("data")) as started:
        yield started


@pytest.fixture(scope="module")
def iam(server: Server) -> Any:
    return server.client("iam")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ALLOW = document({"Sid": "One", "Effect": "Allow", "Action": "bedrock:ApplyGuardrail", "Resource": "*"})


def refused(code: str, status: int, call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    return str(answer["Error"]["Message"])


def test_who_am_i(server: Server) -> None:
    answer = server.client("sts").get_caller_identity()
    assert answer["Account"] == server.account
    assert answer["Arn"] == f"arn:aws:iam::{server.account}:user/admin"
    assert answer["UserId"].startswith("AIDA")


def test_users(server: Server, iam: Any) -> None:
    made = iam.create_user(UserName="zoe", Path="/team/", Tags=[{"Key": "team", "Value": "red"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{server.account}:user/team/zoe"
    assert made["UserId"].startswith("AIDA")
    got = iam.get_user(UserName="zoe")["User"]
    assert got == made
    assert refused("EntityAlreadyExists", 409, iam.create_user, UserName="ZOE")
    assert refused("NoSuchEntity", 404, iam.get_user, UserName="nobody").startswith("The user with name nobody cannot be found.")
    assert iam.list_user_tags(UserName="zoe")["Tags"] == [{"Key": "team", "Value": "red"}]
    iam.tag_user(UserName="zoe", Tags=[{"Key": "cost", "Value": "7"}])
    iam.untag_user(UserName="zoe", TagKeys=["team"])
    assert iam.list_user_tags(UserName="zoe")["Tags"] == [{"Key": "cost", "Value": "7"}]
    iam.update_user(UserName="zoe", NewUserName="zora", NewPath="/")
    assert iam.get_user(UserName="zora")["User"]["Arn"] == f"arn:aws:iam::{server.account}:user/zora"
    iam.delete_user(UserName="zora")
    assert refused("NoSuchEntity", 404, iam.delete_user, UserName="zora")


def test_lists_are_paged(iam: Any) -> None:
    names = [f"page-{index:02}" for index in range(25)]
    for name in names:
        iam.create_user(UserName=name, Path="/paged/")
    first = iam.list_users(PathPrefix="/paged/", MaxItems=10)
    assert first["IsTruncated"]
    assert len(first["Users"]) == 10
    pages = iam.get_paginator("list_users").paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 7})
    assert [user["UserName"] for page in pages for user in page["Users"]] == names
    assert refused("ValidationError", 400, iam.list_users, Marker="%%%")
    brought = [
        policy["PolicyName"]
        for page in iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 3})
        for policy in page["Policies"]
    ]
    assert "AdministratorAccess" in brought
    assert len(brought) == len(set(brought))


def test_inline_policies_come_back_as_documents(iam: Any) -> None:
    iam.create_user(UserName="inline")
    iam.put_user_policy(UserName="inline", PolicyName="use", PolicyDocument=ALLOW)
    assert iam.get_user_policy(UserName="inline", PolicyName="use")["PolicyDocument"] == json.loads(ALLOW)
    assert iam.list_user_policies(UserName="inline")["PolicyNames"] == ["use"]
    assert refused(
        "MalformedPolicyDocument",
        400,
        iam.put_user_policy,
        UserName="inline",
        PolicyName="use",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"bedrock:*","Resource":"*","Shadow":1}]}',
    )
    assert refused("DeleteConflict", 409, iam.delete_user, UserName="inline")
    iam.delete_user_policy(UserName="inline", PolicyName="use")
    assert refused("NoSuchEntity", 404, iam.get_user_policy, UserName="inline", PolicyName="use")
    iam.delete_user(UserName="inline")


def test_managed_policies(server: Server, iam: Any) -> None:
    policy = iam.create_policy(PolicyName="mine", PolicyDocument=ALLOW, Description="What an application needs.")["Policy"]
    arn = policy["Arn"]
    assert arn == f"arn:aws:iam::{server.account}:policy/mine"
    assert policy["PolicyId"].startswith("ANPA")
    iam.create_user(UserName="managed")
    iam.attach_user_policy(UserName="managed", PolicyArn=arn)
    assert iam.list_attached_user_policies(UserName="managed")["AttachedPolicies"] == [{"PolicyName": "mine", "PolicyArn": arn}]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert [user["UserName"] for user in iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"]] == ["managed"]
    assert refused("DeleteConflict", 409, iam.delete_policy, PolicyArn=arn)
    second = iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document({"Effect": "Deny", "Action": "*", "Resource": "*"}), SetAsDefault=True
    )
    assert second["PolicyVersion"]["VersionId"] == "v2"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == json.loads(ALLOW)
    assert [one["VersionId"] for one in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v2", "v1"]
    for _ in range(3):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW)
    assert refused("LimitExceeded", 409, iam.create_policy_version, PolicyArn=arn, PolicyDocument=ALLOW)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.detach_user_policy(UserName="managed", PolicyArn=arn)
    for version in ("v2", "v3", "v4", "v5"):
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.delete_policy(PolicyArn=arn)
    assert refused("NoSuchEntity", 404, iam.get_policy, PolicyArn=arn)
    assert refused("InvalidInput", 400, iam.delete_policy, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


def test_boundaries_and_groups(server: Server, iam: Any) -> None:
    boundary = "arn:aws:iam::aws:policy/AmazonBedrockReadOnly"
    iam.create_user(UserName="bounded", PermissionsBoundary=boundary)
    assert iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": boundary,
    }
    iam.delete_user_permissions_boundary(UserName="bounded")
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=boundary)
    iam.create_group(GroupName="crew")
    iam.add_user_to_group(GroupName="crew", UserName="bounded")
    iam.attach_group_policy(GroupName="crew", PolicyArn="arn:aws:iam::aws:policy/AmazonBedrockFullAccess")
    iam.put_group_policy(GroupName="crew", PolicyName="x", PolicyDocument=ALLOW)
    assert [user["UserName"] for user in iam.get_group(GroupName="crew")["Users"]] == ["bounded"]
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="bounded")["Groups"]] == ["crew"]
    results = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{server.account}:user/bounded",
        ActionNames=["bedrock:ApplyGuardrail", "bedrock:GetGuardrail", "iam:ListUsers"],
    )["EvaluationResults"]
    assert [one["EvalDecision"] for one in results] == ["implicitDeny", "allowed", "implicitDeny"]
    assert results[0]["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert {one["SourcePolicyType"] for one in results[1]["MatchedStatements"]} == {"aws-managed"}


def test_access_keys(server: Server, iam: Any) -> None:
    iam.create_user(UserName="keys")
    key = iam.create_access_key(UserName="keys")["AccessKey"]
    assert len(key["AccessKeyId"]) == 20
    assert key["AccessKeyId"].startswith("AKIA")
    assert len(key["SecretAccessKey"]) == 40
    own = (key["AccessKeyId"], key["SecretAccessKey"])
    assert server.client("sts", own).get_caller_identity()["Arn"].endswith(":user/keys")
    message = refused("AccessDenied", 403, server.client("iam", own).list_users)
    assert message.startswith(
        f"User: arn:aws:iam::{server.account}:user/keys is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{server.account}:user/* because no identity-based policy allows the iam:ListUsers action"
    )
    assert iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]["ServiceName"] in ("iam", "sts")
    listed = iam.list_access_keys(UserName="keys")["AccessKeyMetadata"]
    assert [(one["AccessKeyId"], one["Status"]) for one in listed] == [(key["AccessKeyId"], "Active")]
    iam.create_access_key(UserName="keys")
    assert refused("LimitExceeded", 409, iam.create_access_key, UserName="keys")
    iam.update_access_key(UserName="keys", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refused("SignatureDoesNotMatch", 403, server.client("sts", own).get_caller_identity)
    iam.delete_access_key(UserName="keys", AccessKeyId=key["AccessKeyId"])
    assert len(iam.list_access_keys(UserName="keys")["AccessKeyMetadata"]) == 1


def test_wrong_credentials(server: Server) -> None:
    for keys in ((server.keys[0], "x" * 40), ("AKIA" + "A" * 16, "x" * 40)):
        assert refused("SignatureDoesNotMatch", 403, server.client("sts", keys).get_caller_identity)


def test_api_keys(iam: Any) -> None:
    iam.create_user(UserName="bearer")
    made = iam.create_service_specific_credential(UserName="bearer", ServiceName="bedrock.amazonaws.com", CredentialAgeDays=30)[
        "ServiceSpecificCredential"
    ]
    assert made["ServiceCredentialSecret"].startswith("ABSK")
    assert made["ExpirationDate"] > made["CreateDate"]
    listed = iam.list_service_specific_credentials(UserName="bearer")["ServiceSpecificCredentials"]
    assert [one["ServiceSpecificCredentialId"] for one in listed] == [made["ServiceSpecificCredentialId"]]
    assert "ServiceCredentialSecret" not in listed[0]
    assert refused(
        "NotSupportedService", 404, iam.create_service_specific_credential, UserName="bearer", ServiceName="codecommit.amazonaws.com"
    )
    iam.update_service_specific_credential(
        UserName="bearer", ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"], Status="Inactive"
    )
    iam.delete_service_specific_credential(UserName="bearer", ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"])
    assert iam.list_service_specific_credentials(UserName="bearer")["ServiceSpecificCredentials"] == []


def test_roles_and_sessions(server: Server, iam: Any) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": server.account},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "42"}},
            }
        ],
    }
    role = iam.create_role(
        RoleName="app", Path="/svc/", AssumeRolePolicyDocument=json.dumps(trust), Description="An application.", MaxSessionDuration=7_200
    )["Role"]
    assert role["RoleId"].startswith("AROA")
    assert role["AssumeRolePolicyDocument"] == trust
    assert iam.get_role(RoleName="app")["Role"] == role
    iam.attach_role_policy(RoleName="app", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.put_role_policy(RoleName="app", PolicyName="more", PolicyDocument=ALLOW)
    sts = server.client("sts")
    assert refused("AccessDenied", 403, sts.assume_role, RoleArn=role["Arn"], RoleSessionName="run-1")
    assert refused(
        "ValidationError", 400, sts.assume_role, RoleArn=role["Arn"], RoleSessionName="run-1", ExternalId="42", DurationSeconds=7_201
    )
    assert refused(
        "ValidationError",
        400,
        sts.assume_role,
        RoleArn=role["Arn"],
        RoleSessionName="run-1",
        ExternalId="42",
        Tags=[{"Key": "a", "Value": "b"}],
    )
    answer = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="run-1", ExternalId="42", DurationSeconds=7_200)
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role['RoleId']}:run-1",
        "Arn": f"arn:aws:sts::{server.account}:assumed-role/app/run-1",
    }
    session = tuple(answer["Credentials"][name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    assert server.client("sts", session).get_caller_identity()["UserId"] == f"{role['RoleId']}:run-1"
    assert server.client("iam", session).list_users(MaxItems=1)["Users"]
    assert refused("AccessDenied", 403, server.client("iam", session).create_user, UserName="x")
    narrow = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="run-2", ExternalId="42", Policy=ALLOW)
    assert narrow["PackedPolicySize"] >= 1
    narrowed = tuple(narrow["Credentials"][name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    assert "session policy" in refused("AccessDenied", 403, server.client("iam", narrowed).list_users)
    assert refused("DeleteConflict", 409, iam.delete_role, RoleName="app")
    iam.update_assume_role_policy(
        RoleName="app",
        PolicyDocument=json.dumps({**trust, "Statement": [{**trust["Statement"][0], "Principal": {"Service": "bedrock.amazonaws.com"}}]}),
    )  # type: ignore[dict-item]
    assert refused("AccessDenied", 403, sts.assume_role, RoleArn=role["Arn"], RoleSessionName="run-1", ExternalId="42")
    iam.update_role(RoleName="app", Description="", MaxSessionDuration=3_600)
    iam.detach_role_policy(RoleName="app", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.delete_role_policy(RoleName="app", PolicyName="more")
    iam.delete_role(RoleName="app")
    assert refused("AccessDenied", 403, server.client("iam", session).list_users)


def test_session_tokens(server: Server) -> None:
    answer = server.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    session = (answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
    assert answer["AccessKeyId"].startswith("ASIA")
    assert server.client("sts", session).get_caller_identity()["Arn"].endswith(":user/admin")
    assert server.client("bedrock", session).list_guardrails()["guardrails"]
    assert refused("AccessDenied", 403, server.client("iam", session).list_users)
    assert refused("AccessDenied", 403, server.client("sts", session).get_session_token)


def test_the_simulator(iam: Any) -> None:
    policy = document(
        {
            "Effect": "Allow",
            "Action": "bedrock:*",
            "Resource": "arn:aws:bedrock:*:*:guardrail/*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
        {"Effect": "Deny", "Action": "bedrock:Delete*", "Resource": "*"},
    )
    arn = "arn:aws:bedrock:us-east-1:111122223333:guardrail/x"
    context = [{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}]
    arguments = {
        "PolicyInputList": [policy],
        "ActionNames": ["bedrock:GetGuardrail", "bedrock:DeleteGuardrail", "iam:ListUsers"],
        "ResourceArns": [arn],
    }
    results = iam.simulate_custom_policy(**arguments, ContextEntries=context)["EvaluationResults"]
    assert [one["EvalDecision"] for one in results] == ["allowed", "explicitDeny", "implicitDeny"]
    assert results[0]["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"
    missing = iam.simulate_custom_policy(**arguments)["EvaluationResults"]
    assert missing[0]["EvalDecision"] == "implicitDeny"
    assert missing[0]["MissingContextValues"] == ["aws:securetransport"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"] == ["aws:securetransport"]
    admin = iam.get_user()["User"]["Arn"]
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=admin, PolicyInputList=[policy])["ContextKeyNames"] == [
        "aws:securetransport"
    ]
    assert refused("InvalidInput", 400, iam.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["iam:GetUser"])
    paged = iam.get_paginator("simulate_custom_policy").paginate(**arguments, PaginationConfig={"PageSize": 1})
    assert len([one for page in paged for one in page["EvaluationResults"]]) == 3


def test_the_summary(iam: Any) -> None:
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Users"] >= 1
    assert summary["UsersQuota"] == 5_000
    assert summary["AccessKeysPerUserQuota"] == 2


def test_what_users_roles_and_groups_share(server: Server, iam: Any) -> None:
    """The same operations on each kind of holder, each called and answered."""
    trust = document({"Effect": "Allow", "Principal": {"AWS": server.account}, "Action": "sts:AssumeRole"})
    iam.create_user(UserName="shared", Path="/shared/")
    iam.create_role(RoleName="shared", Path="/shared/", AssumeRolePolicyDocument=trust)
    iam.create_group(GroupName="shared", Path="/shared/")
    full = "arn:aws:iam::aws:policy/AmazonBedrockFullAccess"
    for kind in ("user", "role", "group"):
        named = {f"{kind.capitalize()}Name": "shared"}

        def call(name: str, **arguments: Any) -> Any:
            return getattr(iam, name)(**named, **arguments)  # noqa: B023 # called in this turn only

        assert [one["Path"] for one in getattr(iam, f"list_{kind}s")(PathPrefix="/shared/")[f"{kind.capitalize()}s"]] == ["/shared/"]
        call(f"put_{kind}_policy", PolicyName="b", PolicyDocument=ALLOW)
        call(f"put_{kind}_policy", PolicyName="a", PolicyDocument=ALLOW)
        assert call(f"list_{kind}_policies")["PolicyNames"] == ["a", "b"]
        assert call(f"get_{kind}_policy", PolicyName="a")["PolicyDocument"] == json.loads(ALLOW)
        call(f"delete_{kind}_policy", PolicyName="a")
        call(f"delete_{kind}_policy", PolicyName="b")
        call(f"attach_{kind}_policy", PolicyArn=full)
        assert [one["PolicyArn"] for one in call(f"list_attached_{kind}_policies")["AttachedPolicies"]] == [full]
        call(f"detach_{kind}_policy", PolicyArn=full)
        if kind != "group":
            call(f"put_{kind}_permissions_boundary", PermissionsBoundary=full)
            call(f"delete_{kind}_permissions_boundary")
            call(f"tag_{kind}", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
            call(f"untag_{kind}", TagKeys=["A"])
            assert call(f"list_{kind}_tags")["Tags"] == [{"Key": "b", "Value": "2"}]
    assert iam.update_role_description(RoleName="shared", Description="other")["Role"]["Description"] == "other"
    arn = iam.create_policy(PolicyName="tagged", PolicyDocument=ALLOW, Tags=[{"Key": "a", "Value": "1"}])["Policy"]["Arn"]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_policy(PolicyArn=arn)
    iam.add_user_to_group(GroupName="shared", UserName="shared")
    iam.remove_user_from_group(GroupName="shared", UserName="shared")
    iam.delete_group(GroupName="shared")
    iam.delete_role(RoleName="shared")
    iam.delete_user(UserName="shared")


def test_every_served_operation_was_called(tmp_path: Path) -> None:
    """Each row of the IAM and STS tables has answered an unmodified client above; all are called again where those did not run here."""
    served = {(row.service, row.name) for row in ROWS}
    if served - CALLED:
        with running(tmp_path / "data") as server:
            iam = server.client("iam")
            for scenario in (test_who_am_i, test_wrong_credentials, test_session_tokens):
                scenario(server)
            for scenario in (
                test_lists_are_paged,
                test_inline_policies_come_back_as_documents,
                test_api_keys,
                test_the_simulator,
                test_the_summary,
            ):
                scenario(iam)
            for scenario in (test_users, test_managed_policies, test_boundaries_and_groups, test_access_keys, test_roles_and_sessions):
                scenario(server, iam)
            test_what_users_roles_and_groups_share(server, iam)
    assert served - CALLED == set()
    assert len(served) > 75


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.service}:{row.name}")
def test_every_row_is_checked_under_its_own_action(row: Operation) -> None:
    assert row.action == f"{row.service}:{row.name}"
    assert row.authorized or row.name in ("GetCallerIdentity", "GetSessionToken"), "what AWS asks no permission for"
    assert row.read_only == row.name.startswith(("Get", "List", "Simulate")) or row.name == "GetSessionToken"
