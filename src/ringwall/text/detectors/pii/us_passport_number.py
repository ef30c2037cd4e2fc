"""US_PASSPORT_NUMBER: nine characters beside the word passport."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone_and

_VARIED = alone_and(lambda text: len(set(text)) > 1)

DETECTOR = Detector(
    type="US_PASSPORT_NUMBER",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=beside(r"passports?", r"[a-z]?[0-9]{8,9}", r"book|card|us|usa|u\.s\.|of|with"),
            check=_VARIED,
            confidence=0.85,
        ),
        Pattern(
            regex=r"(?i)\b([a-z]?[0-9]{8,9})\b(?: is| was|,)?(?: the| my| our| your| his| her)?(?: us| american)? passport\b",
            check=_VARIED,
            confidence=0.75,
        ),
    ),
)
