"""TWILIO_KEY: account and API key identifiers."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="TWILIO_KEY",
    kind="secret",
    basis="format",
    patterns=(Pattern(regex=r"\b(?:AC|SK)[0-9a-f]{32}\b", confidence=0.9),),
)
