"""PASSWORD: what stands where a password is told."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern
from ringwall.text.detectors.wordlist import words

_NOT_SECRET = words(
    """
    the and for not required incorrect invalid wrong protected reset changed expired empty null none true false string too very must
    should will can may has been being used set now here there above below stored hashed encrypted correct needed missing weak
    strong long short at least your you his her their our with from that this what which when
    """
)
_LABEL = r"(?i)\b(?:password|passwd|passphrase|passcode|pwd|passwort)s?"


def _assigned(text: str, start: int, end: int) -> int:
    end = _trim(text, start, end)
    value = text[start:end]
    return 0 if end - start < 4 or value.lower() in _NOT_SECRET or _is_code(value) else end


def _told(text: str, start: int, end: int) -> int:
    end = _trim(text, start, end)
    value = text[start:end]
    mixed = any(not c.isalpha() for c in value)
    return end if end - start >= 4 and mixed and value.lower() not in _NOT_SECRET and not _is_code(value) else 0


def _is_code(value: str) -> bool:
    """Say whether the value is a name or a call in a program rather than a literal."""
    return "(" in value or (value.count(".") > 0 and value.replace(".", "").replace("_", "").isalpha())


def _trim(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1] in ".,;:\"'`)>]}":
        end -= 1
    return end


DETECTOR = Detector(
    type="PASSWORD",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(regex=_LABEL + r"[\"']?(?: is| was)? ?(?::|=|=>|:=)? ?[\"']([^\"'\n]{4,128})[\"']", check=_assigned, confidence=0.85),
        Pattern(regex=_LABEL + r"[\"']?(?: is| was)? ?(?::|=|=>|:=) ?([^\s\"'`<>{}$]{4,128})", check=_assigned, confidence=0.85),
        Pattern(regex=_LABEL + r"(?: for [a-z ]{1,24})?(?: is| was| to| as|,| -)*,? ([^\s\"'`<>{}$]{4,128})", check=_told, confidence=0.7),
    ),
)
