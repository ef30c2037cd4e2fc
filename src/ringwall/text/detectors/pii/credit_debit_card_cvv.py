"""CREDIT_DEBIT_CARD_CVV: three or four digits beside a word for the card verification code."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="CREDIT_DEBIT_CARD_CVV",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=beside(r"cvv2?|cvc2?|cvn2?|cid|csc|(?:card )?(?:verification|security) (?:code|value|number)", r"[0-9]{3,4}"),
            confidence=0.9,
        ),
    ),
)
