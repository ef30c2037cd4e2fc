"""The last hour of each account: requests, latencies, what its guardrails did, and the latest requests. A view for people, not a record.

Fixed memory: an account has twelve slices of five minutes, each with so many rules, guardrails and models at most (what is beyond counts as
`other`), sixty minutes of two numbers, and its latest requests; of `ACCOUNTS` the one that was quiet longest makes room. Reads that pages
repeat by themselves, and what the console does, are left out: this is what came over the wires.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from ringwall.telemetry.latencies import Counts, added, count, new_counts, percentile_ms
from ringwall.telemetry.observed import WEIGHTS, Observed, RunSeen, strongest_by_policy

ACCOUNTS = 200
MINUTES = 60
SLICE_MINUTES = 5
SLICES = MINUTES // SLICE_MINUTES
RULES = 40
NAMES = 12  # guardrails, and models, of a slice
LATEST = 60
RULES_SHOWN = 12
RULES_TOLD = 6  # of one request
DIGESTS_TOLD = 2
OTHER = "other"
_OWN_FACES = frozenset({"console", "cli"})
_Kept = TypeVar("_Kept")


class Percentiles(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Latencies in milliseconds, within 9 %; `count` of them."""

    count: int
    p50: float | None
    p90: float | None
    p99: float | None


