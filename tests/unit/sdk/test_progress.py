"""The bar: silent where nobody looks, and gone when the work is done."""

from __future__ import annotations

import io

from ringwall.sdk.progress import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(stream: io.StringIO, seconds: float) -> str:
    now = [0.0]
    bar = Bar("hashing", stream=stream, clock=lambda: now[0])
    for done in range(0, 101, 10):
        bar(done, 100)
        now[0] += seconds / 10
    bar.close()
    return stream.getvalue()


def test_short_work_and_work_that_nobody_watches_show_nothing() -> None:
    assert run(Terminal(), 0.9) == ""
    assert run(io.StringIO(), 60) == ""


def test_long_work_is_drawn_and_taken_away() -> None:
    drawn = run(Terminal(), 20)
    assert "hashing [###############...............]  50% of 100 rows" in drawn
    assert drawn.endswith("\r\x1b[K")
