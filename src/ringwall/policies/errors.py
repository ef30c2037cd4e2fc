"""What the policies room refuses."""

from __future__ import annotations

from ringwall.errors import CallerError


class MalformedPolicyDocument(CallerError, code="malformed-policy-document", aws="MalformedPolicyDocument"):
    """The policy document is not one that ringwall can evaluate."""

    remedy = "Compare the document with the IAM JSON policy grammar; every element and operator must be one it names."


class PolicyTooLarge(CallerError, code="policy-too-large", status=409, aws="LimitExceeded"):
    """The policy document is longer than its kind may be."""

    remedy = "Shorten the document with wildcards, or split it into managed policies."
