"""TELEGRAM_TOKEN: bot tokens."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="TELEGRAM_TOKEN",
    kind="secret",
    basis="format",
    patterns=(Pattern(regex=r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b", confidence=1.0),),
)
