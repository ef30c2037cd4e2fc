"""US_DRIVER_LICENSE (not an AWS type): the formats of the states beside words for a licence."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, whole


def _numbered(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 5


DETECTOR = Detector(
    type="US_DRIVER_LICENSE",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=beside(r"(?:driver'?s?|driving)[ -]licen[cs]e", r"[a-z][0-9]{3}-?[0-9]{4}-?[0-9]{4}|[a-z]{1,2}[0-9]{5,14}|[0-9]{7,12}"),
            check=whole(_numbered),
            confidence=0.8,
        ),
    ),
)
