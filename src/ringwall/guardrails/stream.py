"""An answer judged while it streams: feed characters, get back what may go on; a value machine that owns no socket and no clock.

A block is judged at *marks*, fixed offsets (`lane.py`). At a mark it is asked from where on something may be unfinished there (`border.py`:
the beginning of a phrase, of a pattern's match, a code's run that is not closed). What lies before that border is evaluated, all rules in
all readings, with what stands around it, and goes on, masked where a rule masks. Nothing waits longer than `REACH` characters for a match
that may come. At the end everything is evaluated as a whole, as if it had not streamed, and the rest goes on or does not.

Rules it upholds (tests/property/guardrails/test_stream.py, test_stream_borders.py):

1. What is released, and the verdict, depend on the blocks' texts only, never on how they were cut into chunks: marks are offsets, and what
   happens at a mark is a function of the text before it.
2. No character of a hit is released unmasked if the hit, with all that makes it one, stands within `REACH - EDGE` raw characters: from its
   first character on it is unfinished until it is whole, and then it is found in the window of the first mark that is `EDGE` behind it.
3. What is longer, or lies in a reading that needs the whole text, is found at the end: the verdict is that of the whole text, the rest is
   withheld, and what left before has left (docs/filters/streaming.md; docs/proofs/streaming.md proves that no bounded hold-back can do
   better for every reading).
   Where a learned finder of names is asked, a window's last `HANDED` characters wait as well: what it says of a word depends on the words
   behind. What it says of a window stands for what left; it may differ from what it says of the whole text, which is judged at the end.
4. More than `IGNORABLE` characters that are blank or invisible, inside what may be a listed phrase, block: nothing honest is written so,
   and a phrase that is drawn out with them is not let past by its length.
5. After a block nothing more comes out.
6. Rules that need the whole answer (contextual grounding) hold the whole answer.

In asynchronous mode text goes on at once and is judged behind; nothing is masked (AWS documents the same of its own).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.guardrails.border import BATCH, EDGE, Border, clean, masked
from ringwall.guardrails.content import Block
from ringwall.guardrails.evaluation import Evaluation, evaluate, refuse_over_limits
from ringwall.guardrails.guardrail import Guardrail
from ringwall.guardrails.lane import FIRST_MARKS, REACH, STEP, Lane
from ringwall.guardrails.naming import WEIGHT
from ringwall.guardrails.policy import Source
from ringwall.guardrails.session import SessionOver
from ringwall.vocabulary import Limits

__all__ = ["EDGE", "REACH", "STEP", "Ended", "Mode", "Released", "Stopped", "Stream"]

Mode = Literal["sync", "async"]


class Released(msgspec.Struct, frozen=True):
    """Text of a block that may go on."""

    block: int
    text: str


class Stopped(msgspec.Struct, frozen=True):
    """The stream ends here: `evaluation` blocks. What was fed and not released stays."""

    evaluation: Evaluation


class Ended(msgspec.Struct, frozen=True):
    """The whole answer was judged and may go on; `evaluation` is that of the whole, `released` what was still held."""

    evaluation: Evaluation
    released: tuple[Released, ...]


class Stream:
    """One answer on its way out.

    characters: fed so far.
    holds_all: nothing goes out before `finish`.
    """

    __slots__ = ("_border", "_guardrail", "_lanes", "_limits", "_mode", "_over", "_references", "_source", "characters", "holds_all")

    def __init__(
        self,
        guardrail: Guardrail,
        source: Source,
        limits: Limits,
        *,
        mode: Mode = "sync",
        hold: bool = False,
        references: tuple[Block, ...] = (),
    ) -> None:
        """Begin.

        Args:
            guardrail: compiled.
            source: which of its plans.
            limits: of the whole answer.
            mode: `sync` releases what was judged; `async` releases at once.
            hold: release nothing before the whole is judged; so it is, too, where a rule needs the whole answer.
            references: blocks that the answer is compared with (grounding sources, the query).
        """
        self._guardrail = guardrail
        self._source: Source = source
        self._limits = limits
        self.holds_all = hold or bool(guardrail.plans[source].grounding)
        self._mode: Mode = "sync" if self.holds_all else mode
        self._references = references
        self._lanes: dict[int, Lane] = {}
        self._border = Border(guardrail, source)
        self.characters = 0
        self._over = False

    @property
    def is_ready(self) -> bool:
        """Say whether nothing has to be made, once for all streams of a guardrail, before characters are fed."""
        return self.holds_all or self._mode == "async" or self._border.is_ready

    def weight(self, characters: int, *, block: int | None = None) -> int:
        """Return what it costs to judge so many characters, or to feed them to a block, in characters that only rules read.

        Where models read, it is much or nothing: a stream cannot be begun again, so it must not come to ask one in a hurry.
        """
        if self._guardrail.plans[self._source].names is None and not self._border.learned:
            return characters
        if block is not None:
            lane = self._lanes.get(block)
            due = FIRST_MARKS[0] if lane is None else lane.mark - lane.length
            if self.holds_all or characters < due:
                return 0
        return (characters + STEP) * WEIGHT  # a mark has a window read

    def prepare(self) -> None:
        """Make it: up to a second for many words; without it the first `feed` does."""
        self._border.prepare()

    def feed(self, block: int, chunk: str) -> tuple[Released | Stopped, ...]:
        """Append characters to a block.

        Raises:
            LimitExceeded: the answer passes a limit with this chunk; the stream is over, and nothing more is released.
            SessionOver: it was over before.
        """
        self._refuse_when_over()
        lane = self._lanes.get(block)
        self._check(len(chunk), lane is None)
        if lane is None:
            lane = self._lanes[block] = Lane(learned=self._border.learned)
        lane.append(chunk)
        self.characters += len(chunk)
        out: list[Released | Stopped] = []
        if self._mode == "async" and chunk:
            out.append(Released(block, chunk))
        if self._border.free and not self.holds_all:  # no rule reads it
            lane.out = lane.length
            return (Released(block, chunk),) if chunk else ()
        while lane.length >= lane.mark and not self.holds_all:
            out += self._judge(block, lane, lane.mark)
            lane.go_on()
            if self._over:
                break
        return tuple(out)

    def close(self, block: int) -> tuple[Released | Stopped, ...]:
        """Say that a block is whole; return what was still held of it, if it may go on.

        Where the answer has one block only, this gives what `finish` would give; with several, `finish` still reads them together.
        """
        self._refuse_when_over()
        lane = self._lanes.get(block)
        if lane is None or self.holds_all or lane.out == lane.length:
            return ()
        return tuple(self._judge_rest(block, lane))

    def finish(self) -> Stopped | Ended:
        """Judge the whole answer; return what was still held, if it may go on.

        Raises:
            ContentRefused: the answer lacks what the policy needs, or holds nothing to guard.
        """
        self._refuse_when_over()
        order = sorted(self._lanes)
        texts = {index: "".join(self._lanes[index].pieces) for index in order}
        blocks = [*self._references, *(Block(texts[index]) for index in order)]
        evaluation = evaluate(self._guardrail, self._source, blocks, self._limits)
        self._over = True  # only now: work that comes to a model is begun again in a thread
        if evaluation.outcome.action == "BLOCK":
            return Stopped(evaluation)
        if self._mode == "async":
            return Ended(evaluation, ())
        rest = []
        for position, index in enumerate(order, len(self._references)):
            out = self._lanes[index].out
            text = clean(texts[index][out:], out, masked(evaluation.verdicts, position))
            if text:
                rest.append(Released(index, text))
        return Ended(evaluation, tuple(rest))

    def _judge(self, block: int, lane: Lane, mark: int) -> list[Released | Stopped]:
        """Release what is finished at a mark and passes."""
        start, window = lane.window(mark)
        done = lane.out - start
        if self._mode == "async" and not self._border.is_full(mark):
            return []
        finished = self._border.finished(window, done) if self._mode == "sync" else done
        if finished - done < (BATCH if lane.out else 1):
            if not self._border.is_full(mark):
                return []
            lane.settled = False  # something goes on: it is read with all that may belong to it
            start, window = lane.window(mark)
            finished, done = finished - done + lane.out - start, lane.out - start
        evaluation = evaluate(self._guardrail, self._source, [Block(window)], self._limits)
        judged = self._border.judge(evaluation, window, done, start, finished)
        if judged.stopped is not None:
            self._over = True
            return [Stopped(judged.stopped)]
        out, lane.out = lane.out, max(lane.out, start + judged.border)
        lane.settled = lane.settled if out == lane.out else judged.settled
        if self._mode == "async" or out == lane.out:
            return []
        return [Released(block, clean(lane.between(out, lane.out), out, judged.masked))]

    def _judge_rest(self, block: int, lane: Lane) -> list[Released | Stopped]:
        """Release the rest of a block that is whole, if it passes."""
        start, window = lane.window(lane.length)
        evaluation = evaluate(self._guardrail, self._source, [Block(window)], self._limits)
        judged = self._border.judge_last(evaluation, lane.out - start, start)
        if judged.stopped is not None:
            self._over = True
            return [Stopped(judged.stopped)]
        out, lane.out = lane.out, lane.length
        return [] if self._mode == "async" else [Released(block, clean(lane.between(out, lane.out), out, judged.masked))]

    def _check(self, characters: int, opens: bool) -> None:
        try:
            refuse_over_limits(self.characters + characters, len(self._lanes) + opens, self._limits)
        except LimitExceeded:
            self._over = True
            raise

    def _refuse_when_over(self) -> None:
        if self._over:
            raise SessionOver("the stream is over")
