"""GOOGLE_KEY: API keys, OAuth access tokens and client secrets."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="GOOGLE_KEY",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(regex=r"\bAIza[0-9A-Za-z_-]{35}\b", confidence=1.0),
        Pattern(regex=r"\bya29\.[0-9A-Za-z_-]{20,400}\b", confidence=1.0),
        Pattern(regex=r"\bGOCSPX-[0-9A-Za-z_-]{28}\b", confidence=1.0),
    ),
)
