"""Texts as the matcher sees them: units and their vectors, each unit embedded once by the shipped encoder, as run time does."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ringwall.watch import lexical
from ringwall.watch.sentences import SentenceEncoder, Unit

CHUNK = 512


class Reader:
    """Embeds units and keeps the vectors; `kept` is a file that a later run takes them from."""

    def __init__(self, encoder: SentenceEncoder, kept: Path | None = None) -> None:
        self.encoder, self._kept = encoder, kept
        self._rows: dict[tuple[int, ...], np.ndarray] = {}
        self._units: dict[str, list[Unit]] = {}
        self._stems: dict[str, list[str]] = {}
        if kept is not None and kept.is_file():
            with np.load(kept) as saved:
                if str(saved["digest"]) == encoder.digest:
                    ends = np.cumsum(saved["lengths"])
                    ids = np.split(saved["ids"], ends[:-1])
                    self._rows = {tuple(map(int, part)): row for part, row in zip(ids, saved["rows"], strict=True)}

    def units(self, text: str) -> list[Unit]:
        """Return the units of a text."""
        if text not in self._units:
            self._units[text] = self.encoder.units(text)
        return self._units[text]

    def stems(self, unit: Unit) -> list[str]:
        """Return the stems of a unit."""
        if unit.text not in self._stems:
            self._stems[unit.text] = lexical.stems(unit.text)
        return self._stems[unit.text]

    def vectors(self, units: list[Unit]) -> np.ndarray:
        """Return one row per unit."""
        return np.stack([self._rows[unit.ids] for unit in units])

    def prepare(self, texts: Iterable[str], least_s: float = 25.0) -> bool:
        """Embed what is not yet embedded; say whether all is done, or this process's share of `least_s` seconds of CPU is used up."""
        missing = list({u.ids: u for text in texts for u in self.units(text) if u.ids not in self._rows}.values())
        missing.sort(key=lambda unit: len(unit.ids))
        begun = time.process_time()
        for first in range(0, len(missing), CHUNK):
            part = missing[first : first + CHUNK]
            for unit, row in zip(part, self.encoder.vectors(part), strict=True):
                self._rows[unit.ids] = row
            if self._kept is not None and time.process_time() - begun > least_s:
                self.keep()
                print(f"{first + len(part)} of {len(missing)} units", flush=True)
                return first + CHUNK >= len(missing)
        self.keep()
        return True

    def keep(self) -> None:
        """Write the vectors to the file."""
        if self._kept is not None and self._rows:
            lengths = np.array([len(ids) for ids in self._rows])
            ids = np.concatenate([np.array(part, np.int32) for part in self._rows])
            np.savez(self._kept, digest=self.encoder.digest, lengths=lengths, ids=ids, rows=np.stack(list(self._rows.values())))
