"""GITHUB_TOKEN: personal, OAuth, app, refresh and fine-grained tokens."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="GITHUB_TOKEN",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(regex=r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b", confidence=1.0),
        Pattern(regex=r"\bgithub_pat_[A-Za-z0-9_]{60,255}\b", confidence=1.0),
    ),
)
