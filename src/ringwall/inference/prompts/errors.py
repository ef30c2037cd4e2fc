"""What can go wrong with sealed prompts."""

from __future__ import annotations

from ringwall.errors import Conflict, DependencyError, InvalidRequest, NotFound


class PromptNotFound(NotFound, code="sealed-prompt-not-found"):
    """The account has no sealed prompt of this id: there never was one, or it was shredded, or its time is over."""


class PromptsPolicyNotFound(NotFound, code="sealed-prompts-policy-not-found"):
    """The account keeps no prompts."""

    remedy = "put a policy first: `ringwall prompts policy put`"


class PromptsPolicyChanged(Conflict, code="sealed-prompts-policy-changed"):
    """The policy was changed by another request at the same moment."""

    remedy = "look at the policy, and try again"


class InvalidShredding(InvalidRequest, code="invalid-shredding"):
    """What to shred is not said clearly."""

    remedy = "say `before` (a day, YYYY-MM-DD) or `everything`, one of the two"


class PromptNotKept(DependencyError, code="sealed-prompt-not-kept"):
    """The account's policy says that nothing is answered that was not kept, and this could not be kept."""

    remedy = "see the server's log; the policy's `mode` says what happens when prompts cannot be kept"
