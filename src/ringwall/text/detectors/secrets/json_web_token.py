"""JSON_WEB_TOKEN: a signed token whose header decodes to a JSON object with an algorithm."""

from __future__ import annotations

import base64

from ringwall.text.detectors.rule import Detector, Pattern, whole


def _has_header(text: str) -> bool:
    head = text.partition(".")[0]
    try:
        decoded = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except ValueError:
        return False
    return decoded.startswith(b"{") and (b'"alg"' in decoded or b'"enc"' in decoded)


DETECTOR = Detector(
    type="JSON_WEB_TOKEN",
    kind="secret",
    basis="format",
    patterns=(Pattern(regex=r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", check=whole(_has_header), confidence=1.0),),
)
