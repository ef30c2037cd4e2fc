"""DATE_TIME (not an AWS type): calendar dates and clock times, not weekdays or bare years."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?"
    r"|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)


DETECTOR = Detector(
    type="DATE_TIME",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(
            regex=r"\b(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9])?Z?)?\b",
            confidence=0.9,
            reach="faithful",
        ),
        Pattern(
            regex=r"\b(?:0?[1-9]|[12][0-9]|3[01])[/.](?:0?[1-9]|[12][0-9]|3[01])[/.](?:19|20)?[0-9]{2}\b", confidence=0.7, reach="faithful"
        ),
        Pattern(
            regex=r"\b" + _MONTH + r" (?:[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?\b(?:,? ?(?:19|20)[0-9]{2}\b)?",
            confidence=0.8,
            reach="faithful",
        ),
        Pattern(
            regex=r"\b(?:[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?(?: of)? " + _MONTH + r"(?:,? (?:19|20)[0-9]{2}\b)?",
            confidence=0.8,
            reach="faithful",
        ),
        Pattern(regex=r"\b" + _MONTH + r" (?:19|20)[0-9]{2}\b", confidence=0.8, reach="faithful"),
        Pattern(regex=r"(?i)\b(?:0?[0-9]|1[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?: ?[ap]\.?m\b)?", confidence=0.6, reach="faithful"),
        Pattern(regex=r"(?i)\b(?:0?[1-9]|1[0-2]) ?[ap]\.?m\b", confidence=0.6, reach="faithful"),
    ),
)
