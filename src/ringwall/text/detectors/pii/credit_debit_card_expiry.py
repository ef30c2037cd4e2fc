"""CREDIT_DEBIT_CARD_EXPIRY: month and year beside a word for expiry or validity."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"

DETECTOR = Detector(
    type="CREDIT_DEBIT_CARD_EXPIRY",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=r"(?i)\b(?:exp(?:ir(?:y|es|ing|ation))?(?:[ ./]date)?|valid (?:thru|through|until|till|to)|good thru)"
            r"(?:[ .:=()-]{1,3}(?:date|is|on|in|at|end))*[ .:=()-]{0,4}((?:0?[1-9]|1[0-2]) ?[/-] ?(?:20)?[2-4][0-9])\b",
            confidence=0.85,
        ),
        Pattern(
            regex=r"(?i)\bcard\b[^.!?\n]{0,40}\b(?:exp(?:ir(?:y|es|ing|ation))?(?: date)?|valid (?:thru|until))"
            r"(?: is| on| in|:)* ?(" + _MONTH + r" ?,? ?20[2-4][0-9])\b",
            confidence=0.8,
        ),
    ),
)
