"""Learned detectors: models loaded, batched, calibrated.

Today: one linear model of content categories, and lexical scorers of topics and grounding; all are called one text at a time.
"""

from ringwall.watch.calibration import Thresholds
from ringwall.watch.grounding import LexicalGroundingScorer
from ringwall.watch.linear import LinearContentScorer, load_content_scorer
from ringwall.watch.topics import LexicalTopicScorer
from ringwall.watch.weights_file import WeightsRefused

__all__ = ["LexicalGroundingScorer", "LexicalTopicScorer", "LinearContentScorer", "Thresholds", "WeightsRefused", "load_content_scorer"]
