"""MAC_ADDRESS: six octets in hexadecimal, with colons, hyphens or in dotted quads."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern, alone


def _check(text: str, start: int, end: int) -> int:
    if end < len(text) and text[end] in ":-" and end + 1 < len(text) and text[end + 1].isalnum():
        return 0
    if start > 1 and text[start - 1] in ":-" and text[start - 2].isalnum():
        return 0
    return end if alone(text, start, end) else 0


DETECTOR = Detector(
    type="MAC_ADDRESS",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(regex=r"\b[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}\b", check=_check, confidence=0.95),
        Pattern(regex=r"\b[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}\b", check=_check, confidence=0.95),
        Pattern(regex=r"\b[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\b", check=_check, confidence=0.8, reach="decoded"),
    ),
)
