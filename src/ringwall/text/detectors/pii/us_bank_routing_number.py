"""US_BANK_ROUTING_NUMBER: nine digits with the ABA check digit, beside a word for routing."""

from __future__ import annotations

from ringwall.text.detectors.checksums import digits_of, weighted
from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone_and


def is_routing_number(text: str) -> bool:
    """Check prefix (00-12, 21-32, 61-72, 80) and the 3-7-1 check digit (ABA key to routing numbers)."""
    digits = digits_of(text)
    prefix = int(digits[:2])
    known = prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80
    return known and digits != "000000000" and weighted(digits, (3, 7, 1) * 3) % 10 == 0


DETECTOR = Detector(
    type="US_BANK_ROUTING_NUMBER",
    kind="pii",
    basis="checksum",
    patterns=(
        Pattern(
            regex=beside(r"routing|aba|rtn|transit|wire|ach", r"[0-9]{4}-?[0-9]{4}-?[0-9]", r"transit|routing|for|the|bank"),
            check=alone_and(is_routing_number),
            confidence=1.0,
        ),
        Pattern(
            regex=r"(?i)\b([0-9]{9})\b(?: is| as|,)?(?: the| my| our| your| a)?(?: bank)? (?:routing|aba)\b",
            check=alone_and(is_routing_number),
            confidence=1.0,
        ),
    ),
)
