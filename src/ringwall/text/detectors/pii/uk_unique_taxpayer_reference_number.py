"""UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER: ten digits, the first a check digit, beside words for it."""

from __future__ import annotations

from ringwall.text.detectors.checksums import digits_of, weighted
from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone_and


def is_utr(text: str) -> bool:
    """Check the first digit (HMRC: weights 6 7 8 9 10 5 4 3 2 on the other nine, remainder of 11 looked up in 21987654321)."""
    digits = digits_of(text)
    return (
        len(digits) == 10 and len(set(digits)) > 1 and digits[0] == "21987654321"[weighted(digits[1:], (6, 7, 8, 9, 10, 5, 4, 3, 2)) % 11]
    )


DETECTOR = Detector(
    type="UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER",
    kind="pii",
    basis="checksum",
    patterns=(
        Pattern(
            regex=beside(r"utr|unique tax(?:payer)?(?:'s)?(?: reference)?|tax(?:payer)? reference", r"[0-9]{5} ?[0-9]{5}", r"reference"),
            check=alone_and(is_utr),
            confidence=1.0,
        ),
    ),
)
