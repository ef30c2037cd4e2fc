"""CREDIT_DEBIT_CARD_NUMBER: the issuer prefixes and lengths in use, with a Luhn check digit."""

from __future__ import annotations

from ringwall.text.detectors.checksums import digits_of, luhn
from ringwall.text.detectors.context import beside
from ringwall.text.detectors.rule import Detector, Pattern, alone, alone_and, whole

# (first prefix, last prefix, lengths); source: ISO/IEC 7812 ranges as the card networks publish them
_RANGES = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("6011", "6011", (16, 17, 18, 19)),
    ("644", "649", (16, 17, 18, 19)),
    ("65", "65", (16, 17, 18, 19)),
    ("300", "305", (14, 15, 16)),
    ("309", "309", (14, 16)),
    ("36", "36", (14, 16, 19)),
    ("38", "39", (14, 16, 19)),
    ("3528", "3589", (16, 17, 18, 19)),
    ("62", "62", (16, 17, 18, 19)),
    ("1800", "1800", (15,)),
    ("2131", "2131", (15,)),
    ("81", "81", (16, 17, 18, 19)),
    ("50", "50", (15, 16, 17, 18, 19)),
    ("56", "69", (15, 16, 17, 18, 19)),
)


_LENGTHS = {prefix: lengths for first, last, lengths in _RANGES for prefix in map(str, range(int(first), int(last) + 1))}
_SEPARATORS = " .-"


def is_card_number(text: str) -> bool:
    """Say whether the digits are a card number: a known prefix of a known length, and the check digit holds."""
    digits = digits_of(text)
    return any(len(digits) in _LENGTHS.get(digits[:size], ()) for size in (1, 2, 3, 4)) and luhn(digits)


def _check(text: str, start: int, end: int) -> int:
    """Take the longest run of whole groups that is a card number."""
    while end > start and alone(text, start, end):
        if is_card_number(text[start:end]):
            return end
        end = max(text.rfind(separator, start, end) for separator in _SEPARATORS)
    return 0


_FOUR = r"\b(?:[456][0-9]{3}|2[2-7][0-9]{2}|3[05689][0-9]{2}|81[0-9]{2}|1800|2131)"

DETECTOR = Detector(
    type="CREDIT_DEBIT_CARD_NUMBER",
    kind="pii",
    basis="checksum",
    patterns=(
        Pattern(
            regex=_FOUR + r"[ .-]?[0-9]{4}[ .-]?[0-9]{4}[ .-]?[0-9]{3,4}\b",
            check=alone_and(is_card_number),
            confidence=1.0,
        ),
        Pattern(regex=r"\b3[04678][0-9]{2}[ .-]?[0-9]{6}[ .-]?[0-9]{4,5}\b", check=alone_and(is_card_number), confidence=1.0),
        Pattern(
            regex=_FOUR + r"[ .-]?[0-9]{4}[ .-]?[0-9]{4}[ .-]?(?:[0-9]{4}[ .-]?[0-9]{1,3}|[0-9])\b",
            check=_check,
            confidence=0.9,
            reach="faithful",
        ),
        Pattern(regex=beside("cards?|maestro", "[56][0-9]{11,13}"), check=whole(luhn), confidence=0.8),
    ),
)
