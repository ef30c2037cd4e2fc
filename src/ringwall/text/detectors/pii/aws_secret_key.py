"""AWS_SECRET_KEY: forty characters of base64 beside words for it, or with the mix that random bytes have."""

from __future__ import annotations

from ringwall.text.detectors.entropy import bits_per_character
from ringwall.text.detectors.rule import Detector, Pattern


def _isolated(text: str, start: int, end: int) -> bool:
    return not (start and (text[start - 1].isalnum() or text[start - 1] in "+/=")) and not (
        end < len(text) and (text[end].isalnum() or text[end] in "+/=")
    )


def _random(text: str, start: int, end: int) -> int:
    value = text[start:end]
    mixed = (
        any(c.islower() for c in value)
        and any(c.isupper() for c in value)
        and any(c.isdigit() for c in value)
        and ("/" in value or "+" in value)
    )
    return end if mixed and _isolated(text, start, end) and value.count("/") <= 6 and bits_per_character(value) >= 4.2 else 0


def _labelled(text: str, start: int, end: int) -> int:
    return end if _isolated(text, start, end) and bits_per_character(text[start:end]) >= 3.2 else 0


DETECTOR = Detector(
    type="AWS_SECRET_KEY",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(
            regex=r"(?i)\b(?:aws_?)?secret(?:[ _-]?access)?[ _-]?key(?:[ _-]?id)?[\"']?(?: is| was)?[ :=>,]{1,5}[\"'`]?([a-z0-9/+]{40})",
            check=_labelled,
            confidence=0.95,
        ),
        Pattern(regex=r"[A-Za-z0-9/+]{40}", check=_random, confidence=0.6, reach="faithful"),
    ),
)
