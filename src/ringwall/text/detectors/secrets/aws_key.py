"""AWS_KEY_ID: an access key id of a user, a role session or a bearer token."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="AWS_KEY_ID",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(regex=r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b", confidence=0.95),
        Pattern(regex=r"\bABSK[A-Za-z0-9+/]{80,200}={0,2}", confidence=0.95),
    ),
)
