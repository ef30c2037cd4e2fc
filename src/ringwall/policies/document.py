"""The syntax tree of an IAM policy: plain data, which the evaluator compiles and a prover can encode.

Nothing here evaluates. Strings stay as written, except that condition keys are lower-case (IAM compares them without case).
Source: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy element reference".
"""

from __future__ import annotations

from typing import Literal

import msgspec

Effect = Literal["Allow", "Deny"]
Quantifier = Literal["", "ForAllValues", "ForAnyValue"]
PrincipalKind = Literal["*", "AWS", "Service", "Federated", "CanonicalUser"]

OLDEST_VERSION = "2008-10-17"
"""The policy language version of a document that names none."""

VARIABLES_SINCE = "2012-10-17"
"""The first policy language version in which `${...}` is a variable and not text."""


class Condition(msgspec.Struct, frozen=True):
    """One key under one operator; all conditions of a statement must hold, any one of `values` suffices.

    operator: without quantifier and suffix: `StringNotLike`.
    key: lower-case: `aws:sourceip`.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: Quantifier = ""
    if_exists: bool = False


class PrincipalEntry(msgspec.Struct, frozen=True):
    """One line of a Principal element: `{"AWS": "arn:..."}`; kind `*` is everyone."""

    kind: PrincipalKind
    value: str = "*"


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement.

    not_action, not_resource, not_principal: the element was `NotAction`, `NotResource`, `NotPrincipal`.
    principals: None where the statement has no Principal (identity policies).
    unsupported: elements that could not be read. An Allow with one matches nothing; a Deny is decided by what could be read alone,
        as though the unreadable element matched.
    """

    effect: Effect
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_action: bool = False
    not_resource: bool = False
    principals: tuple[PrincipalEntry, ...] | None = None
    not_principal: bool = False
    conditions: tuple[Condition, ...] = ()
    sid: str = ""
    unsupported: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One document. `name` says where it came from (an ARN, an inline policy's name) and appears in decisions."""

    statements: tuple[Statement, ...]
    version: str = OLDEST_VERSION
    id: str = ""
    name: str = ""

    @property
    def has_variables(self) -> bool:
        """Say whether `${...}` is substituted in this document."""
        return self.version == VARIABLES_SINCE


DENY_EVERYTHING = Statement(effect="Deny", actions=("*",), resources=("*",), unsupported=("document",))
"""What stands in for a stored document that cannot be read at all."""
