"""An unmodified boto3 against a live server. aws: modelled (from botocore's models; no real AWS was asked)."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from tests.live import Live

ONCE = Config(retries={"total_max_attempts": 1})
CONFIG = {
    "blockedInputMessaging": "no",
    "blockedOutputsMessaging": "not that",
    "wordPolicyConfig": {"wordsConfig": [{"text": "nightjar"}]},
    "sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}]},
}


def client(live: Live, service: str, **changed: Any) -> Any:
    options = {
        "endpoint_url": live.url,
        "region_name": "us-east-1",
        "aws_access_key_id": live.ready["accessKeyId"],
        "aws_secret_access_key": live.ready["secretAccessKey"],
        "config": ONCE,
    }
    return boto3.client(service, **{**options, **changed})


def refused(call: Any, *arguments: Any, **members: Any) -> tuple[int, str, str]:
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(*arguments, **members)
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_a_guardrail_lives_its_whole_life(live: Live) -> None:
    bedrock = client(live, "bedrock")
    made = bedrock.create_guardrail(name="boto3-life", tags=[{"key": "team", "value": "red"}], **CONFIG)
    identifier = made["guardrailId"]
    assert made["guardrailArn"].endswith(f":guardrail/{identifier}")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    shown = bedrock.get_guardrail(guardrailIdentifier=identifier)
    assert (shown["name"], shown["status"], shown["version"]) == ("boto3-life", "READY", "DRAFT")
    assert bedrock.create_guardrail_version(guardrailIdentifier=identifier)["version"] == "1"
    bedrock.update_guardrail(guardrailIdentifier=made["guardrailArn"], name="boto3-life", **{**CONFIG, "blockedInputMessaging": "changed"})
    assert bedrock.get_guardrail(guardrailIdentifier=identifier)["blockedInputMessaging"] == "changed"
    assert bedrock.get_guardrail(guardrailIdentifier=identifier, guardrailVersion="1")["blockedInputMessaging"] == "no"
    assert bedrock.list_tags_for_resource(resourceARN=made["guardrailArn"])["tags"] == [{"key": "team", "value": "red"}]
    names = {
        each["name"]
        for page in bedrock.get_paginator("list_guardrails").paginate(PaginationConfig={"PageSize": 1})
        for each in page["guardrails"]
    }
    assert {"demo", "boto3-life"} <= names
    bedrock.delete_guardrail(guardrailIdentifier=identifier)
    assert refused(bedrock.get_guardrail, guardrailIdentifier=identifier)[:2] == (404, "ResourceNotFoundException")


def test_texts_are_masked_blocked_and_let_through(live: Live) -> None:
    bedrock, runtime = client(live, "bedrock"), client(live, "bedrock-runtime")
    arn = bedrock.create_guardrail(name="boto3-apply", **CONFIG)["guardrailArn"]

    def apply(text: str, source: str = "INPUT") -> Any:
        return runtime.apply_guardrail(guardrailIdentifier=arn, guardrailVersion="DRAFT", source=source, content=[{"text": {"text": text}}])

    masked = apply("mail bob@example.com")
    assert (masked["action"], masked["outputs"]) == ("GUARDRAIL_INTERVENED", [{"text": "mail {EMAIL}"}])
    entity = masked["assessments"][0]["sensitiveInformationPolicy"]["piiEntities"][0]
    assert (entity["type"], entity["action"], entity["match"], entity["detected"]) == ("EMAIL", "ANONYMIZED", "bob@example.com", True)
    blocked = apply("the nightjar", "OUTPUT")
    assert blocked["outputs"] == [{"text": "not that"}]
    assert blocked["assessments"][0]["wordPolicy"]["customWords"][0]["action"] == "BLOCKED"
    passed = apply("a quiet day")
    assert (passed["action"], passed["outputs"]) == ("NONE", [])
    assert passed["guardrailCoverage"]["textCharacters"] == {"guarded": 11, "total": 11}
    many = [{"text": {"text": "bob@example.com"}}, {"text": {"text": "fine"}}]
    each = runtime.apply_guardrail(guardrailIdentifier=arn, guardrailVersion="DRAFT", source="INPUT", content=many)
    assert each["outputs"] == [{"text": "{EMAIL}"}, {"text": "fine"}]


def test_checks_need_no_guardrail(live: Live) -> None:
    checks = {"sensitiveInformation": {"entities": [{"type": "EMAIL"}]}, "promptAttack": {"categories": [{"category": "JAILBREAK"}]}}
    messages = [{"role": "user", "content": [{"text": "mail bob@example.com"}]}]
    found = client(live, "bedrock-runtime").invoke_guardrail_checks(messages=messages, checks=checks)
    hit = found["results"]["sensitiveInformation"]["results"][0]
    assert (hit["type"], hit["beginOffset"], hit["endOffset"]) == ("EMAIL", 5, 20)


def test_identities_roles_and_sessions(live: Live) -> None:
    iam, sts = client(live, "iam"), client(live, "sts")
    account = sts.get_caller_identity()["Account"]
    assert account == live.ready["accountId"]
    iam.create_user(UserName="boto3")
    trust = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{account}"}},"Action":"sts:AssumeRole"}}]}}'
    role = iam.create_role(RoleName="boto3-reader", AssumeRolePolicyDocument=trust)["Role"]
    allow = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"bedrock:List*","Resource":"*"}]}'
    iam.put_role_policy(RoleName="boto3-reader", PolicyName="p", PolicyDocument=allow)
    given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"]
    session = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    assert client(live, "sts", **session).get_caller_identity()["Arn"].endswith("assumed-role/boto3-reader/session")
    assert client(live, "bedrock", **session).list_guardrails()["guardrails"]
    status, code, message = refused(client(live, "bedrock", **session).create_guardrail, name="x", **CONFIG)
    assert (status, code) == (403, "AccessDeniedException")
    assert "bedrock:CreateGuardrail" in message
    assert refused(iam.get_user, UserName="nobody")[:2] == (404, "NoSuchEntity")
    assert refused(iam.create_user, UserName="boto3")[:2] == (409, "EntityAlreadyExists")
    assert refused(iam.put_role_policy, RoleName="boto3-reader", PolicyName="p", PolicyDocument="{}")[1] == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    ("service", "operation", "members", "code"),
    [
        ("bedrock", "list_guardrails", {}, "InvalidSignatureException"),
        ("sts", "get_caller_identity", {}, "SignatureDoesNotMatch"),
    ],
)
def test_a_wrong_secret_and_an_unknown_key_look_the_same(
    live: Live, service: str, operation: str, members: dict[str, Any], code: str
) -> None:
    wrong = refused(getattr(client(live, service, aws_secret_access_key="wrong"), operation), **members)
    unknown = refused(getattr(client(live, service, aws_access_key_id="AKIAAAAAAAAAAAAAAAAA"), operation), **members)
    assert wrong == unknown
    assert wrong[:2] == (403, code)


ASYNC_INVOKE = "arn:aws:bedrock:us-east-1:111122223333:async-invoke/abcdef012345"


@pytest.mark.parametrize(
    ("service", "operation", "members", "named"),
    [
        ("bedrock-runtime", "get_async_invoke", {"invocationArn": ASYNC_INVOKE}, "GetAsyncInvoke"),
        ("bedrock-runtime", "list_async_invokes", {}, "ListAsyncInvokes"),
        ("bedrock", "list_foundation_models", {}, "ListFoundationModels"),
        ("bedrock-agent", "list_agents", {}, "ListAgents"),
        ("lambda", "list_functions", {}, "ListFunctions"),
        ("stepfunctions", "list_state_machines", {}, "ListStateMachines"),
        ("iam", "create_saml_provider", {"SAMLMetadataDocument": "x" * 1000, "Name": "n"}, "CreateSAMLProvider"),
        ("sqs", "list_queues", {}, "ListQueues"),
    ],
)
def test_what_is_not_served_is_named(live: Live, service: str, operation: str, members: dict[str, Any], named: str) -> None:
    extra = {"config": Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)}
    status, _, message = refused(getattr(client(live, service, **extra), operation), **members)
    assert status == 501
    assert named in message


def test_the_talks_json_is_refused_here_as_aws_refuses_it(live: Live) -> None:
    bedrock = client(live, "bedrock")
    filters = [{"type": "HATE", "inputStrength": "HIGH"}, {"type": "PROMPT_INJECTION", "inputStrength": "MEDIUM"}]
    with pytest.raises(botocore.exceptions.ParamValidationError, match="outputStrength"):
        bedrock.create_guardrail(blockedInputMessaging="a", blockedOutputsMessaging="b", contentPolicyConfig={"filtersConfig": filters})
    complete = [{**each, "outputStrength": "NONE"} for each in filters]
    status, code, message = refused(
        bedrock.create_guardrail,
        name="talk",
        blockedInputMessaging="a",
        blockedOutputsMessaging="b",
        contentPolicyConfig={"filtersConfig": complete},
    )
    assert (status, code) == (400, "ValidationException")
    assert "contentPolicyConfig.filtersConfig.2.member.type" in message
