"""What the web ACL evaluator refuses, all of it when a document is compiled; each names the AWS exception it becomes."""

from __future__ import annotations

from ringwall.errors import CallerError, LimitExceeded, NotFound, Unserved


class InvalidWafDocument(CallerError, code="invalid-waf-document", aws="WAFInvalidParameterException"):
    """The rule document is not one that ringwall can evaluate.

    AWS: WAFInvalidParameterException.
    """

    remedy = "compare the document with the AWS WAFV2 API reference; docs/operations/waf.md lists what is served"


class WafElementUnserved(Unserved, code="waf-element-unserved", aws="WAFInvalidOperationException"):
    """The rule document has an element of AWS WAF that ringwall does not evaluate.

    AWS: WAFInvalidOperationException.
    """

    remedy = "docs/operations/waf.md lists what is served, and what stands in for the rest"


class WafLimitsExceeded(LimitExceeded, code="waf-limits-exceeded", aws="WAFLimitsExceededException"):
    """The rule document is larger, or costs more capacity units, than it may.

    AWS: WAFLimitsExceededException.
    """

    remedy = "use fewer rules, or cheaper ones"


class WafReferenceNotFound(NotFound, code="waf-reference-not-found", aws="WAFNonexistentItemException"):
    """The rule document refers to a set or rule group that is not there.

    AWS: WAFNonexistentItemException.
    """

    remedy = "create it first, or correct its ARN"
