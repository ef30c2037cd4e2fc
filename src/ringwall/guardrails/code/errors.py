"""Why a scanner could not read code."""

from __future__ import annotations

from ringwall.errors import DependencyError, InvalidRequest
from ringwall.guardrails.code.finding import CodeFinding


class CodeDoesNotParse(InvalidRequest, code="code-does-not-parse"):
    """The code is not a program of the language it is said to be."""

    remedy = "mend the code, or name its language rightly"

    def __init__(self, message: str, *, line: int = 1, found: tuple[CodeFinding, ...] = ()) -> None:
        """Say where reading ended, and what was found in what could be read.

        Args:
            message: as in every error.
            line: the first that could not be read, counted from 1.
            found: findings in the rest; they count, whatever an owner thinks of code that does not parse.
        """
        super().__init__(message, line=line)
        self.line = line
        self.found = found


class ScannerFailed(DependencyError, code="code-scanner-failed"):
    """A code scanner did not finish its work."""

    remedy = "the code was not checked: treat it as blocked; shorten it if this repeats"


class ScannerAbsent(DependencyError, code="code-scanner-absent"):
    """A code scanner is not installed."""

    remedy = "install the extra: pip install 'ringwall[code]'"
