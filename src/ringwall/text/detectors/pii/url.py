"""URL: web addresses with a scheme, `www.`, or a common top-level domain."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

_TRAILING = ".,;:!?)]}'\"*_>"


def _trim(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1] in _TRAILING:
        if text[end - 1] == ")" and "(" in text[start:end]:
            break
        end -= 1
    return end if end - start >= 6 else 0


def _bare(text: str, start: int, end: int) -> int:
    return 0 if end < len(text) and text[end] in "@-_" else _trim(text, start, end)


DETECTOR = Detector(
    type="URL",
    kind="pii",
    basis="format",
    patterns=(
        Pattern(
            regex=r"(?i)\b(?:https?|ftps?|sftp|wss?|ssh|git|s3|gs|file|ldaps?)://[^\s<>\"'`{}|\\^]{2,}",
            check=_trim,
            confidence=0.95,
        ),
        Pattern(regex=r"(?i)\bwww\.[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}(?:[/?#:][^\s<>\"'`{}|\\^]*)?", check=_trim, confidence=0.9),
        Pattern(
            regex=r"(?i)(?:^|[\s(<\[{\"',;:=])((?:[a-z0-9-]{1,63}\.){1,7}(?:(?:com|org|net|edu|gov|co\.uk|org\.uk|de|fr|eu)\b"
            r"|(?:com|org|net|edu|gov|io|info|biz|dev|app|ai|co\.uk|org\.uk|de|fr|eu)(?::[0-9]{2,5})?/[^\s<>\"'`{}|\\^]*))",
            check=_bare,
            confidence=0.6,
            reach="faithful",
        ),
    ),
)
