"""The managed policies that ringwall brings along, under the names that AWS uses; the documents are our own.

They live under `arn:aws:iam::aws:policy/`, belong to every account and change only with ringwall itself.
"""

from __future__ import annotations

import json
from typing import Any

from ringwall.identity.entities import ManagedPolicy, PolicyVersion

AWS_OWNED = "aws"
_CREATED = 1_763_769_600  # 2025-11-22; they have no moment of creation of their own

_READ = ("Get*", "List*", "Describe*")


def _allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def _services(names: str, verbs: tuple[str, ...]) -> list[str]:
    return [f"{service}:{verb}" for service in names.split() for verb in verbs]


_USE_GUARDRAILS = ("bedrock:ApplyGuardrail", "bedrock:InvokeGuardrailChecks", "bedrock:GetGuardrail", "bedrock:ListGuardrails")
_PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "127.0.0.0/8", "::1/128"]  # RFC 1918, RFC 4193, loopback

_DOCUMENTS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "AdministratorAccess": (
        "Everything in the account but opening sealed prompts.",
        [{"Effect": "Allow", "NotAction": ["ringwall:OpenSealedPrompt"], "Resource": "*"}],
    ),
    "PowerUserAccess": (
        "Everything in the account but managing users, roles and policies.",
        [
            {"Effect": "Allow", "NotAction": ["iam:*", "ringwall:*"], "Resource": "*"},
            _allow("iam:GetUser", "iam:ListRoles", "iam:GetRole"),
        ],
    ),
    "ReadOnlyAccess": (
        "Looking at everything in the account, changing nothing.",
        [_allow(*_services("bedrock iam sts kms sagemaker states cloudformation cloudtrail cloudwatch logs macie2 wafv2 ringwall", _READ))],
    ),
    "SecurityAudit": (
        "Looking at what decides about security: identities, policies, guardrails and the record.",
        [
            _allow(*_services("bedrock iam cloudtrail", _READ), "cloudtrail:LookupEvents"),
            _allow("iam:SimulateCustomPolicy", "iam:SimulatePrincipalPolicy"),
        ],
    ),
    "IAMFullAccess": ("Managing users, roles, groups and policies.", [_allow("iam:*")]),
    "IAMReadOnlyAccess": (
        "Looking at users, roles, groups and policies.",
        [_allow("iam:Get*", "iam:List*", "iam:SimulateCustomPolicy", "iam:SimulatePrincipalPolicy")],
    ),
    "AmazonBedrockFullAccess": ("Managing and using guardrails and models.", [_allow("bedrock:*")]),
    "AmazonBedrockReadOnly": ("Looking at guardrails and models, using none.", [_allow("bedrock:Get*", "bedrock:List*")]),
    "AmazonBedrockLimitedAccess": (
        "Using guardrails and models, changing none; what an API key needs.",
        [_allow(*_USE_GUARDRAILS, "bedrock:InvokeModel*", "bedrock:CallWithBearerToken", "bedrock:ListFoundationModels")],
    ),
    "RingwallPrivateNetworkOnly": (
        "Denies whatever does not come from a private network; attach it beside policies that allow.",
        [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": _PRIVATE}}}],
    ),
}


def _policy(name: str, description: str, statements: list[dict[str, Any]]) -> ManagedPolicy:
    document = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
    return ManagedPolicy(
        account_id=AWS_OWNED,
        name=name,
        id="ANPA" + name.upper().ljust(17, "0")[:17],
        created=_CREATED,
        updated=_CREATED,
        description=description,
        versions=(PolicyVersion(id="v1", document=document, created=_CREATED),),
    )


MANAGED_POLICIES: dict[str, ManagedPolicy] = {
    policy.arn: policy for policy in (_policy(name, description, statements) for name, (description, statements) in _DOCUMENTS.items())
}
"""ARN to policy."""
