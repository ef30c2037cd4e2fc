"""The native API's limits: what an account may use, what of it is used, and what models cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import NoInput, Shape, anything, own_arn
from ringwall.inference.limits import PriceTable, Rule
from ringwall.inference.limits.use import LimitUse


class LimitInput(Shape, frozen=True, kw_only=True):
    """One limit of the account, by its id."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")]


class LimitsOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every limit that stands for the account, the operator's first. Use is what this process knows; the store may count for all."""

    limits: tuple[LimitUse, ...]


async def _list(call: Call, given: NoInput) -> LimitsOutput:  # noqa: ARG001 - a handler's shape
    return LimitsOutput(limits=await call.rooms.budgets.use(call.account_id))


async def _put(call: Call, given: Rule) -> Rule:
    made = await call.rooms.budgets.stored.set(call.account_id, given)
    call.record["limit"] = {"id": made.id, "kind": made.kind}
    return made


async def _delete(call: Call, given: LimitInput) -> None:
    await call.rooms.budgets.stored.delete(call.account_id, given.id)
    call.record["limit"] = {"id": given.id}


async def _prices(call: Call, given: NoInput) -> PriceTable:  # noqa: ARG001 - a handler's shape
    return call.rooms.budgets.prices


def _limit_arn(call: Call, given: LimitInput | Rule) -> Sequence[str]:
    return own_arn(call, f"limit/{given.id}")


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "ListLimits", "ringwall:ListLimits", _list, anything, read_only=True),
        "GET",
        "/limits",
        "List the limits that stand for the account, and what of each is used.",
        NoInput,
        LimitsOutput,
    ),
    NativeOperation(
        Operation("ringwall", "PutLimit", "ringwall:PutLimit", _put, _limit_arn),
        "PUT",
        "/limits/{id}",
        "Put a limit of the account, in the place of the one with its id.",
        Rule,
        Rule,
    ),
    NativeOperation(
        Operation("ringwall", "DeleteLimit", "ringwall:DeleteLimit", _delete, _limit_arn),
        "DELETE",
        "/limits/{id}",
        "Delete a limit of the account; the operator's stay.",
        LimitInput,
        None,
    ),
    NativeOperation(
        Operation("ringwall", "ListPrices", "ringwall:ListPrices", _prices, anything, read_only=True),
        "GET",
        "/prices",
        "Show the price table that limits on cost are counted by.",
        NoInput,
        PriceTable,
    ),
)
