"""Limits counted in this process, in fixed memory.

A limit keeps a bounded number of subjects. When one more comes, the quietest make room and leave what they had used to a floor, which is at
least as full as any of them; whoever comes new starts at the floor. So nobody gets a fresh budget by being forgotten; while there are more
subjects than room, newcomers may be counted too high. A subject with calls under way is not forgotten; where all have some, a newcomer is
refused. Limits of which nothing is used any more are forgotten whole; an account that makes and deletes limits faster than that is refused,
and nobody else is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ringwall.inference.limits.charge import Charge, Refused, Settlement, Shape
from ringwall.inference.limits.counting import HELD_RETRY_MS, Count, new_count

SUBJECTS_MAX = 4096
TABLES_MAX = 16_384
ACCOUNT_TABLES_MAX = 512
"""Limits of one account that are counted at once, deleted ones of which something is used included: eight times those that it may have."""


class _Table:
    """The subjects of one limit of one account."""

    def __init__(self, shape: Shape, subjects_max: int) -> None:
        self._shape = shape
        self._max = subjects_max
        self._subjects: dict[str, Count] = {}
        self._floor = new_count(shape)

    def find(self, charge: Charge, now_ms: int) -> Count | None:
        """Return the count of a charge's subject; None where there is no room for one more."""
        found = self._subjects.get(charge.subject)
        if found is not None:
            return found
        if len(self._subjects) >= self._max and not self._make_room(charge, now_ms):
            return None
        made = self._subjects[charge.subject] = new_count(self._shape)
        made.raise_to(self._floor, charge, now_ms)
        return made

    def level(self, charge: Charge, now_ms: int) -> int:
        """Return how much a charge's subject used; one that is not kept stands at the floor."""
        return self._subjects.get(charge.subject, self._floor).level(charge, now_ms)

    def _make_room(self, charge: Charge, now_ms: int) -> bool:
        levels = {subject: count.level(charge, now_ms) for subject, count in self._subjects.items()}
        quietest = sorted(levels, key=levels.__getitem__)[: max(1, self._max // 20)]  # a twentieth, so that sorting is seldom
        gone = [subject for subject in quietest if self._shape != "held" or not levels[subject]]
        for subject in gone:
            self._floor.raise_to(self._subjects.pop(subject), charge, now_ms)
        return bool(gone)

    def idle(self, charge: Charge, now_ms: int) -> bool:
        """Say whether nothing is used any more; `charge` is one that was counted here."""
        return not self._floor.level(charge, now_ms) and not any(count.level(charge, now_ms) for count in self._subjects.values())


class MemoryStore:
    """The store of one process."""

    def __init__(
        self, *, subjects_max: int = SUBJECTS_MAX, tables_max: int = TABLES_MAX, account_tables_max: int = ACCOUNT_TABLES_MAX
    ) -> None:
        self._subjects_max = subjects_max
        self._tables_max = tables_max
        self._account_tables_max = account_tables_max
        self._owned: Counter[str] = Counter()
        self._tables: dict[str, tuple[_Table, Charge]] = {}
        self._holds: set[str] = set()

    async def take(self, hold: str, charges: Sequence[Charge], now_ms: int) -> Refused | None:
        """Take all charges, or say which does not fit; nothing waits in here, so nothing comes in between."""
        if hold in self._holds:
            return None
        counts: list[Count] = []
        for index, charge in enumerate(charges):
            count = self._count(charge, now_ms)
            if count is None:
                return Refused(index, HELD_RETRY_MS)
            wait_ms = count.wait_ms(charge, now_ms)
            if wait_ms:
                return Refused(index, wait_ms)
            counts.append(count)
        for count, charge in zip(counts, charges, strict=True):
            count.take(charge, hold, now_ms)
        self._holds.add(hold)
        return None

    async def renew(self, calls: Sequence[tuple[str, Charge]], now_ms: int) -> None:
        """Do nothing: calls of this process end with it."""

    async def settle(self, hold: str, settlements: Sequence[Settlement], taken_ms: int, now_ms: int) -> None:
        """Correct what a hold took and end it, once."""
        if hold not in self._holds:
            return
        self._holds.remove(hold)
        for one in settlements:
            count = self._count(one.charge, now_ms)
            if count is not None:
                count.settle(one.charge, one.difference, hold, taken_ms=taken_ms, now_ms=now_ms)

    async def levels(self, charges: Sequence[Charge], now_ms: int) -> Sequence[int]:
        """Return how much of each charge's subject is used now."""
        kept = [self._tables.get(charge.table) for charge in charges]
        return [0 if one is None else one[0].level(charge, now_ms) for one, charge in zip(kept, charges, strict=True)]

    async def close(self) -> None:
        """Nothing is held open."""

    def _count(self, charge: Charge, now_ms: int) -> Count | None:
        kept = self._tables.get(charge.table)
        if kept is None:
            owner = _owner(charge.table)
            if self._is_full(owner):
                self._drop_idle(now_ms, owner if self._owned[owner] >= self._account_tables_max else "")
            if self._is_full(owner):
                return None
            self._owned[owner] += 1
            kept = self._tables[charge.table] = (_Table(charge.shape, self._subjects_max), charge)
        return kept[0].find(charge, now_ms)

    def _is_full(self, owner: str) -> bool:
        return len(self._tables) >= self._tables_max or self._owned[owner] >= self._account_tables_max

    def _drop_idle(self, now_ms: int, owner: str) -> None:
        """Forget what is not used any more, of one account or of all ("")."""
        mine = [each for each in self._tables.items() if not owner or _owner(each[0]) == owner]
        for name in [name for name, (table, charge) in mine if table.idle(charge, now_ms)]:
            del self._tables[name]
            self._owned[_owner(name)] -= 1
        self._owned += Counter()  # keeps those above zero


def _owner(table: str) -> str:
    """Return the account whose limit a table counts."""
    return table.partition(":")[0]
