"""What rows of the native operation table have in common: how inputs are read, and how they say what a call is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ringwall.api.aws.operation import Call


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A structure of the native API; a member that it does not know is refused."""


class NoInput(Shape, frozen=True, kw_only=True):
    """No input."""


def anything(call: Call, given: Any) -> Sequence[str]:  # noqa: ARG001 - a row's shape
    """Say that a call is about no resource of its own."""
    return ("*",)


def own_arn(call: Call, name: str) -> Sequence[str]:
    """Name one of ringwall's own resources, of the account that calls."""
    return (f"arn:aws:ringwall:{call.region}:{call.account_id}:{name}",)
