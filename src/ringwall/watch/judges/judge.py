"""What a judge is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from ringwall.errors import DependencyError

Category = Literal["HATE", "INSULTS", "SEXUAL", "VIOLENCE", "MISCONDUCT", "PROMPT_ATTACK"]
Labels = Mapping[str, Category | Literal[""]]
"""From what a judge calls its findings to ringwall's categories; "" for a label that is none of them, such as `safe`."""


class JudgeFailed(DependencyError, code="judge-failed"):
    """The judge of level 2 did not answer, or with something that is no verdict."""

    remedy = "look at the judge's server and at the file that `watch_judge` names, or unset `watch_judge`"


class Judge(Protocol):
    """Says what a text is; called in a worker thread."""

    @property
    def model_id(self) -> str:
        """Which model it is, as receipts show it."""
        ...

    def judge(self, text: str) -> Mapping[str, float]:
        """Return how likely one window of text is of each category that the judge knows, in [0, 1]; one half decides.

        Raises:
            JudgeFailed: there is no verdict; the evaluation that asked for it blocks.
        """
        ...
