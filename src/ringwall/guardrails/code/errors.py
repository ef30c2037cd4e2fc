"""Why a scanner could not read code."""

from __future__ import annotations

from ringwall.errors import DependencyError, InvalidRequest


class CodeDoesNotParse(InvalidRequest, code="code-does-not-parse"):
    """The code is not a program of the language it is said to be.

    `line` (counted from 1) is in the facts.
    """

    remedy = "mend the code, or name its language rightly"


class ScannerFailed(DependencyError, code="code-scanner-failed"):
    """A code scanner did not finish its work."""

    remedy = "the code was not checked: treat it as blocked; shorten it if this repeats"


class ScannerAbsent(DependencyError, code="code-scanner-absent"):
    """A code scanner is not installed."""

    remedy = "install the extra: pip install 'ringwall[code]'"
