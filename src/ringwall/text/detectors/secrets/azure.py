"""AZURE_KEY: storage account keys, shared access signatures and client secrets."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="AZURE_KEY",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(regex=r"(?i)\b(?:accountkey|sharedaccesskey)=[a-z0-9+/]{43,88}={0,2}", confidence=1.0),
        Pattern(regex=r"[?&]sig=[A-Za-z0-9%/+]{43,100}(?:%3D|=)", confidence=0.9),
        Pattern(regex=r"\b[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{34}\b", confidence=0.9),
    ),
)
