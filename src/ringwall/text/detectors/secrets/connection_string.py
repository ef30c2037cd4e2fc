"""CONNECTION_STRING: a URL or a key-value string that carries a password."""

from __future__ import annotations

from ringwall.text.detectors.rule import Detector, Pattern

_PLACEHOLDERS = frozenset(
    ("password", "pass", "pwd", "secret", "xxx", "xxxx", "****", "<password>", "your_password", "${password}", "changeme")
)


def _real(text: str, start: int, end: int) -> int:
    password = text[start:end].partition("://")[2].partition("@")[0].partition(":")[2]
    return 0 if password.lower() in _PLACEHOLDERS or password.startswith(("$", "{", "<", "%")) else end


DETECTOR = Detector(
    type="CONNECTION_STRING",
    kind="secret",
    basis="format",
    patterns=(
        Pattern(
            regex=r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@<>\"']{1,64}:[^\s@/<>\"']{3,128}@[a-z0-9._-]{1,253}", check=_real, confidence=0.95
        ),
        Pattern(
            regex=r"(?i)\b(?:server|data source|host)=[^;\s]{1,128};(?:[^;\n]{1,80};){0,8} ?(?:password|pwd)=[^;\s]{3,128}",
            confidence=0.95,
        ),
    ),
)
