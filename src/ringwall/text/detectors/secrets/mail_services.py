"""MAIL_SERVICE_KEY: SendGrid, Mailgun and Mailchimp keys."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="MAIL_SERVICE_KEY",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(regex=r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b", confidence=1.0),
        Pattern(regex=r"\bkey-[0-9a-f]{32}\b", confidence=0.8),
        Pattern(regex=r"\b[0-9a-f]{32}-us[0-9]{1,2}\b", confidence=0.95),
    ),
)
