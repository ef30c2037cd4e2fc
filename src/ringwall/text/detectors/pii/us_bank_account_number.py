"""US_BANK_ACCOUNT_NUMBER: 6 to 17 digits beside a word for a bank account."""

from __future__ import annotations

from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone_and

_NOT_ONE_DIGIT = alone_and(lambda text: len(set(text) - set(" -")) > 1)

DETECTOR = Detector(
    type="US_BANK_ACCOUNT_NUMBER",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=beside(r"account|acct|a/c|checking|savings|deposit", r"[0-9](?:[ -]?[0-9]){5,16}", r"account|acct|ending in|with"),
            check=_NOT_ONE_DIGIT,
            confidence=0.75,
        ),
        Pattern(
            regex=r"(?i)\b([0-9]{6,17})\b(?: is| was|,)?(?: the| my| our| your| his| her)?(?: bank| checking| savings)? account\b",
            check=_NOT_ONE_DIGIT,
            confidence=0.7,
        ),
    ),
)
