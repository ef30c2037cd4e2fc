"""What a text's views may hold at once is bounded: past it a text counts as not read, in both interpreters and whatever it holds."""

from __future__ import annotations

import pytest

from ringwall.text.interpreters import Interpreter
from ringwall.text.read import FOLDED_MOST, read_views
from ringwall.text.results import RUN_COST
from ringwall.vocabulary import Limits

HEX_IN_SHORT_RUNS = "36383635366336633666" * 60
TIGHT = Limits(view_chars=3_000)


@pytest.mark.parametrize(
    "text", [HEX_IN_SHORT_RUNS, "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=" * 40, "&#65;" * 300], ids=["hex", "base64", "entities"]
)
def test_runs_that_cost_more_than_the_limit_are_not_handed_out(interpreter: Interpreter, text: str) -> None:
    found = interpreter.decode(text, mapped=True, sparse=True)
    assert found
    cost = sum(len(run.text) + RUN_COST for run in found)
    assert interpreter.decode(text, mapped=True, sparse=True, limit=cost) == found
    assert interpreter.decode(text, mapped=True, sparse=True, limit=cost - 1) is None
    assert interpreter.decode(text, mapped=True, sparse=True, limit=0) is None


@pytest.mark.parametrize("text", [HEX_IN_SHORT_RUNS, "\ufdfa" * 400, "&#65;" * 300], ids=["short runs", "a long fold", "entities"])
def test_a_text_whose_views_do_not_fit_is_not_read(text: str, interpreter: Interpreter) -> None:
    assert read_views(text, limits=TIGHT, interpreter=interpreter.name).exhausted
    assert not read_views(text, interpreter=interpreter.name).exhausted


def test_what_waits_to_be_read_takes_no_room_once_it_is_a_view(interpreter: Interpreter) -> None:
    text = "the =41 and &#66; are plain w o r d s here\n" * 60
    views = read_views(text, interpreter=interpreter.name).views
    kept = sum(len(view.text) for view in views if view.chain and not isinstance(view.starts, range))
    assert kept > 8 * len(text)
    assert not read_views(text, limits=Limits(view_chars=kept + 2 * len(text)), interpreter=interpreter.name).exhausted
    assert read_views(text, limits=Limits(view_chars=kept - 1), interpreter=interpreter.name).exhausted


def test_a_plain_text_holds_no_more_than_itself(interpreter: Interpreter) -> None:
    views = read_views("The quick brown fox jumps. " * 300, limits=TIGHT, interpreter=interpreter.name)
    assert not views.exhausted


def test_no_character_becomes_more_than_the_bound_says(interpreter: Interpreter) -> None:
    for first in (0x0, 0x2000, 0x3000, 0xF000, 0x1D000, 0x1F000):  # where compatibility characters stand
        for character in map(chr, range(first, first + 0x1000)):
            made = interpreter.fold("characters", character)
            assert made is None or len(made.text) <= FOLDED_MOST
