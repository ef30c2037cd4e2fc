"""What the reading of code takes as arguments from the floors above."""

from __future__ import annotations

from typing import Protocol

from ringwall.guardrails.code.finding import CodeFinding


class CodeScanner(Protocol):
    """Finds weaknesses in the code of some languages."""

    @property
    def name(self) -> str:
        """Name and version, as reports show it."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """The canonical names (`ringwall.guardrails.code.languages`) of the languages it reads."""
        ...

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
        """Return what is wrong with one piece of code; spans and lines count from its start.

        Takes a bounded time. May be called from any thread.

        Raises:
            CodeDoesNotParse: the text is no program of this language, so it was not scanned.
            ScannerFailed: it could not be scanned; whatever else is raised counts as the same.
        """
        ...
