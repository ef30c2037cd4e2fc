"""SECRET_ASSIGNMENT: a random-looking value assigned to a name that says key, secret, token or password."""

from __future__ import annotations

from ringwall.text.detectors.entropy import bits_per_character
from ringwall.text.detectors.rule import Detector, Pattern


def _random(text: str, start: int, end: int) -> int:
    value = text[start:end]
    classes = any(c.isdigit() for c in value) + any(c.islower() for c in value) + any(c.isupper() for c in value)
    return end if classes >= 2 and bits_per_character(value) >= 3.0 else 0


DETECTOR = Detector(
    type="SECRET_ASSIGNMENT",
    kind="secret",
    basis="context",
    patterns=(
        Pattern(
            regex=r"(?i)(?:api[_-]?key|secret(?:[_-]?key)?|auth[_-]?token|access[_-]?token|token|passwd|password|client[_-]?secret|private[_-]?key)"
            r"[\"']?\s{0,3}(?::|=|=>|:=)\s{0,3}[\"'`]?([A-Za-z0-9_+/=.~-]{16,256})",
            check=_random,
            confidence=0.8,
        ),
        Pattern(regex=r"(?i)\b(?:authorization: ?)?bearer ([A-Za-z0-9_+/=.~-]{20,512})", check=_random, confidence=0.85),
    ),
)
