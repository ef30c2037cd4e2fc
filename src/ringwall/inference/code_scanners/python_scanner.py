"""Python, read by bandit in a process of its own."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import msgspec

from ringwall.guardrails.code import CodeDoesNotParse, CodeFinding, ScannerAbsent, ScannerFailed, Severity
from ringwall.inference.code_scanners.child import Child
from ringwall.inference.code_scanners.python_rules import MESSAGES
from ringwall.vocabulary import Span

TIMEOUT_S = 10.0
"""For one piece of code, of at most `CODE_CHARS` characters; an ordinary one takes a few milliseconds."""

START_TIMEOUT_S = 20.0

_SEVERITIES: dict[str, Severity] = {"LOW": "LOW", "MEDIUM": "MEDIUM", "HIGH": "HIGH", "UNDEFINED": "MEDIUM"}
_WORKER = Path(__file__).with_name("python_worker.py")


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    found: list[tuple[str, int, str, int, int, int]] | None = None
    unparsed: int | None = None
    failed: str | None = None


class PythonScanner:
    """bandit, behind the port `CodeScanner`. The process begins with the first scan; `close` ends it."""

    languages = frozenset({"python"})

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        """Make a scanner.

        Raises:
            ScannerAbsent: bandit is not installed.
        """
        try:
            self.name = f"bandit {metadata.version('bandit')}"
        except metadata.PackageNotFoundError as error:
            raise ScannerAbsent("bandit, which reads Python, is not installed") from error
        self._child = Child([sys.executable, "-I", str(_WORKER)], timeout_s=timeout_s, start_timeout_s=START_TIMEOUT_S)

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
        """Return bandit's findings, in our words.

        Raises:
            CodeDoesNotParse, ScannerFailed: as the port says.
        """
        if language not in self.languages:
            raise ScannerFailed("the scanner was asked for a language it does not read")
        line = self._child.ask(_question(text))
        try:
            answer = msgspec.json.decode(line, type=_Answer)
        except msgspec.DecodeError as error:
            raise ScannerFailed("the answer of a code scanner cannot be read") from error
        if answer.unparsed is not None:
            raise CodeDoesNotParse("the code is no Python", line=answer.unparsed)
        if answer.found is None:
            raise ScannerFailed("a rule of a code scanner failed", reason=answer.failed)
        return tuple(_finding(*row) for row in answer.found)

    def close(self) -> None:
        """End the process."""
        self._child.close()


def _question(text: str) -> bytes:
    try:
        return msgspec.json.encode({"text": text}) + b"\n"
    except UnicodeEncodeError as error:
        raise CodeDoesNotParse("the code holds a lone surrogate", line=1) from error


def _finding(rule: str, cwe: int, severity: str, line: int, start: int, end: int) -> CodeFinding:
    return CodeFinding(
        rule_id=f"bandit/{rule}",
        cwe=cwe,
        severity=_SEVERITIES.get(severity, "HIGH"),
        line=line,
        span=Span(start, end),
        message=MESSAGES.get(rule, "a rule that ringwall has no words for"),
    )
