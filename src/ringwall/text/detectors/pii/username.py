"""USERNAME: what stands where a user name or login is told."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern
from ringwall.text.detectors.wordlist import words

_NOT_A_NAME = words(
    """
    str string int text char varchar bool null and the for not required incorrect invalid wrong taken empty null none unknown is are
    must should will can may has your you his her their or with from that this field already available to in on of a an
    """
)


def _check(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1] in ".-_@":
        end -= 1
    return 0 if end - start < 2 or text[start:end].lower() in _NOT_A_NAME else end


def _told(text: str, start: int, end: int) -> int:
    end = _check(text, start, end)
    return end if end and any(not c.isalpha() for c in text[start:end]) else 0


_LABEL = r"(?i)\b(?:user ?names?|user[ _-]?ids?|log[ -]?in(?: name| id)?|screen ?name|account name|handle|nick(?:name)?)"

DETECTOR = Detector(
    type="USERNAME",
    kind="pii",
    basis="context",
    patterns=(
        Pattern(regex=_LABEL + r"[\"']? ?(?::|=) ?[\"'`]?([A-Za-z0-9_][A-Za-z0-9._@-]{1,63})", check=_check, confidence=0.8),
        Pattern(regex=_LABEL + r" (?:is|was|called) [\"'`]?([A-Za-z0-9_@][A-Za-z0-9._-]{1,63})", check=_told, confidence=0.7),
        Pattern(regex=r"(?i)\buser ?name(?: is| was) [\"'`]?([A-Za-z0-9_@][A-Za-z0-9._-]{1,63})", check=_check, confidence=0.7),
    ),
)
