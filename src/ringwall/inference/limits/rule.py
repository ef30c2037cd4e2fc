"""One limit as it is configured: what it counts, for whom, and how much of it may be used."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ringwall.identity.caller import Caller
from ringwall.inference.limits.charge import NUMBER_MAX, Shape
from ringwall.inference.limits.errors import InvalidLimit
from ringwall.vocabulary import Principal

Kind = Literal["requests", "tokens", "cost", "concurrency"]
Part = Literal["key", "model", "route"]

NANO = 1_000_000_000
"""Cost is counted in billionths of a US dollar."""

USD_MAX = 1_000_000
_Filter = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Meta(max_length=100)]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for what: the tenant, the key it asks with (`counted_key`), the model, and the way (`openai`, `bedrock`).

    upstream_model: the model as its upstream knows it, where an account's own row says so: the row's id is the account's to choose, so that
    both are priced, and the dearer counts.
    """

    account_id: str
    key_id: str = ""
    model_id: str = ""
    route: str = ""
    upstream_model: str = ""


def counted_key(principal: Principal) -> str:
    """Return what stands for a caller's key in limits: its id; for temporary credentials the ARN of the role, user or root behind them.

    Whoever may ask for a session may ask for many: sessions that counted as keys of their own would each have a fresh budget.
    """
    if isinstance(principal, Caller) and principal.issued_at:
        return principal.principal_arn
    return principal.access_key_id


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """One limit.

    id: names it in refusals; `per`: counted for each of these beside the account (nothing: the account as a whole).
    keys, models, routes: it applies to these only; one that ends with `*` means all that begin so; nothing means all.
    amount: requests, tokens or concurrent calls; usd: for cost, a decimal number.
    period_s: in which the amount may be used; shape: `bucket` refills steadily, `window` looks back over the period.
    burst: how much a full bucket holds; nothing means the amount.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")]
    kind: Kind
    per: Annotated[tuple[Part, ...], Meta(max_length=3)] = ()
    keys: _Filter = ()
    models: _Filter = ()
    routes: _Filter = ()
    amount: Annotated[int, Meta(ge=1, le=10_000_000_000)] | None = None
    usd: Annotated[str, Meta(pattern=r"^[0-9]{1,7}(\.[0-9]{1,9})?\Z")] | None = None
    period_s: Annotated[int, Meta(ge=1, le=31 * 86_400)] | None = None
    shape: Literal["bucket", "window"] | None = None
    burst: Annotated[int, Meta(ge=1, le=10_000_000_000)] | None = None

    @property
    def counting(self) -> Shape:
        """How it is counted: requests and tokens in a bucket unless told otherwise, cost in a window."""
        if self.kind == "concurrency":
            return "held"
        return self.shape or ("window" if self.kind == "cost" else "bucket")

    @property
    def limit(self) -> int:
        """The amount in the unit that is counted: requests, tokens, billionths of a dollar, calls."""
        return _nano(self.usd or "0") if self.kind == "cost" else self.amount or 0

    @property
    def capacity(self) -> int:
        """How much may be used at once."""
        return self.burst if self.counting == "bucket" and self.burst else self.limit

    def applies_to(self, subject: Subject) -> bool:
        """Say whether the limit is about this subject."""
        return _listed(self.keys, subject.key_id) and _listed(self.models, subject.model_id) and _listed(self.routes, subject.route)

    def subject_of(self, subject: Subject) -> str:
        """Return what is counted together, inside the account."""
        values = {"key": subject.key_id, "model": subject.model_id, "route": subject.route}
        return "\0".join(f"{part}={values[part]}" for part in sorted(self.per))


_DECODER = msgspec.json.Decoder(Rule)


@lru_cache(4096)
def _nano(usd: str) -> int:
    return int(Decimal(usd) * NANO)


def _listed(patterns: tuple[str, ...], value: str) -> bool:
    return not patterns or any(value.startswith(one[:-1]) if one.endswith("*") else value == one for one in patterns)


def check_rule(rule: Rule) -> Rule:
    """Return a limit whose members go together.

    Raises:
        InvalidLimit: they do not.
    """
    problem = _problem(rule)
    if problem:
        raise InvalidLimit(f"the limit `{rule.id}` {problem}")
    return rule


def _problem(rule: Rule) -> str:
    """Return the first thing that does not go together; empty where all does."""
    costs, holds = rule.kind == "cost", rule.kind == "concurrency"
    checks = (
        ({rule.usd is not None, rule.amount is None} != {costs}, "needs `usd` for cost, and `amount` for everything else"),
        (holds == (rule.period_s is not None), "needs `periodS`, unless it is of concurrency, which has none"),
        (holds and bool(rule.shape or rule.burst), "has a shape or a burst, which concurrency has not"),
        (costs and rule.shape == "bucket", "is of cost, which is counted in a window"),
        (rule.burst is not None and rule.counting != "bucket", "has a burst, which only a bucket has"),
        (len(set(rule.per)) != len(rule.per), "names a part twice in `per`"),
        (not 0 < rule.limit <= USD_MAX * NANO, f"is of nothing, or of more than {USD_MAX} USD"),
        (
            rule.counting == "bucket" and rule.capacity * (rule.period_s or 0) * 1000 > NUMBER_MAX,
            "is too large for its period; choose a shorter period or a window",
        ),
    )
    return next((problem for wrong, problem in checks if wrong), "")


def parse_rules(raw: bytes) -> tuple[Rule, ...]:
    """Read a file of limits: `{"limits": [...]}`.

    Raises:
        InvalidLimit: it is malformed, or two limits have one id.
    """
    try:
        document = msgspec.json.decode(raw, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidLimit(f"the file of limits is malformed: {str(error)[:200]}") from error
    rules = tuple(check_rule(rule) for rule in document.limits)
    if len({rule.id for rule in rules}) != len(rules):
        raise InvalidLimit("two limits have the same id")
    return rules


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limits: tuple[Rule, ...]