class TrafficMinute(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One minute; `minute` is Unix time divided by 60."""

    minute: int
    requests: int
    intervened: int


class LatencySlice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Five minutes from the minute `minute` on, and how long their answers took."""

    minute: int
    latency: Percentiles


class Acted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How often a policy, a rule or a guardrail saw something (`seen`), and masked or blocked it."""

    name: str
    seen: int
    masked: int
    blocked: int


class ModelTraffic(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a model was asked."""

    model: str
    requests: int
    input_tokens: int
    output_tokens: int


class Glimpse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One request. `number` counts the account's requests since it is watched; digests are keyed, as the audit record has them."""

    number: int
    at: float
    request_id: str
    face: str
    operation: str
    model: str
    status: int
    code: str
    action: str
    rules: tuple[str, ...]
    digests: tuple[str, ...]
    milliseconds: float
    first_token_milliseconds: float | None
    input_tokens: int
    output_tokens: int


class TrafficReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The last hour of an account on this server; quiet minutes and slices are left out, the latest requests come first."""

    now: float
    requests: int
    minutes: tuple[TrafficMinute, ...]
    slices: tuple[LatencySlice, ...]
    answer: Percentiles
    first_token: Percentiles
    guardrail: Percentiles
    policies: tuple[Acted, ...]
    rules: tuple[Acted, ...]
    guardrails: tuple[Acted, ...]
    models: tuple[ModelTraffic, ...]
    latest: tuple[Glimpse, ...]


@dataclass(slots=True)
class _Slice:
    answer: Counts[int] = field(default_factory=new_counts)
    first_token: Counts[int] = field(default_factory=new_counts)
    guardrail: Counts[int] = field(default_factory=new_counts)
    policies: dict[str, list[int]] = field(default_factory=dict)
    rules: dict[str, list[int]] = field(default_factory=dict)
    guardrails: dict[str, list[int]] = field(default_factory=dict)
    models: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Account:
    number: int = 0
    minutes: dict[int, list[int]] = field(default_factory=dict)
    slices: dict[int, _Slice] = field(default_factory=dict)
    latest: deque[Glimpse] = field(default_factory=lambda: deque(maxlen=LATEST))


class Traffic:
    """Observes requests for the people of each account."""

    def __init__(self) -> None:
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    def observe(self, observed: Observed) -> None:
        """Take note of a request whose caller is known."""
        if not observed.account_id or not observed.watched or observed.face in _OWN_FACES:
            return
        account = self._account(observed.account_id)
        minute = int((observed.at + observed.seconds) // 60)
        action = observed.action
        per_minute = _of(account.minutes, minute, lambda: [0, 0], before=minute - MINUTES)
        per_minute[0] += 1
        per_minute[1] += action in {"ANONYMIZE", "BLOCK"}
        if observed.judged or observed.notes.model:
            number = minute // SLICE_MINUTES
            _count(_of(account.slices, number, _Slice, before=number - SLICES), observed)
        account.number += 1
        account.latest.appendleft(_glimpse(account.number, observed, action))

    def _account(self, account_id: str) -> _Account:
        account = self._accounts.get(account_id)
        if account is None:
            account = self._accounts[account_id] = _Account()
            if len(self._accounts) > ACCOUNTS:
                self._accounts.popitem(last=False)
        else:
            self._accounts.move_to_end(account_id)
        return account

    def report(self, account_id: str, now: float, *, after: int = 0, latest: int = LATEST) -> TrafficReport:
        """Return an account's last hour.

        Args:
            account_id: the tenant.
            now: Unix time.
            after: leave out of the latest requests those up to this number; one that is not reached yet is from before a restart.
            latest: how many of them at most.
        """
        account = self._accounts.get(account_id) or _Account()
        after = after if after <= account.number else 0
        minute = int(now // 60)
        minutes = {number: counts for number, counts in account.minutes.items() if number > minute - MINUTES}
        slices = {number: found for number, found in account.slices.items() if number > minute // SLICE_MINUTES - SLICES}
        return TrafficReport(
            now=now,
            requests=sum(counts[0] for counts in minutes.values()),
            minutes=tuple(TrafficMinute(minute=number, requests=two[0], intervened=two[1]) for number, two in sorted(minutes.items())),
            slices=tuple(
                LatencySlice(minute=number * SLICE_MINUTES, latency=_percentiles([found.answer]))
                for number, found in sorted(slices.items())
            ),
            answer=_percentiles(found.answer for found in slices.values()),
            first_token=_percentiles(found.first_token for found in slices.values()),
            guardrail=_percentiles(found.guardrail for found in slices.values()),
            policies=_acted(found.policies for found in slices.values()),
            rules=_acted(found.rules for found in slices.values())[:RULES_SHOWN],
            guardrails=_acted(found.guardrails for found in slices.values())[:RULES_SHOWN],
            models=_models(found.models for found in slices.values())[:RULES_SHOWN],
            latest=tuple(glimpse for glimpse in account.latest if glimpse.number > after)[:latest],
        )


def _of(kept: dict[int, _Kept], number: int, make: Callable[[], _Kept], *, before: int) -> _Kept:
    found = kept.get(number)
    if found is None:
        found = kept[number] = make()
        for old in [known for known in kept if known <= before]:
            del kept[old]
    return found


def _count(into: _Slice, observed: Observed) -> None:
    notes = observed.notes
    count(into.answer, observed.seconds)
    if notes.first_token and notes.upstream_began:
        count(into.first_token, notes.first_token - notes.begun)
    if observed.judged:
        count(into.guardrail, notes.guardrail_s)
    for run in observed.judged:
        for policy, action in strongest_by_policy(run).items():
            _act(into.policies, policy, action, most=NAMES)
        for rule in run.rules:
            _act(into.rules, rule.id, "BLOCK" if rule.failed else rule.action, most=RULES)
        _act(into.guardrails, f"{run.guardrail}:{run.version}", run.action, most=NAMES)
    if notes.model:
        spent = _counts(into.models, notes.model, most=NAMES)
        spent[0] += 1
        spent[1] += notes.tokens_in
        spent[2] += notes.tokens_out


def _act(kept: dict[str, list[int]], name: str, action: str, *, most: int) -> None:
    counts = _counts(kept, name, most=most)
    counts[0] += 1
    counts[1] += action == "ANONYMIZE"
    counts[2] += action == "BLOCK"


def _counts(kept: dict[str, list[int]], name: str, *, most: int) -> list[int]:
    if name not in kept and len(kept) >= most:
        name = OTHER
    return kept.setdefault(name, [0, 0, 0])


def _glimpse(number: int, observed: Observed, action: str) -> Glimpse:
    notes = observed.notes
    return Glimpse(
        number=number,
        at=observed.at,
        request_id=observed.request_id,
        face=observed.face,
        operation=observed.operation,
        model=notes.model,
        status=observed.status,
        code=observed.code,
        action=action,
        rules=_told(observed.judged),
        digests=tuple(digest for run in observed.judged for digest in run.digests)[:DIGESTS_TOLD],
        milliseconds=round(observed.seconds * 1000, 3),
        first_token_milliseconds=round((notes.first_token - notes.begun) * 1000, 3) if notes.first_token else None,
        input_tokens=notes.tokens_in,
        output_tokens=notes.tokens_out,
    )


def _told(runs: Iterable[RunSeen]) -> tuple[str, ...]:
    """Return the rules that saw something, those that acted first."""
    rules = sorted((rule for run in runs for rule in run.rules), key=lambda rule: -2 if rule.failed else -WEIGHTS.get(rule.action, 2))
    return tuple(dict.fromkeys(rule.id for rule in rules))[:RULES_TOLD]


def _percentiles(many: Iterable[Counts[int]]) -> Percentiles:
    total = added(many)
    p50, p90, p99 = (percentile_ms(total, percent) for percent in (50, 90, 99))
    return Percentiles(count=sum(total), p50=p50, p90=p90, p99=p99)


def _joined(many: Iterable[dict[str, list[int]]]) -> list[tuple[str, list[int]]]:
    total: Counter[tuple[str, int]] = Counter()
    names: dict[str, None] = {}
    for kept in many:
        for name, counts in kept.items():
            names[name] = None
            for place, number in enumerate(counts):
                total[name, place] += number
    joined = [(name, [total[name, place] for place in range(3)]) for name in names]
    return sorted(joined, key=lambda entry: (-entry[1][0], entry[0]))


def _acted(many: Iterable[dict[str, list[int]]]) -> tuple[Acted, ...]:
    return tuple(Acted(name=name, seen=seen, masked=masked, blocked=blocked) for name, (seen, masked, blocked) in _joined(many))


def _models(many: Iterable[dict[str, list[int]]]) -> tuple[ModelTraffic, ...]:
    return tuple(
        ModelTraffic(model=name, requests=asked, input_tokens=read, output_tokens=said) for name, (asked, read, said) in _joined(many)
    )
