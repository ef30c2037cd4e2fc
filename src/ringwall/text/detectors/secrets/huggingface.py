"""HUGGINGFACE_TOKEN: user and organisation tokens."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="HUGGINGFACE_TOKEN",
    kind="secret",
    basis="format",
    patterns=(Pattern(regex=r"\b(?:hf|api_org)_[A-Za-z0-9]{34}\b", confidence=1.0),),
)
