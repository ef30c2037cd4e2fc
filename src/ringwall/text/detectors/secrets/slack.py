"""SLACK_TOKEN: bot, user, app and refresh tokens and incoming web hooks."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="SLACK_TOKEN",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(regex=r"\bxox[abeoprs]-[0-9]{1,14}-[A-Za-z0-9-]{8,250}\b", confidence=1.0),
        Pattern(regex=r"\bxapp-[0-9]-[A-Za-z0-9-]{20,200}\b", confidence=1.0),
        Pattern(regex=r"\bhooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,200}", confidence=1.0),
    ),
)
