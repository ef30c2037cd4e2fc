"""The managed list of profane words: our own, matched at word boundaries after folding (`sh1t` is found, `Scunthorpe` is not)."""

from __future__ import annotations

from importlib.resources import files

TYPE = "PROFANITY"
RULE_ID = "profanity/PROFANITY"


def profane_words() -> tuple[str, ...]:
    """Return the list; lines that start with # are comments."""
    lines = (files(__package__) / "profanity.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
