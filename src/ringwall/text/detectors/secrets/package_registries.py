"""REGISTRY_TOKEN: npm and PyPI upload tokens."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="REGISTRY_TOKEN",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(regex=r"\bnpm_[A-Za-z0-9]{36}\b", confidence=1.0),
        Pattern(regex=r"\bpypi-AgEI[A-Za-z0-9_-]{50,400}\b", confidence=1.0),
    ),
)
