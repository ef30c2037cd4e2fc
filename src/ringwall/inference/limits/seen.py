"""Which subjects of limits this process counted lately, by name: stores know digests, and a listing of use shows names.

In fixed memory, the quietest forgotten first: a listing may leave subjects out, and what is counted loses nothing by it.
"""

from __future__ import annotations

from collections import OrderedDict

TABLES_MAX = 256
SUBJECTS_MAX = 64


class Seen:
    """The subjects of each limit of an account, the last one last."""

    def __init__(self, *, tables_max: int = TABLES_MAX, subjects_max: int = SUBJECTS_MAX) -> None:
        self._tables_max = tables_max
        self._subjects_max = subjects_max
        self._tables: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def note(self, table: str, subject: str) -> None:
        """Note that a subject was counted."""
        subjects = self._tables.get(table)
        if subjects is None:
            subjects = self._tables[table] = OrderedDict()
            if len(self._tables) > self._tables_max:
                self._tables.popitem(last=False)
        else:
            self._tables.move_to_end(table)
        subjects[subject] = None
        subjects.move_to_end(subject)
        if len(subjects) > self._subjects_max:
            subjects.popitem(last=False)

    def subjects(self, table: str) -> tuple[str, ...]:
        """Return the subjects that were counted, the last one first."""
        return tuple(reversed(self._tables.get(table, ())))
