"""What the stored web ACLs refuse, beside what their documents do (`ringwall.policies.waf`); each names the AWS exception it becomes."""

from __future__ import annotations

from ringwall.errors import Conflict, NotFound


class WafItemNotFound(NotFound, code="waf-item-not-found", aws="WAFNonexistentItemException"):
    """No such web ACL, rule group or set in this account and region.

    AWS: WAFNonexistentItemException.
    """


class WafItemDuplicate(Conflict, code="waf-item-duplicate", aws="WAFDuplicateItemException"):
    """Another of the kind has the name.

    AWS: WAFDuplicateItemException.
    """

    remedy = "choose a different name"


class WafLockLost(Conflict, code="waf-lock-lost", aws="WAFOptimisticLockException"):
    """The lock token is not that of the newest state.

    AWS: WAFOptimisticLockException.
    """

    remedy = "get it again, and repeat the change with the new lock token"


class WafItemInUse(Conflict, code="waf-item-in-use", aws="WAFAssociatedItemException"):
    """A web ACL, rule group or endpoint uses it.

    AWS: WAFAssociatedItemException.
    """

    remedy = "take it out of use first"
