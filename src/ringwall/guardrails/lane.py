"""One block of a stream: its text so far, how far it was released, and the marks at which it is judged.

Marks are fixed offsets: close together at a block's beginning, so that its first words leave soon, and `STEP` apart later. Learned rules
score at fewer of them.
"""

from __future__ import annotations

from bisect import bisect_right

STEP = 256  # characters from one mark to the next
REACH = 256  # characters that wait behind a mark at most: a phrase of 20 letters in any encoding of the wall's, but binary (9 a letter)
CONTEXT = (
    64  # characters before what was released that a window begins with, where nothing that was released is part of anything that may come
)
FIRST_MARKS = (16, 24, 32, 40, 48, 64, 96, 128, 192, 256, 384, 512)
FIRST_LEARNED_MARKS = (32, 64, 128, 256)
_KEPT = 2 * REACH  # characters before what was released that the tail may hold for nothing


class Lane:
    """One block.

    The pieces are joined for the whole once, at the end; for windows the last part is kept joined, so that chunks of one character cost
    no more than their number.

    settled: nothing that was released is part of anything that may come, but for what learned rules score.
    """

    __slots__ = ("_base", "_first", "_learned", "_tail", "_waiting", "length", "mark", "out", "pieces", "settled")

    def __init__(self, *, learned: bool) -> None:
        self._first = FIRST_LEARNED_MARKS if learned else FIRST_MARKS
        self.pieces: list[str] = []
        self._waiting: list[str] = []  # pieces that are not in the tail yet
        self._tail = ""  # the text from `base` on
        self._base = 0
        self.length = 0
        self.out = 0
        self.mark = self._first[0]
        self._learned = learned
        self.settled = True

    def append(self, chunk: str) -> None:
        """Append characters."""
        self.pieces.append(chunk)
        self._waiting.append(chunk)
        self.length += len(chunk)

    def go_on(self) -> None:
        """Go to the next mark."""
        after = bisect_right(self._first, self.mark)
        self.mark = self._first[after] if after < len(self._first) else self.mark + STEP

    def window(self, mark: int) -> tuple[int, str]:
        """Return where the window of a mark begins, and its text."""
        if self._waiting:
            self._tail = "".join((self._tail, *self._waiting))
            self._waiting.clear()
        start = self._base + _window_start(self._tail, self.out - self._base, CONTEXT if self.settled and not self._learned else REACH)
        kept = max(self._base, start - 2 * REACH)  # in case the next window begins earlier
        if kept - self._base > _KEPT and 2 * (kept - self._base) > len(self._tail):  # what is dropped pays for what is copied
            self._tail = self._tail[kept - self._base :]
            self._base = kept
        return start, self._tail[start - self._base : mark - self._base]

    def between(self, start: int, end: int) -> str:
        """Return a part of the text that the last window held."""
        return self._tail[start - self._base : end - self._base]


def _window_start(text: str, out: int, context: int) -> int:
    """Return where a window begins: `context` before what was released, at the start of a word if one starts soon before."""
    start = max(0, out - context)
    if start == 0:
        return 0
    blank = text.rfind(" ", max(0, start - REACH), start)
    return start if blank < 0 else blank + 1
