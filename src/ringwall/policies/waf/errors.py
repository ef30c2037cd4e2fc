"""What the web ACL evaluator refuses, all of it when a document is compiled; each names the AWS exception it becomes."""

from __future__ import annotations

from typing import ClassVar

from ringwall.errors import CallerError, LimitExceeded, NotFound, Unserved


class InvalidWafDocument(CallerError):
    """The rule document is not one that ringwall can evaluate.

    AWS: WAFInvalidParameterException.
    """

    code = "invalid-waf-document"
    aws_code: ClassVar[str] = "WAFInvalidParameterException"
    remedy = "compare the document with the AWS WAFV2 API reference; docs/operations/waf.md lists what is served"


class WafElementUnserved(Unserved):
    """The rule document has an element of AWS WAF that ringwall does not evaluate.

    AWS: WAFInvalidOperationException.
    """

    code = "waf-element-unserved"
    aws_code: ClassVar[str] = "WAFInvalidOperationException"
    remedy = "docs/operations/waf.md lists what is served, and what stands in for the rest"


class WafLimitsExceeded(LimitExceeded):
    """The rule document is larger, or costs more capacity units, than it may.

    AWS: WAFLimitsExceededException.
    """

    code = "waf-limits-exceeded"
    aws_code: ClassVar[str] = "WAFLimitsExceededException"
    remedy = "use fewer rules, or cheaper ones"


class WafReferenceNotFound(NotFound):
    """The rule document refers to a set or rule group that is not there.

    AWS: WAFNonexistentItemException.
    """

    code = "waf-reference-not-found"
    aws_code: ClassVar[str] = "WAFNonexistentItemException"
    remedy = "create it first, or correct its ARN"
