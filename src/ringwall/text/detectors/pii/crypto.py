"""CRYPTO (not an AWS type): Bitcoin addresses with their checksums, Ethereum addresses."""

from __future__ import annotations

from ringwall.text.detectors.checksums import base58check, bech32
from ringwall.text.detectors.rule import Detector, Pattern, whole

DETECTOR = Detector(
    type="CRYPTO",
    kind="pii",
    basis="checksum",
    patterns=(
        Pattern(regex=r"\b[13][a-km-zA-HJ-NP-Z1-9]{25,34}\b", check=whole(base58check), confidence=1.0),
        Pattern(regex=r"\b(?:bc1[ac-hj-np-z02-9]{11,71}|BC1[AC-HJ-NP-Z02-9]{11,71})\b", check=whole(bech32), confidence=1.0),
        Pattern(regex=r"\b0x[0-9a-fA-F]{40}\b", confidence=0.9),
    ),
)
