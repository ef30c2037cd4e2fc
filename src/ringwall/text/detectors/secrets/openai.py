"""OPENAI_KEY: user, project and service account keys."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="OPENAI_KEY",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(regex=r"\bsk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,250}\b", confidence=1.0),
        Pattern(regex=r"\bsk-[A-Za-z0-9]{32,64}\b", confidence=0.95),
    ),
)
