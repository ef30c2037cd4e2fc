"""Content scores with a judge's word on those that are unsure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ringwall.errors import LimitExceeded
from ringwall.guardrails.ports import ContentScorer, WindowScore
from ringwall.vocabulary.patience import take_time
from ringwall.watch.judges.judge import Category, Judge, JudgeFailed

MOST_ASKED = 32  # windows of one content: the judge is slow, and an evaluation holds a thread
_BELOW = 0.999  # of LOW: what a judge that may lower makes of a score at most, where it finds nothing


class JudgedContentScorer:
    """Asks the judge about a window where one of `categories` scores at LOW or more and below HIGH; a `ContentScorer`.

    The judge's one half stands for LOW, its 1 for a score of 1. By default it only raises scores: a judge that is fooled by what it reads
    then does no more harm than none. With `lowers` it replaces the unsure scores of `categories`; sure scores (HIGH) always stand.
    A judge that fails makes the window's scores fail, which blocks.
    """

    def __init__(self, inner: ContentScorer, judge: Judge, *, categories: tuple[Category, ...], lowers: bool = False) -> None:
        """Take the parts."""
        self._inner, self._judge = inner, judge
        self._categories, self._lowers = categories, lowers

    @property
    def model_id(self) -> str:
        """The models of all levels."""
        return f"{self._inner.model_id}+judge:{self._judge.model_id}"

    @property
    def thresholds(self) -> Mapping[str, tuple[float, float, float]]:
        """Those of the models that ship with ringwall."""
        return self._inner.thresholds

    def score(self, text: str) -> Mapping[str, float]:
        """Return a score in [0, 1] per category for one window of text.

        Raises:
            JudgeFailed: the judge was asked, and gave no verdict.
            TakesLong: it has to be asked, and the caller is in a hurry.
        """
        return self.score_windows([text])[0].scores

    def score_windows(self, windows: Sequence[str]) -> Sequence[WindowScore]:
        """Return what is said of each window; the judge is asked once about each different unsure one, in their order.

        Raises:
            JudgeFailed: the judge was asked, and gave no verdict.
            LimitExceeded: more windows are unsure than one evaluation may ask about.
            TakesLong: it has to be asked, and the caller is in a hurry.
        """
        scored = self._inner.score_windows(windows)
        unsure = dict.fromkeys(window for window, score in zip(windows, scored, strict=True) if self._unsure(score.scores))
        if not unsure:
            return scored
        take_time()
        if len(unsure) > MOST_ASKED:
            raise LimitExceeded(f"a judge is asked about at most {MOST_ASKED} windows of one content", remedy="send it in several requests")
        said = {window: _checked(self._judge.judge(window)) for window in unsure}
        return [self._reviewed(score, said[window]) if window in said else score for window, score in zip(windows, scored, strict=True)]

    def _reviewed(self, score: WindowScore, found: Mapping[str, float]) -> WindowScore:
        unsure = self._unsure(score.scores)
        after = {name: self._after(name, each, found, unsure=name in unsure) for name, each in score.scores.items()}
        moved = {name for name, each in after.items() if each != score.scores[name]}
        spans = {name: span for name, span in score.spans.items() if name not in moved}  # the judge read the whole window
        return WindowScore(after, 2, score.kinds, spans)

    def _unsure(self, scores: Mapping[str, float]) -> set[str]:
        return {name for name in self._categories if self._is_unsure(name, scores[name])}

    def _is_unsure(self, category: str, score: float) -> bool:
        low, _, high = self.thresholds[category]
        return low <= score < high

    def _after(self, category: str, score: float, found: Mapping[str, float], *, unsure: bool) -> float:
        if category not in self._categories or category not in found:
            return score
        likely, low = found[category], self.thresholds[category][0]
        said = low + (1.0 - low) * (likely - 0.5) * 2.0 if likely >= 0.5 else low * min(likely * 2.0, _BELOW)
        return said if self._lowers and unsure else max(score, said)


def _checked(found: Mapping[str, float]) -> Mapping[str, float]:
    if any(not 0.0 <= likely <= 1.0 for likely in found.values()):
        raise JudgeFailed("the judge answered with something that is not a share")
    return found
