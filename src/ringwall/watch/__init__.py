"""Learned detectors: models loaded, batched, calibrated."""

from ringwall.watch.calibration import Thresholds
from ringwall.watch.linear import LinearContentScorer, load_content_scorer
from ringwall.watch.weights_file import WeightsRefused

__all__ = ["LinearContentScorer", "Thresholds", "WeightsRefused", "load_content_scorer"]
