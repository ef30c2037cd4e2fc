"""ANTHROPIC_KEY: API and administration keys."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="ANTHROPIC_KEY",
    kind="secret",
    basis="format",
    patterns=(Pattern(regex=r"\bsk-ant-[a-z]{2,10}[0-9]{2}-[A-Za-z0-9_-]{20,200}\b", confidence=1.0),),
)
