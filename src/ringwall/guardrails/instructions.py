"""Where in a tool's result or a document the instruction stands that a learned detector heard: the passages that carry a detected score.

A prompt attack in data is a few sentences among many, and is heard by where they stand: the same sentence by itself, or a row of a table,
may score as high or not at all. So a sentence is judged by what is left without it. For each block with an origin whose score breaches the
strength that holds there, the block's windows are scored again; of one that breaches,

1. the passages are the sentences each of which the detection needs: without it what is left of the window does not breach;
2. where it needs none of them by itself (an attack said twice), sentences are taken out, those first without which the window scored
   least, until what is left does not breach, and those that prove not to be needed are put back;
3. where only a reading that was decoded from more than a window breaches, the passage is the whole block.

What is left is scored as a guardrail reads a text: in all readings, the worst counts. Passages are only shown; no action depends on them.
But a search that fails makes its rule fail, which blocks: a detector that answered a moment ago and does not now is not to be trusted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from ringwall.guardrails.guardrail import ContentRule, Guardrail, Plan
from ringwall.guardrails.learned import STRIDE, Reading, breaches, check_score, confidence_of, windows
from ringwall.guardrails.policy import TextOrigin
from ringwall.guardrails.ports import ContentScorer
from ringwall.guardrails.scan import Seen, readings_of
from ringwall.guardrails.verdict import Passage, Verdict
from ringwall.vocabulary import Limits, Span
from ringwall.vocabulary.patience import take_time

SOUGHT = "PROMPT_ATTACK"
RUNS_SCORED = 64  # parts of windows that one evaluation scores; windows left over then are passages as a whole
SENTENCE_MAX = 240  # characters; a longer one is cut between words
_SENTENCE_LEAST = 12  # a shorter one belongs to the next, within a line
# After a full stop and white space, after a full stop of a script without spaces, at line ends, before and after a tag.
_BORDER = re.compile("(?<=[.!?\u2026])[\"')\\]]{0,3}\\s+|(?<=[\u3002\uff01\uff1f])|\\n+|(?=<[/!A-Za-z])|(?<=>)")

_TAG = "</?[A-Za-z][A-Za-z0-9]{0,9}>"
_TAG_MAX = 13
_LEADING = re.compile(f"(?:\\s|{_TAG})+")
_TRAILING = re.compile(f"(?:\\s|{_TAG})\\Z")


class Told(NamedTuple):
    """What a tool or a document says: the block at `position` of the content."""

    position: int
    text: str
    origin: TextOrigin


def with_passages(
    guardrail: Guardrail, plan: Plan, verdicts: Sequence[Verdict], *, seen: Seen, told: Sequence[Told], limits: Limits
) -> list[Verdict]:
    """Return the verdicts, the one on prompt attacks with the passages that carry it in what tools and documents say.

    Args:
        guardrail: the guardrail that judged.
        plan: of the source.
        verdicts: of its content filters.
        seen: what was read.
        told: the guarded blocks with an origin.
        limits: of one scan.

    Returns:
        As many verdicts, in their order. A search that raised leaves a verdict that failed.

    Raises:
        TakesLong: there is something to search for, and the caller cannot wait.
    """
    rules = {rule.rule_id: rule for rule in plan.content if rule.type == SOUGHT}
    out: list[Verdict] = []
    for verdict in verdicts:
        rule = rules.get(verdict.rule_id)
        if rule is None or guardrail.scorers.content is None or not told or not _is_scored(verdict, rule):
            out.append(verdict)
            continue
        take_time()  # on an event loop it is done again in a thread
        try:
            passages = _Search(guardrail.scorers.content, plan, rule, limits).passages(told, seen.readings)
            out.append(msgspec.structs.replace(verdict, passages=passages))
        except Exception as error:  # noqa: BLE001 - rim: a plugged-in detector may raise anything, and whatever it raises is a block
            out.append(msgspec.structs.replace(verdict, failed=type(error).__name__))
    return out


def _is_scored(verdict: Verdict, rule: ContentRule) -> bool:
    """Say whether a learned score detected something, or would by the strictest strength."""
    if verdict.failed or not verdict.detected or verdict.score is None:
        return False
    return confidence_of(verdict.score, rule.thresholds) != "NONE"


def sentences_of(text: str) -> list[Span]:
    """Cut a text into sentences, lines and what stands between tags; together they cover every character that is no white space.

    Cost: O(len(text)).
    """
    found: list[Span] = []
    start = 0
    for border in (*(match.end() for match in _BORDER.finditer(text)), len(text)):
        if border - start < _SENTENCE_LEAST and text[border - 1 : border] != "\n" and border < len(text):
            continue
        found += _cut(text, start, border)
        start = border
    return found


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > SENTENCE_MAX:
        at = text.rfind(" ", start + 1, start + SENTENCE_MAX)
        at = start + SENTENCE_MAX if at < 0 else at
        yield from _stripped(text, start, at)
        start = at
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    """Leave white space and plain tags at both ends out; tags with attributes may hold words, and stay."""
    if leading := _LEADING.match(text, start, end):
        start = leading.end()
    while start < end and (trailing := _TRAILING.search(text, max(start, end - _TAG_MAX), end)):
        end = trailing.start()
    if start < end:
        yield Span(start, end)


class _Search:
    """One search: scores parts of windows, and counts them."""

    def __init__(self, scorer: ContentScorer, plan: Plan, rule: ContentRule, limits: Limits) -> None:
        self._scorer = scorer
        self._detectors = plan.detectors
        self._rule = rule
        self._limits = limits
        self._left = RUNS_SCORED

    def passages(self, told: Sequence[Told], readings: Sequence[Reading]) -> tuple[Passage, ...]:
        return tuple(passage for block in told for passage in self._of_block(block, readings))

    def _of_block(self, block: Told, readings: Sequence[Reading]) -> list[Passage]:
        position, text = block.position, block.text
        strength = self._rule.by_origin.get(block.origin, self._rule.strength)

        def breaching(score: float) -> bool:
            return breaches(confidence_of(score, self._rule.thresholds), strength)

        found: list[Passage] = []
        cut = list(windows(text))
        for number, (window, score) in enumerate(zip(cut, self._scored(cut), strict=True)):
            start = number * STRIDE
            if breaching(score):
                found += self._of_window(text, Passage(position, Span(start, start + len(window)), score), breaching)
        if not found:
            decoded = [reading for reading in readings if reading.block == position and reading.chain]
            if breaching(worst := max(self._of_readings([decoded]), default=0.0)):
                found.append(Passage(position, Span(0, len(text)), worst))
        return _merged(found)

    def _of_window(self, text: str, window: Passage, breaching: Callable[[float], bool]) -> list[Passage]:
        start = window.span.start
        runs = [Span(start + each.start, start + each.end) for each in sentences_of(text[start : window.span.end])]
        if not 2 <= len(runs) <= self._left:
            return [window]
        left = self._counted([_without(text, window.span, [run]) for run in runs])
        needed = [run for run, score in zip(runs, left, strict=True) if not breaching(score)]
        needed = needed or self._fewest(text, window, [run for _, run in sorted(zip(left, runs, strict=True))], breaching)
        if not 0 < len(needed) <= self._left:
            return [window]
        scores = self._counted([text[run.start : run.end] for run in needed])
        return [Passage(window.block, run, score) for run, score in zip(needed, scores, strict=True)]

    def _fewest(self, text: str, window: Passage, order: Sequence[Span], breaching: Callable[[float], bool]) -> list[Span]:
        """Take sentences out in order until what is left does not breach, and put back what need not be out; [] if it takes too long."""
        taken: list[Span] = []
        for run in order:
            taken.append(run)
            if self._left == 0:
                return []
            if not breaching(*self._counted([_without(text, window.span, taken)])):
                break
        for run in reversed(taken[:-1]):
            rest = [each for each in taken if each != run]
            if self._left > 0 and not breaching(*self._counted([_without(text, window.span, rest)])):
                taken = rest
        return taken

    def _counted(self, runs: Sequence[str]) -> list[float]:
        self._left -= len(runs)
        return self._scored(runs)

    def _scored(self, runs: Sequence[str]) -> list[float]:
        """Score runs as a guardrail reads them: of each the worst of its readings."""
        if self._detectors is None:
            return self._of_readings([[Reading((), run)] for run in runs])
        return self._of_readings([readings_of(self._detectors.scan_views(run, limits=self._limits)[1]) for run in runs])

    def _of_readings(self, texts: Sequence[Sequence[Reading]]) -> list[float]:
        """Return the worst score of each text, given as its readings; all windows of all of them are asked in one call."""
        cut = [(at, window) for at, readings in enumerate(texts) for reading in readings for window in windows(reading.text)]
        worst = [0.0] * len(texts)
        for (at, _), heard in zip(cut, self._scorer.score_windows([window for _, window in cut]), strict=True):
            worst[at] = max(worst[at], check_score(heard.scores[SOUGHT]))
        return worst


def _without(text: str, window: Span, runs: Sequence[Span]) -> str:
    """Return a window with a line's end in the place of runs."""
    parts: list[str] = []
    start = window.start
    for span in sorted(runs):
        parts.append(text[start : span.start])
        start = span.end
    return "\n".join([*parts, text[start : window.end]])


def _merged(found: Sequence[Passage]) -> list[Passage]:
    """Join passages that share a character: neighbouring windows find the same sentence."""
    out: list[Passage] = []
    for passage in sorted(found, key=lambda each: each.span):
        if out and out[-1].span.overlaps(passage.span):
            last = out.pop()
            span = Span(last.span.start, max(last.span.end, passage.span.end))
            passage = Passage(last.block, span, max(last.score, passage.score))  # noqa: PLW2901 - the joined one stands for both
        out.append(passage)
    return out
