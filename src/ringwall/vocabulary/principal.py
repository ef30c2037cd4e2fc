"""Who asks: the outcome of authentication, as every room below the faces sees it."""

from __future__ import annotations

from typing import Literal

import msgspec


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated caller.

    arn: `arn:aws:iam::ACCOUNT:root`, `...:user/NAME` or `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    principal_id: the unique id behind the name (AIDA..., AROA...:session, the account id for root).
    """

    account_id: str
    arn: str
    principal_id: str
    kind: Literal["Root", "IAMUser", "AssumedRole"]
    access_key_id: str = ""
    session_name: str = ""
    user_name: str = ""
    session_policies: tuple[str, ...] = ()  # JSON policy documents that narrow a session
