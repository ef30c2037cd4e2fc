"""What of a stream's window may go on at a mark: the border between what is judged for good and what waits."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from ringwall.guardrails.evaluation import Evaluation
from ringwall.guardrails.guardrail import Guardrail
from ringwall.guardrails.lane import REACH
from ringwall.guardrails.naming import HANDED
from ringwall.guardrails.policy import Source
from ringwall.guardrails.verdict import Verdict, combine
from ringwall.text.detectors import Unfinished, is_decoded, mask, plain_end
from ringwall.text.finding import Finding
from ringwall.vocabulary import Span

EDGE = 32  # characters before a window's end whose words and numbers may read otherwise there than in the whole text
IGNORABLE = 128  # blank or invisible characters in a row that may stand inside what may be a phrase
FULL = 256  # characters from one full mark to the next
BATCH = 32  # characters that make it worth a window's evaluation before the next full mark
_BEGUN = 4  # letters of a phrase that make a beginning
_VISIBLE = re.compile(r"[^\W_]")


class WindowVerdict(msgspec.Struct, frozen=True):
    """What a mark comes to.

    stopped: the evaluation that ends the stream; None where it goes on.
    border: up to where of the window text may leave.
    settled: nothing before the border is part of anything that may come.
    masked: findings to mask, in offsets of the block.
    """

    stopped: Evaluation | None = None
    border: int = 0
    settled: bool = True
    masked: tuple[Finding, ...] = ()


class Border:
    """Finds the border of one guardrail's rules on one source.

    free: no rule reads the text. learned: learned rules score it.
    """

    __slots__ = ("_detectors", "_names", "_word_rules", "free", "learned")

    def __init__(self, guardrail: Guardrail, source: Source) -> None:
        plan = guardrail.plans[source]
        self.free = plan.detectors is None
        self.learned = bool(plan.content or plan.topics or plan.names)
        self._names = plan.names is not None
        self._detectors = plan.detectors
        self._word_rules = tuple([rule_id for rule_id, verdict in plan.clean.items() if verdict.policy == "wordPolicy"])

    @property
    def is_ready(self) -> bool:
        """Say whether nothing has to be made before the first mark."""
        return self._detectors is None or self._detectors.is_ready_to_stream

    def prepare(self) -> None:
        """Make what is made once for all streams of a guardrail."""
        if self._detectors is not None:
            self._detectors.prepare_to_stream()

    @property
    def _unfinished(self) -> Unfinished | None:
        return None if self._detectors is None else self._detectors.unfinished

    def is_full(self, mark: int) -> bool:
        """Say whether a mark is one at which a window is evaluated however little may leave: a violation shows, and waiting ends."""
        return self.learned or mark % FULL == 0

    def finished(self, window: str, done: int) -> int:
        """Return up to where nothing is unfinished in a window, `done` of it released, if decoders make nothing of it."""
        end = plain_end(window)
        unfinished = self._unfinished
        return done if unfinished is None or end <= done else unfinished.border(window[:end], done)

    def judge(self, evaluation: Evaluation, window: str, done: int, start: int, finished: int) -> WindowVerdict:
        """Say what may leave of a window that ends at a mark.

        Args:
            evaluation: of the window.
            window: its text.
            done: how much of it was released before.
            start: where in the block it begins.
            finished: what `finished` said.
        """
        certain = len(window) - EDGE  # behind it, what is read may be cut
        if any(_blocks(verdict, done, certain) for verdict in evaluation.verdicts):
            return WindowVerdict(stopped=evaluation)
        if self._word_rules and self._is_drawn_out(window, done):
            return WindowVerdict(stopped=self._refused(evaluation))
        findings = masked(evaluation.verdicts, 0)
        readings = evaluation.coverage.readings
        unfinished = self._unfinished
        if unfinished is not None and any(map(is_decoded, readings)):
            finished = min(finished, max(done, unfinished.held(window[: plain_end(window)], readings)))
        if self._names:
            finished = min(finished, max(done, len(window) - HANDED))
        border = max(done, len(window) - REACH, finished)
        border = _before(border, certain, _all(evaluation.verdicts))
        return WindowVerdict(border=border, settled=border <= finished, masked=tuple([_shifted(finding, start) for finding in findings]))

    def judge_last(self, evaluation: Evaluation, done: int, start: int) -> WindowVerdict:
        """Say what may leave of a window that ends where its block does."""
        if any(_blocks(verdict, done, len(evaluation.blocks[0].text)) for verdict in evaluation.verdicts):
            return WindowVerdict(stopped=evaluation)
        return WindowVerdict(masked=tuple([_shifted(finding, start) for finding in masked(evaluation.verdicts, 0)]))

    def _is_drawn_out(self, window: str, done: int) -> bool:
        """Say whether what may be a listed phrase is drawn out with blank or invisible characters."""
        unfinished = self._unfinished
        if unfinished is None or len(window) - done <= IGNORABLE:
            return False
        for start, _ in unfinished.gaps(window[done:], IGNORABLE):
            begun = unfinished.began(window[done : done + start])
            if len(_VISIBLE.findall(window[done + begun : done + start])) >= _BEGUN:
                return True
        return False

    def _refused(self, evaluation: Evaluation) -> Evaluation:
        """Return an evaluation in which the word rules could not judge: what was drawn out has no end in sight."""
        verdicts = tuple(
            [
                msgspec.structs.replace(verdict, failed="ignorable characters") if verdict.rule_id in self._word_rules else verdict
                for verdict in evaluation.verdicts
            ]
        )
        return msgspec.structs.replace(evaluation, verdicts=verdicts, outcome=combine(verdicts))


def masked(verdicts: tuple[Verdict, ...], block: int) -> list[Finding]:
    """Return what rules mask in a block."""
    return [hit.finding for verdict in verdicts for hit in verdict.hits if hit.block == block and hit.action == "ANONYMIZE"]


def clean(text: str, start: int, findings: Iterable[Finding]) -> str:
    """Return a part of a block, which begins at `start`, with the block's findings masked; what began before it was masked before."""
    end = start + len(text)
    clipped = [
        msgspec.structs.replace(finding, span=Span(max(finding.span.start, start) - start, min(finding.span.end, end) - start))
        for finding in findings
        if finding.span.start < end and finding.span.end > start
    ]
    return mask(text, clipped, lambda finding: f"{{{finding.type}}}")


def _all(verdicts: tuple[Verdict, ...]) -> list[Span]:
    return sorted([hit.finding.span for verdict in verdicts for hit in verdict.hits if hit.action != "NONE"], key=lambda span: -span.end)


def _before(border: int, certain: int, spans: list[Span]) -> int:
    """Return a border that parts no finding, nor follows one that may not be whole yet; they are given the last first."""
    for span in spans:
        if span.start < border and (span.end > border or span.end > certain):
            border = span.start
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
