"""What of a limit is used: the listing's side of counting, for people; nothing is decided by it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from ringwall.inference.limits.charge import Charge
from ringwall.inference.limits.rule import NANO, Rule

Origin = Literal["account", "operator"]


class Use(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What one subject used of a limit.

    subject: the key, model and route that are counted together; nothing means the account as a whole.
    used, of: requests, tokens, calls under way, or billionths of a dollar; `of` is what may be used at once.
    used_usd: for cost, in dollars.
    """

    subject: dict[str, str]
    used: int
    of: int
    used_usd: str | None = None

    @property
    def percent(self) -> float:
        """How much of it is used; more than 100 where a call used more than was estimated."""
        return 100 * self.used / self.of


class LimitUse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A limit and its use, the fullest subject first.

    origin: whose it is; the operator's stand for every account, and are counted for each apart.
    uses: subjects that this process counted lately; None where the store does not answer.
    """

    limit: Rule
    origin: Origin
    uses: tuple[Use, ...] | None


def use_of(rule: Rule, charge: Charge, subject: str, level: int) -> Use:
    """Describe a level as a store gives it: a bucket's is times its period, and what is left of a unit counts as one."""
    used = -(-level // charge.period_ms) if charge.shape == "bucket" else level
    parts = dict(part.split("=", 1) for part in subject.split("\0") if part)
    usd = f"{(Decimal(used) / NANO).normalize():f}" if rule.kind == "cost" else None
    return Use(subject=parts, used=used, of=rule.capacity, used_usd=usd)
