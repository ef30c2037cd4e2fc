"""Fit the sum over answers whose contexts were kept aside, and measure it on sources that nothing was trained on."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ringwall.watch.alignment import CompiledNetwork
from ringwall.watch.entailment import CLEAR, GroundingSum, highest_margin
from training.content.measure import auroc, interval
from training.grounding.features import Answer
from training.grounding.rows import Row
from training.lexical.measure_grounding import bounded

MOST = 1_500  # answers of one source
CUTS = (0.3, 0.5, 0.7)


@dataclass(frozen=True)
class Read:
    """One source's evidence: columns lexical margin, least and mean logit; and whether each answer is grounded."""

    values: np.ndarray
    grounded: np.ndarray


def sample(rows: list[Row], seed: int) -> list[Row]:
    """Return at most `MOST` rows."""
    return rows if len(rows) <= MOST else random.Random(f"{seed}/{rows[0].source}").sample(rows, MOST)


def read(network: CompiledNetwork, answers: Sequence[Answer]) -> Read:
    """Weigh answers as the product does."""
    return Read(np.array([_columns(network, answer) for answer in answers]), np.array([answer.target > 0 for answer in answers]))


def _columns(network: CompiledNetwork, answer: Answer) -> tuple[float, float, float]:
    logits = [laid.logit(network) for laid in answer.laid] or [CLEAR]
    return answer.lexical, min(logits), sum(logits) / len(logits)


def fit_grounding(parts: Sequence[Read]) -> GroundingSum:
    """Fit the sum; every source and label counts the same, and no evidence for an answer may count against it."""
    values = np.concatenate([part.values for part in parts])
    labels = np.concatenate([part.grounded for part in parts])
    weights = np.concatenate([np.where(part.grounded, 1 / part.grounded.sum(), 1 / (~part.grounded).sum()) for part in parts])
    return GroundingSum(**bounded(values, labels, weights, ("lexical", "least", "mean")))


def margins(fitted: GroundingSum, part: Read) -> np.ndarray:
    """Return the sums of answers."""
    return part.values @ np.array([fitted.lexical, fitted.least, fitted.mean]) + fitted.bias


def scores(fitted: GroundingSum, part: Read) -> np.ndarray:
    """Return the scores of answers, as the product does."""
    highest = fitted.lexical * highest_margin() + (fitted.least + fitted.mean) * CLEAR + fitted.bias
    return np.minimum(1.0, (1 + np.exp(-highest)) / (1 + np.exp(-margins(fitted, part))))


def figures(fitted: GroundingSum, part: Read, seed: int, *, trained_on: bool) -> dict:
    """Return one source's figures: AUROC of the sum and of its parts, and the shares of answers that some thresholds stop."""
    rng = np.random.default_rng(seed)
    yes, no = part.grounded, ~part.grounded
    summed, found = margins(fitted, part), scores(fitted, part)
    return {
        "answers": len(yes),
        "grounded": int(yes.sum()),
        "auroc": round(auroc(summed[yes], summed[no]), 3),
        "auroc_interval": interval(summed[yes], summed[no], auroc, rng),
        "auroc_lexical": round(auroc(part.values[yes, 0], part.values[no, 0]), 3),
        "auroc_entailment": round(auroc(part.values[yes, 1], part.values[no, 1]), 3),
        "below": {str(cut): [round(float((found[yes] < cut).mean()), 3), round(float((found[no] < cut).mean()), 3)] for cut in CUTS},
        "trained_on": trained_on,
    }


# -- relevance -------------------------------------------------------------------------------------------------------------------------

Asked = tuple[str, str, bool]


def other_answers(rows: Sequence[Row]) -> list[Asked]:
    """Pair grounded answers with their own query, and with the query before."""
    used = [row for row in rows if row.grounded and row.query]
    own = [(row.query, row.answer, True) for row in used]
    return own + [(row.query, used[at - 1].answer, False) for at, row in enumerate(used) if used[at - 1].query != row.query]


def swapped_answers(rows: Sequence[Row]) -> list[Asked]:
    """Pair answers with their query, right and swapped with another answer of the same paragraph."""
    return [(row.query, row.answer, row.grounded) for row in rows if row.query]


WAYS: dict[str, Callable[[Sequence[Row]], list[Asked]]] = {
    "another query's answer": other_answers,
    "another answer of the paragraph": swapped_answers,
}
