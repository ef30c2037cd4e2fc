"""STRIPE_KEY: secret and restricted keys and web hook secrets."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="STRIPE_KEY",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(regex=r"\b[sr]k_(?:live|test)_[0-9a-zA-Z]{16,247}\b", confidence=1.0),
        Pattern(regex=r"\bwhsec_[A-Za-z0-9+/]{24,100}\b", confidence=1.0),
    ),
)
