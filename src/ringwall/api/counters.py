"""Live counters: what this process has done, per account, for the console and `/ringwall/v1/stats`.

They are a view for people, not a record: they start at zero with the process; the record is the ledger.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import msgspec

MINUTES = 60
ACCOUNTS = 10_000
"""Accounts that are counted apart; the one that was quiet longest makes room."""


class Minute(msgspec.Struct, frozen=True, rename="camel"):
    """One minute's work; `minute` is Unix time divided by 60."""

    minute: int
    requests: int
    intervened: int
    refused: int


class Stats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one account did since this process started, and minute by minute for the last hour (quiet minutes left out)."""

    started_at: str
    requests: int
    checked: int
    intervened: int
    blocked: int
    masked: int
    refused: int
    failed: int
    characters: int
    minutes: tuple[Minute, ...]


@dataclass(slots=True)
class _Tally:
    requests: int = 0
    checked: int = 0
    intervened: int = 0
    blocked: int = 0
    masked: int = 0
    refused: int = 0
    failed: int = 0
    characters: int = 0
    minutes: dict[int, list[int]] = field(default_factory=dict)


class Counters:
    """Counts outcomes."""

    def __init__(self, started_at: str) -> None:
        self._started_at = started_at
        self._tallies: OrderedDict[str, _Tally] = OrderedDict()

    def count(self, account_id: str, moment: float, *, status: int, outcome: str = "", characters: int = 0) -> None:
        """Count one answered request.

        Args:
            account_id: whose request it was.
            moment: Unix time.
            status: of the answer.
            outcome: of a guardrail's run, if there was one: `passed`, `blocked` or `masked`.
            characters: of text that the guardrail was shown.
        """
        tally = self._tallies.get(account_id)
        if tally is None:
            tally = self._tallies[account_id] = _Tally()
            if len(self._tallies) > ACCOUNTS:
                self._tallies.popitem(last=False)
        else:
            self._tallies.move_to_end(account_id)
        minute = int(moment // 60)
        per_minute = tally.minutes.get(minute)
        if per_minute is None:
            per_minute = tally.minutes[minute] = [0, 0, 0]
            for old in [known for known in tally.minutes if known <= minute - MINUTES]:
                del tally.minutes[old]
        tally.requests += 1
        per_minute[0] += 1
        if status >= 400:
            per_minute[2] += 1
            tally.refused += status < 500
            tally.failed += status >= 500
        if outcome:
            self._count_outcome(tally, per_minute, outcome)
            tally.characters += characters

    @staticmethod
    def _count_outcome(tally: _Tally, per_minute: list[int], outcome: str) -> None:
        tally.checked += 1
        tally.blocked += outcome == "blocked"
        tally.masked += outcome == "masked"
        if outcome != "passed":
            tally.intervened += 1
            per_minute[1] += 1

    def stats(self, account_id: str) -> Stats:
        """Return one account's counts."""
        tally = self._tallies.get(account_id) or _Tally()
        return Stats(
            started_at=self._started_at,
            requests=tally.requests,
            checked=tally.checked,
            intervened=tally.intervened,
            blocked=tally.blocked,
            masked=tally.masked,
            refused=tally.refused,
            failed=tally.failed,
            characters=tally.characters,
            minutes=tuple(Minute(minute, *counts) for minute, counts in sorted(tally.minutes.items())),
        )
