"""US_SOCIAL_SECURITY_NUMBER: areas, groups and serials that the Social Security Administration assigns."""

from __future__ import annotations

from ringwall.text.detectors.checksums import digits_of
from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone_and


def is_social_security_number(text: str) -> bool:
    """Say whether the nine digits can be one (SSA: no area 000, 666 or 900-999, no group 00, no serial 0000)."""
    digits = digits_of(text)
    return len(digits) == 9 and digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


DETECTOR = Detector(
    type="US_SOCIAL_SECURITY_NUMBER",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(
            regex=r"\b(?:[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{3} [0-9]{2} [0-9]{4}|[0-9]{3}\.[0-9]{2}\.[0-9]{4})\b",
            check=alone_and(is_social_security_number),
            confidence=0.9,
        ),
        Pattern(
            regex=beside(r"ssns?|social[ -]security(?: number| no| num| #)?", r"[0-9]{9}", r"ends|of"),
            check=alone_and(is_social_security_number),
            confidence=0.95,
        ),
    ),
)
