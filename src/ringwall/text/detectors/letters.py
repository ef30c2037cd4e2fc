"""Letters of the alphabets that names and streets are written in (Latin, Greek, Cyrillic), as RE2 classes smaller than all of Unicode."""

from __future__ import annotations

UPPER = r"[A-Z\x{C0}-\x{DE}\x{100}-\x{17F}\x{386}-\x{3AB}\x{400}-\x{42F}]"
LETTER = r"[A-Za-z\x{C0}-\x{24F}\x{386}-\x{3CE}\x{400}-\x{4FF}]"
NAME_LETTER = r"[A-Za-z\x{C0}-\x{24F}\x{386}-\x{3CE}\x{400}-\x{4FF}'\x{2019}-]"
