"""Who asks: the outcome of authentication, as every room below the faces sees it."""

from __future__ import annotations

from typing import Literal

import msgspec

API_KEY_PREFIX = "ACCA"
"""Ids of API keys begin with it. Source: IAM User Guide, "IAM identifiers": service-specific credentials."""


class KeyGuardrail(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The guardrail that whatever is asked of a model with a key stands under.

    account_id: whose guardrail it is, the key's own account.
    mode: how answers stream under it.
    """

    account_id: str
    identifier: str
    version: str
    mode: Literal["sync", "async"] = "sync"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated caller.

    arn: `arn:aws:iam::ACCOUNT:root`, `...:user/NAME` or `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    principal_id: the unique id behind the name (AIDA..., AROA...:session, the account id for root).
    guardrail: the one of the key it came with, or of the key that its session was asked for with.
    """

    account_id: str
    arn: str
    principal_id: str
    kind: Literal["Root", "IAMUser", "AssumedRole"]
    access_key_id: str = ""
    session_name: str = ""
    user_name: str = ""
    session_policies: tuple[str, ...] = ()  # JSON policy documents that narrow a session
    guardrail: KeyGuardrail | None = None
