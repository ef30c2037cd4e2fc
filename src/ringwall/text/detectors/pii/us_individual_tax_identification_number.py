"""US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER: 9XX with the groups that the IRS assigns."""

from __future__ import annotations

from ringwall.text.detectors.checksums import digits_of
from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone_and


def is_itin(text: str) -> bool:
    """Say whether the nine digits can be one: 9, then a group of 50-65, 70-88, 90-92 or 94-99 (IRS)."""
    digits = digits_of(text)
    group = int(digits[3:5])
    return len(digits) == 9 and digits[0] == "9" and (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99)


DETECTOR = Detector(
    type="US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(regex=r"\b9[0-9]{2}[ .-][5-9][0-9][ .-][0-9]{4}\b", check=alone_and(is_itin), confidence=0.9),
        Pattern(
            regex=beside(r"itin|tax(?:payer)? (?:id|identification)(?: number| no)?", r"9[0-9]{8}"),
            check=alone_and(is_itin),
            confidence=0.95,
        ),
    ),
)
