"""VEHICLE_IDENTIFICATION_NUMBER: 17 characters with the check digit of 49 CFR 565, or beside the word VIN."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, whole

_VALUES = {c: v for v, letters in enumerate(("", "AJ", "BKS", "CLT", "DMU", "ENV", "FW", "GPX", "HY", "RZ")) for c in letters}
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def is_vin(text: str) -> bool:
    """Check position 9 (49 CFR 565.15); a run of digits or of letters only is no VIN."""
    upper = text.upper()
    if upper.isdigit() or upper.isalpha() or len(set(upper)) < 5:
        return False
    total = sum((int(c) if c.isdigit() else _VALUES[c]) * weight for c, weight in zip(upper, _WEIGHTS, strict=True))
    return upper[8] == "0123456789X"[total % 11]


def _plausible(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 3 and any(c.isalpha() for c in text)


DETECTOR = Detector(
    type="VEHICLE_IDENTIFICATION_NUMBER",
    kind="pii",
    basis="checksum",
    patterns=(
        Pattern(regex=r"\b[A-HJ-NPR-Z0-9]{17}\b", check=whole(is_vin), confidence=0.95, reach="faithful"),
        Pattern(
            regex=beside(r"vin|vehicle identification(?: number)?|chassis(?: number)?", r"[a-hj-npr-z0-9]{17}"),
            check=whole(_plausible),
            confidence=0.85,
        ),
    ),
)
