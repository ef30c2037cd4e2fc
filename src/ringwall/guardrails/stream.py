"""An answer judged while it streams: feed characters, get back what may go on; a value machine that owns no socket and no clock.

A stream is judged stretch by stretch, at *marks*: fixed offsets in each block, every `STEP` characters. At a mark a window of the block is
evaluated, all rules in all readings, and the text up to `REACH` before the mark goes on, masked where a rule masks. At the end everything
is evaluated as a whole, as if it had not streamed, and the rest goes on or does not.

Rules it upholds (tests/property/guardrails/test_stream.py):

1. What is released, and the verdict, depend on the blocks' texts only, never on how they were cut into chunks: marks are offsets.
2. No character of a hit that stands within `REACH - EDGE` raw characters is released unmasked: the hit is whole in the window of the first
   mark behind it, and its first character waits for that mark. A block's first `REACH` characters never leave before a mark or the end.
3. What is longer, or lies in a reading that needs the whole text, is found at the end: the verdict is that of the whole text, the rest is
   withheld, and what left before has left (docs/filters/streaming.md; docs/proofs/streaming.md proves that no bounded hold-back can do
   better for every reading).
4. After a block nothing more comes out.
5. Rules that need the whole answer (contextual grounding) hold the whole answer.

In asynchronous mode text goes on at once and is judged behind; nothing is masked (AWS documents the same of its own).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.guardrails.content import Block
from ringwall.guardrails.evaluation import Evaluation, evaluate, refuse_over_limits
from ringwall.guardrails.guardrail import Guardrail
from ringwall.guardrails.policy import Source
from ringwall.guardrails.session import SessionOver
from ringwall.guardrails.verdict import Verdict
from ringwall.text.detectors import mask
from ringwall.text.finding import Finding
from ringwall.vocabulary import Limits, Span

STEP = 256  # characters from one mark to the next
REACH = 256  # characters that wait behind a mark: a phrase of 20 letters in any encoding of the wall's, but binary (9 characters a letter)
EDGE = 32  # characters beside a window's cut whose words and numbers may read otherwise there than in the whole text

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


class _Lane:
    """One block: its text so far, how far it was released, and the next mark.

    The pieces are joined for the whole once, at the end; for windows the last part is kept joined, so that chunks of one character cost
    no more than their number.
    """

    __slots__ = ("base", "length", "mark", "out", "pieces", "tail", "waiting")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.waiting: list[str] = []  # pieces that are not in `tail` yet
        self.tail = ""  # the text from `base` on
        self.base = 0
        self.length = 0
        self.out = 0
        self.mark = STEP

    def append(self, chunk: str) -> None:
        self.pieces.append(chunk)
        self.waiting.append(chunk)
        self.length += len(chunk)

    def window(self, mark: int) -> tuple[int, str]:
        """Return where the window of a mark begins, and its text."""
        if self.waiting:
            self.tail = "".join((self.tail, *self.waiting))
            self.waiting.clear()
        start = self.base + _window_start(self.tail, self.out - self.base)
        if 2 * (start - self.base) > len(self.tail):  # what is dropped pays for what is copied
            self.tail = self.tail[start - self.base :]
            self.base = start
        return start, self.tail[start - self.base : mark - self.base]

    def between(self, start: int, end: int) -> str:
        """Return a part of the text that the last window held."""
        return self.tail[start - self.base : end - self.base]


class Stream:
    """One answer on its way out.

    characters: fed so far.
    holds_all: nothing goes out before `finish`.
    """

    __slots__ = ("_guardrail", "_lanes", "_limits", "_mode", "_over", "_references", "_source", "characters", "holds_all")

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
        self._lanes: dict[int, _Lane] = {}
        self.characters = 0
        self._over = False

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
            lane = self._lanes[block] = _Lane()
        lane.append(chunk)
        self.characters += len(chunk)
        out: list[Released | Stopped] = []
        if self._mode == "async" and chunk:
            out.append(Released(block, chunk))
        while lane.length >= lane.mark and not self.holds_all:
            out += self._judge(block, lane, lane.mark, last=False)
            lane.mark += STEP
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
        return tuple(self._judge(block, lane, lane.length, last=True))

    def finish(self) -> Stopped | Ended:
        """Judge the whole answer; return what was still held, if it may go on.

        Raises:
            ContentRefused: the answer lacks what the policy needs, or holds nothing to guard.
        """
        self._refuse_when_over()
        self._over = True
        order = sorted(self._lanes)
        texts = {index: "".join(self._lanes[index].pieces) for index in order}
        blocks = [*self._references, *(Block(texts[index]) for index in order)]
        evaluation = evaluate(self._guardrail, self._source, blocks, self._limits)
        if evaluation.outcome.action == "BLOCK":
            return Stopped(evaluation)
        if self._mode == "async":
            return Ended(evaluation, ())
        rest = []
        for position, index in enumerate(order, len(self._references)):
            out = self._lanes[index].out
            text = _clean(texts[index][out:], out, _masked(evaluation.verdicts, position))
            if text:
                rest.append(Released(index, text))
        return Ended(evaluation, tuple(rest))

    def _judge(self, block: int, lane: _Lane, mark: int, *, last: bool) -> list[Released | Stopped]:
        """Evaluate the window of a mark; release up to `REACH` before it, or everything where the block ends there."""
        start, window = lane.window(mark)
        evaluation = evaluate(self._guardrail, self._source, [Block(window)], self._limits)
        certain = mark - (0 if last else EDGE)  # behind it, what is read may be cut
        if any(_blocks(verdict, lane.out - start, certain - start) for verdict in evaluation.verdicts):
            self._over = True
            return [Stopped(evaluation)]
        findings = [_shifted(finding, start) for finding in _masked(evaluation.verdicts, 0)]
        border = mark if last else _border(mark - REACH, certain, findings)
        out, lane.out = lane.out, max(lane.out, border)
        if self._mode == "async" or out == lane.out:
            return []
        return [Released(block, _clean(lane.between(out, lane.out), out, findings))]

    def _check(self, characters: int, opens: bool) -> None:
        try:
            refuse_over_limits(self.characters + characters, len(self._lanes) + opens, self._limits)
        except LimitExceeded:
            self._over = True
            raise

    def _refuse_when_over(self) -> None:
        if self._over:
            raise SessionOver("the stream is over")


def _window_start(text: str, out: int) -> int:
    """Return where a window begins: `REACH` before what was released, at the start of a word if one starts soon before."""
    start = max(0, out - REACH)
    if start == 0:
        return 0
    blank = text.rfind(" ", max(0, start - REACH), start)
    return start if blank < 0 else blank + 1


def _border(border: int, certain: int, findings: list[Finding]) -> int:
    """Return up to where a mark releases: a finding on the border goes out whole, or waits where it may not be whole yet."""
    for finding in sorted(findings, key=lambda found: found.span.start):
        if finding.span.start < border < finding.span.end:
            border = finding.span.end if finding.span.end <= certain else finding.span.start
    return border


def _shifted(finding: Finding, by: int) -> Finding:
    return msgspec.structs.replace(finding, span=Span(finding.span.start + by, finding.span.end + by))


def _blocks(verdict: Verdict, done: int, certain: int) -> bool:
    """Say whether a verdict about a window ends the stream: a failure, a score, or a blocking hit that no mark before has judged."""
    if verdict.failed:
        return True
    if verdict.action != "BLOCK":
        return False
    if verdict.score is not None:
        return True
    return any(hit.action == "BLOCK" and done < hit.finding.span.end <= certain for hit in verdict.hits)


def _masked(verdicts: tuple[Verdict, ...], block: int) -> list[Finding]:
    return [hit.finding for verdict in verdicts for hit in verdict.hits if hit.block == block and hit.action == "ANONYMIZE"]


def _clean(text: str, start: int, findings: list[Finding]) -> str:
    """Return a part of a block, which begins at `start`, with the block's findings masked; what began before it was masked before."""
    end = start + len(text)
    clipped = [
        msgspec.structs.replace(finding, span=Span(max(finding.span.start, start) - start, min(finding.span.end, end) - start))
        for finding in findings
        if finding.span.start < end and finding.span.end > start
    ]
    return mask(text, clipped, lambda finding: f"{{{finding.type}}}")
