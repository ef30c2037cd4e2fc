"""One model asked by many threads: whoever finds it free runs what waits, for all.

Rules it upholds (tests/property/watch/test_batching.py):

1. Every caller gets the results of its own texts, in their order, or an error; never another's.
2. At most `leaders` threads run the model at once. Nobody waits while fewer do: there is no timer.
3. A turn takes at most `TURN_PIECES` pieces, the same share of every caller that waits, so that a long text does not hold up a short one.
4. What fails, fails for every caller with a text in that turn.
5. It keeps no text between calls.

Turns join short texts for speed only: a text's result does not depend on its company (`ringwall.watch.encoder.body`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from ringwall.errors import DependencyError
from ringwall.vocabulary.patience import take_time

_Made = TypeVar("_Made")
TURN_PIECES = 1_024

Ids = Sequence[int]


class TurnFailed(DependencyError, code="model-failed"):
    """A model could not answer."""

    remedy = "see the log of the process; `ringwall doctor` checks the models"


class _Asked(Generic[_Made]):
    """One caller's texts and what was made of them. `leads`: its thread runs the next turn. `woken`: it is over, or leads."""

    __slots__ = ("error", "leads", "left", "made", "taken", "texts", "woken")

    def __init__(self, texts: Sequence[Ids]) -> None:
        self.texts = texts
        self.made: list[_Made | None] = [None] * len(texts)
        self.taken = 0  # texts that are in a turn, or were
        self.left = len(texts)  # texts without a result
        self.error: BaseException | None = None
        self.leads = False
        self.woken = threading.Event()

    @property
    def is_over(self) -> bool:
        return self.error is not None or not self.left


class _Slice(NamedTuple, Generic[_Made]):
    """A caller's texts that are in one turn."""

    asked: _Asked[_Made]
    first: int
    last: int


class Turns(Generic[_Made]):
    """Joins what several threads ask of one model."""

    def __init__(self, run: Callable[[Sequence[Ids]], Sequence[_Made]], *, leaders: int) -> None:
        """Take the model, and how many threads may run it at once."""
        self._run = run
        self._free = leaders
        self._waiting: list[_Asked[_Made]] = []  # those with texts that are in no turn yet
        self._lock = threading.Lock()

    def ask(self, texts: Sequence[Ids]) -> list[_Made]:
        """Return the model's result of each text.

        Raises:
            TakesLong: the caller is in a hurry.
            TurnFailed: the model raised.
        """
        take_time()
        if not texts:
            return []
        mine: _Asked[_Made] = _Asked(texts)
        with self._lock:
            self._waiting.append(mine)
            if self._free:
                self._free -= 1
                mine.leads = True
        while not mine.is_over:
            if mine.leads:
                self._turn(mine)
            else:
                mine.woken.wait()
                mine.woken.clear()
        with self._lock:
            self._hand_on(mine)
        if mine.error is not None:
            raise TurnFailed("the model could not answer", reason=type(mine.error).__name__) from mine.error
        return [made for made in mine.made if made is not None]

    def _turn(self, mine: _Asked[_Made]) -> None:
        """Run one turn in the thread of a caller that leads; where nothing waits, stop leading."""
        with self._lock:
            turn = self._take()
            if not turn:
                self._hand_on(mine)
                return
        try:
            made = self._answers([text for each in turn for text in each.asked.texts[each.first : each.last]])
        except BaseException as error:  # whatever it is, those who wait must learn of it; what is no failure is raised on
            self._settle(turn, (), error)
            if not isinstance(error, Exception):
                with self._lock:
                    self._hand_on(mine)
                raise
        else:
            self._settle(turn, made, None)

    def _answers(self, texts: Sequence[Ids]) -> Sequence[_Made]:
        made = self._run(texts)
        if len(made) != len(texts):
            raise ValueError("the model answered for more or fewer texts than it was asked about")
        return made

    def _take(self) -> list[_Slice[_Made]]:
        """Take the next texts of every caller that waits, each its share; the lock is held."""
        share = TURN_PIECES // max(1, len(self._waiting))
        turn: list[_Slice[_Made]] = []
        for asked in self._waiting:
            first, pieces = asked.taken, 0
            while asked.taken < len(asked.texts) and (not pieces or pieces + len(asked.texts[asked.taken]) <= share):
                pieces += len(asked.texts[asked.taken])
                asked.taken += 1
            turn.append(_Slice(asked, first, asked.taken))
        self._waiting = [asked for asked in self._waiting if asked.taken < len(asked.texts)]
        return turn

    def _settle(self, turn: Sequence[_Slice[_Made]], made: Sequence[_Made], error: BaseException | None) -> None:
        """Give every caller of a turn what was made of its texts, or the error."""
        at = 0
        with self._lock:
            for asked, first, last in turn:
                if error is None:
                    asked.made[first:last] = made[at : at + last - first]
                    asked.left -= last - first
                    at += last - first
                else:
                    asked.error = asked.error or error
                if asked.is_over:
                    asked.woken.set()
            if error is not None:
                self._waiting = [asked for asked in self._waiting if not asked.is_over]

    def _hand_on(self, mine: _Asked[_Made]) -> None:
        """Give the lead to the first caller that waits, if this one has it; the lock is held."""
        if not mine.leads:
            return
        mine.leads = False
        follower = next((asked for asked in self._waiting if not asked.leads and asked is not mine), None)
        if follower is None:
            self._free += 1
        else:
            follower.leads = True
            follower.woken.set()
