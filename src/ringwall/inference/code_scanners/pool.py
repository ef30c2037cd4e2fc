"""Scanners kept ready, so many at once and no more, and one that stands in for what is not installed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from ringwall.guardrails.code import CodeFinding, ScannerAbsent, ScannerFailed

WAIT_S = 10.0
"""How long a piece of code waits for a scanner that is free."""


class Closing(Protocol):
    """A code scanner that holds something."""

    @property
    def name(self) -> str:
        """As `CodeScanner`."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """As `CodeScanner`."""
        ...

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
        """As `CodeScanner`."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class ScannerPool:
    """Scanners of one kind behind the port `CodeScanner`; the one that was used last is used next, for it is warm.

    Invariant: a scanner reads one piece at a time; no more than `size` of them are ever made.
    """

    def __init__(self, make: Callable[[], Closing], *, size: int, wait_s: float = WAIT_S) -> None:
        """Make the first one, which says what all are; its process begins with its first scan.

        Raises:
            ScannerAbsent: as `make`.
        """
        first = make()
        self.name, self.languages = first.name, first.languages
        self._make = make
        self._wait_s = wait_s
        self._unmade = size - 1
        self._all: list[Closing] = [first]
        self._idle: list[Closing] = [first]
        self._free = threading.Condition()

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:
        """Have the next free scanner read the text.

        Raises:
            CodeDoesNotParse, ScannerFailed: as the port says; ScannerFailed also where none was free in time.
        """
        scanner = self._take()
        try:
            return scanner.scan(text, language)
        finally:
            with self._free:
                self._idle.append(scanner)
                self._free.notify()

    def _take(self) -> Closing:
        with self._free:
            if not self._idle and self._unmade:
                made = self._make()
                self._unmade -= 1
                self._all.append(made)
                return made
            if not self._free.wait_for(lambda: self._idle, self._wait_s):
                raise ScannerFailed("every code scanner is busy")
            return self._idle.pop()

    def close(self) -> None:
        """End them all."""
        with self._free:
            for scanner in self._all:
                scanner.close()


class AbsentScanner:
    """Stands where a scanner should: whatever it is asked to read blocks, and the reason says why."""

    def __init__(self, error: ScannerAbsent, *, name: str, languages: frozenset[str]) -> None:
        self.name = f"{name} (absent)"
        self.languages = languages
        self._error = error

    def scan(self, text: str, language: str) -> tuple[CodeFinding, ...]:  # noqa: ARG002 - the port's
        """Refuse.

        Raises:
            ScannerAbsent: always.
        """
        raise ScannerAbsent(self._error.message, remedy=self._error.how_to_mend)

    def close(self) -> None:
        """Nothing is held."""
