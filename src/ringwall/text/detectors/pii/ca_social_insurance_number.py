"""CA_SOCIAL_INSURANCE_NUMBER: nine digits with a Luhn check digit."""

from __future__ import annotations

from ringwall.text.detectors.checksums import digits_of, luhn
from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone_and


def is_sin(text: str) -> bool:
    """Check the Luhn digit; 0 and 8 start no social insurance number."""
    digits = digits_of(text)
    return len(digits) == 9 and digits[0] not in "08" and luhn(digits)


DETECTOR = Detector(
    type="CA_SOCIAL_INSURANCE_NUMBER",
    kind="pii",
    basis="checksum",
    patterns=(
        Pattern(
            regex=r"\b(?:[0-9]{3}-[0-9]{3}-[0-9]{3}|[0-9]{3} [0-9]{3} [0-9]{3})\b",
            check=alone_and(is_sin),
            confidence=0.85,
            reach="decoded",
        ),
        Pattern(
            regex=beside(r"sin|social insurance", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}"),
            check=alone_and(is_sin),
            confidence=1.0,
        ),
    ),
)
