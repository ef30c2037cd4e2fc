"""What the stored web ACLs refuse, beside what their documents do (`ringwall.policies.waf`); each names the AWS exception it becomes."""

from __future__ import annotations

from typing import ClassVar

from ringwall.errors import Conflict, NotFound


class WafItemNotFound(NotFound):
    """No such web ACL, rule group or set in this account and region.

    AWS: WAFNonexistentItemException.
    """

    code = "waf-item-not-found"
    aws_code: ClassVar[str] = "WAFNonexistentItemException"


class WafItemDuplicate(Conflict):
    """Another of the kind has the name.

    AWS: WAFDuplicateItemException.
    """

    code = "waf-item-duplicate"
    aws_code: ClassVar[str] = "WAFDuplicateItemException"
    remedy = "choose a different name"


class WafLockLost(Conflict):
    """The lock token is not that of the newest state.

    AWS: WAFOptimisticLockException.
    """

    code = "waf-lock-lost"
    aws_code: ClassVar[str] = "WAFOptimisticLockException"
    remedy = "get it again, and repeat the change with the new lock token"


class WafItemInUse(Conflict):
    """A web ACL, rule group or endpoint uses it.

    AWS: WAFAssociatedItemException.
    """

    code = "waf-item-in-use"
    aws_code: ClassVar[str] = "WAFAssociatedItemException"
    remedy = "take it out of use first"
