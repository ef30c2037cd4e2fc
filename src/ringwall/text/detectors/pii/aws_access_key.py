"""AWS_ACCESS_KEY: an access key id: a four-letter prefix and sixteen characters."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="AWS_ACCESS_KEY",
    kind="pii",
    basis="format",
    patterns=(Pattern(regex=r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b", confidence=0.95),),
)
