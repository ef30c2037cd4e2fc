"""What guardrails refuses, and the promises it may break."""

from __future__ import annotations

from ringwall.errors import Bug, InvalidRequest


class PolicyRefused(InvalidRequest, code="policy-refused"):
    """The guardrail's configuration cannot be served as it is written."""

    remedy = "change the member that the message names; docs/filters/policies.md lists what is served"


class ContentRefused(InvalidRequest, code="content-refused"):
    """The content cannot be judged as it is sent."""

    remedy = "send text blocks, with qualifiers as docs/filters/policies.md explains"


class VerdictListBroken(Bug, code="verdict-list-broken"):
    """A list of verdicts was empty or named a rule twice."""
