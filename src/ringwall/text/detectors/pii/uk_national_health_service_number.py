"""UK_NATIONAL_HEALTH_SERVICE_NUMBER: ten digits with the modulus-11 check digit."""

from __future__ import annotations

from ringwall.text.detectors.checksums import digits_of, weighted
from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone_and


def is_nhs_number(text: str) -> bool:
    """Check the last digit (NHS Data Dictionary, "NHS number": modulus 11, weights 10 to 2)."""
    digits = digits_of(text)
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    check = 11 - weighted(digits[:9], (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return check != 10 and check % 11 == int(digits[9])


DETECTOR = Detector(
    type="UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    kind="pii",
    basis="checksum",
    patterns=(
        Pattern(regex=r"\b[0-9]{3} [0-9]{3} [0-9]{4}\b", check=alone_and(is_nhs_number), confidence=0.9, reach="decoded"),
        Pattern(
            regex=beside(r"nhs|national health(?: service)?", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}"),
            check=alone_and(is_nhs_number),
            confidence=1.0,
        ),
    ),
)
