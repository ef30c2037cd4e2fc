"""The streaming session: feed characters, get events; a value machine that owns no socket and no clock.

Rules it upholds:

1. The verdicts depend on the blocks' whole texts and qualifiers only, never on how they were cut into chunks: everything is judged in
   `finish`, rule engines read whole texts, and learned windows start at fixed offsets (`learned.py`).
2. Nothing is released before its verdict: `feed` answers `Held` and never gives text back; the outputs come out of `finish`.
3. The size limits are enforced while feeding: content over them is refused at the chunk that passes them, and the session is then over.

It leaves to others: earlier release. `stream.py` gives back the part of a text that nothing unfinished can still reach; a caller of this
one waits for `finish`.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ringwall.errors import Bug, LimitExceeded
from ringwall.guardrails.content import Block
from ringwall.guardrails.evaluation import Evaluation, evaluate, refuse_over_limits
from ringwall.guardrails.guardrail import Guardrail
from ringwall.guardrails.policy import Source
from ringwall.vocabulary import Limits


class Held(msgspec.Struct, frozen=True):
    """So many characters of this content wait for their verdict."""

    characters: int


Event = Held


class SessionOver(Bug, code="session-over"):
    """A finished or refused session was fed again."""


class Session:
    """One content on its way through a guardrail."""

    __slots__ = ("_blocks", "_characters", "_chunks", "_guardrail", "_limits", "_over", "_qualifiers", "_source")

    def __init__(self, guardrail: Guardrail, source: Source, limits: Limits) -> None:
        self._guardrail = guardrail
        self._source: Source = source
        self._limits = limits
        self._blocks: list[Block] = []
        self._chunks: list[str] | None = None
        self._qualifiers: frozenset[str] = frozenset()
        self._characters = 0
        self._over = False

    def begin(self, qualifiers: Iterable[str] = ()) -> None:
        """Close the open block, if there is one, and open another."""
        self._refuse_when_over()
        self._close()
        self._check(0, 1)
        self._chunks = []
        self._qualifiers = frozenset(qualifiers)

    def feed(self, chunk: str) -> tuple[Event, ...]:
        """Append characters to the open block (the first chunk opens an unqualified one).

        Raises:
            LimitExceeded: the content passes a limit with this chunk; the session is over.
        """
        self._refuse_when_over()
        if self._chunks is None:
            self.begin()
        self._check(len(chunk), 0)
        self._characters += len(chunk)
        if self._chunks is not None:
            self._chunks.append(chunk)
        return (Held(self._characters),)

    def finish(self) -> Evaluation:
        """Judge everything fed.

        Raises:
            ContentRefused: the content lacks what the policy needs, or holds nothing to guard.
        """
        self._refuse_when_over()
        self._close()
        self._over = True
        return evaluate(self._guardrail, self._source, self._blocks, self._limits)

    def _check(self, characters: int, blocks: int) -> None:
        try:
            refuse_over_limits(self._characters + characters, len(self._blocks) + blocks, self._limits)
        except LimitExceeded:
            self._over = True
            self._blocks.clear()
            self._chunks = None
            raise

    def _close(self) -> None:
        if self._chunks is not None:
            self._blocks.append(Block("".join(self._chunks), self._qualifiers))
            self._chunks = None

    def _refuse_when_over(self) -> None:
        if self._over:
            raise SessionOver("the session is over")
