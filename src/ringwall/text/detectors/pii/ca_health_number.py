"""CA_HEALTH_NUMBER: provincial health numbers with their check digits (Ontario, British Columbia), or beside words for them."""

from __future__ import annotations

from ringwall.text.detectors.checksums import digits_of, luhn, weighted
from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone_and


def is_health_number(text: str) -> bool:
    """Check Ontario's Luhn digit or British Columbia's modulus-11 digit (numbers that start with 9)."""
    digits = digits_of(text)
    if len(digits) != 10 or digits[0] == "0":
        return False
    return luhn(digits) or (digits[0] == "9" and 11 - weighted(digits[1:9], (2, 4, 8, 5, 10, 9, 7, 3)) % 11 == int(digits[9]))


DETECTOR = Detector(
    type="CA_HEALTH_NUMBER",
    kind="pii",
    basis="checksum",
    patterns=(
        Pattern(
            regex=r"\b[0-9]{4}[ -][0-9]{3}[ -][0-9]{3}(?:[ -]?[A-Z]{2})?\b",
            check=alone_and(is_health_number),
            confidence=0.85,
            reach="decoded",
        ),
        Pattern(
            regex=beside(
                r"health(?: card| insurance| service| care)?|ohip|phn|hcn|ahcip|msp|personal health",
                r"[0-9]{4}[ -]?[0-9]{3}[ -]?[0-9]{3}(?:[ -]?[a-z]{2})?",
                r"card|service",
            ),
            check=alone_and(is_health_number),
            confidence=0.95,
        ),
        Pattern(regex=r"(?i)\bramq\b[^0-9\n]{0,20}([a-z]{4} ?[0-9]{4} ?[0-9]{4})\b", confidence=0.9),
    ),
)
