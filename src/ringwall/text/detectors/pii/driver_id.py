"""DRIVER_ID: a driving licence number beside words for it, or in the format of Great Britain."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, whole


def _numbered(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 4


DETECTOR = Detector(
    type="DRIVER_ID",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=beside(
                r"(?:driver'?s?|driving|drivers')[ -]licen[cs]e|driver'?s? id|dl|dmv", r"[a-z]{0,3}[0-9*](?:[ -]?[0-9a-z]){4,17}", r"card"
            ),
            check=whole(_numbered),
            confidence=0.8,
        ),
        Pattern(regex=r"\b[A-Z9]{5}[0-9][0156][0-9][0-3][0-9]{2}[A-Z9]{2}[0-9][A-Z]{2}\b", confidence=0.85),
    ),
)
