"""PIN: four to eight digits beside the word PIN."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="PIN",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=beside(r"pin|pincode|personal identification number", r"[0-9]{4,8}", r"to|for (?:my|the|your|this|that) [a-z]{1,12}"),
            confidence=0.85,
        ),
    ),
)
