"""PRIVATE_KEY: PEM, OpenSSH, PGP and PuTTY private keys."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

DETECTOR = Detector(
    type="PRIVATE_KEY",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(
            regex=r"-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP|ED25519) )?PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[A-Za-z0-9+/=\\r\\n\s:,-]*-----END [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----)?",
            confidence=1.0,
        ),
        Pattern(regex=r"\bPuTTY-User-Key-File-[23]:", confidence=1.0),
        Pattern(regex=r"\bAGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}\b", confidence=1.0),
    ),
)
