"""Level 2: an outside judge, asked about what the models that ship with ringwall are unsure of."""

from ringwall.watch.judges.configured import JudgeFile, open_judge
from ringwall.watch.judges.judge import Judge, JudgeFailed
from ringwall.watch.judges.judged import JudgedContentScorer

__all__ = ["Judge", "JudgeFailed", "JudgeFile", "JudgedContentScorer", "open_judge"]
