"""What one reading may cost: characters read in all, and characters held at once."""

from __future__ import annotations

from ringwall.vocabulary import Limits


class Budget:
    """Counts what a reading costs, and remembers that something could not be afforded.

    Upholds: no more than `limits.decode_budget_factor` characters are read for each of the text's own, and `limits.decode_budget_floor`
    besides; once `exhausted`, always exhausted.
    """

    def __init__(self, limits: Limits, length: int) -> None:
        self._most = limits.decode_budget_factor * length + limits.decode_budget_floor
        self.read = 0
        self.room = limits.view_chars
        self.exhausted = False

    def afford(self, characters: int) -> bool:
        """Pay for reading so many characters; False, and nothing is paid, where that is more than is left."""
        if self.read + characters > self._most:
            self.exhausted = True
            return False
        self.read += characters
        return True

    def hold(self, characters: int) -> None:
        """Take room for characters that stay: views, and what waits to be read."""
        self.room -= characters

    def let_go(self, characters: int) -> None:
        """Give room back."""
        self.room += characters

    @property
    def has_room(self) -> bool:
        """Whether what is held fits."""
        return self.room >= 0
