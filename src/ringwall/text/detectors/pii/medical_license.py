"""MEDICAL_LICENSE (not an AWS type): DEA registration numbers with their check digit."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern, whole


def is_dea_number(text: str) -> bool:
    """Check the last of seven digits: (1st + 3rd + 5th) + 2 * (2nd + 4th + 6th), its last digit."""
    digits = [int(c) for c in text[2:]]
    return (sum(digits[0:5:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


DETECTOR = Detector(
    type="MEDICAL_LICENSE",
    kind="pii",
    basis="checksum",
    patterns=(Pattern(regex=r"\b[ABCDEFGHJKLMPRSTUX][A-Z9][0-9]{7}\b", check=whole(is_dea_number), confidence=0.9, reach="faithful"),),
)
