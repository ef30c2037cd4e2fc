"""What the policies room refuses."""

from __future__ import annotations

from typing import ClassVar

from ringwall.errors import CallerError


class MalformedPolicyDocument(CallerError):
    """The policy document is not one that ringwall can evaluate."""

    code = "malformed-policy-document"
    aws_code: ClassVar[str] = "MalformedPolicyDocument"
    query_code: ClassVar[str] = "MalformedPolicyDocument"
    remedy = "Compare the document with the IAM JSON policy grammar; every element and operator must be one it names."


class PolicyTooLarge(CallerError):
    """The policy document is longer than its kind may be."""

    code = "policy-too-large"
    status = 409
    aws_code: ClassVar[str] = "LimitExceeded"
    query_code: ClassVar[str] = "LimitExceeded"
    remedy = "Shorten the document with wildcards, or split it into managed policies."
