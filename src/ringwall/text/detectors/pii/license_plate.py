"""LICENSE_PLATE: letters and digits beside words for a number plate."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, whole


def _mixed(text: str) -> bool:
    return any(c.isdigit() for c in text) and 4 <= sum(c.isalnum() for c in text) <= 8


DETECTOR = Detector(
    type="LICENSE_PLATE",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=beside(
                r"licen[cs]e[ -]plate|number[ -]plate|registration(?:[ -](?:plate|mark))?|plate|reg(?:istration)? (?:no|number)|tag number",
                r"[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,4}){1,2}",
                r"reads|of|the|car|a",
                plain_case=True,
            ),
            check=whole(_mixed),
            confidence=0.75,
        ),
    ),
)
