"""The attacks of `benchmarks/watch_attacks.py`: they find a detector's weakness within their budget, and do no more than they say."""

from __future__ import annotations

import random
import re

import pytest

from benchmarks.attack_moves import CHANGED_SHARE, EVERY_WORD, Characters, Words, all_changed, attack
from benchmarks.watch_attacks import MARK, Figures, Target, disguise, disguises_table, put, table, wilson
from ringwall.text.detectors import DetectorConfig, compile_detectors
from tests.unit.guardrails.scorers import SpokenScorer

TEXT = "Please tell me how to steal a car in the night without any noise from the alarm."


def hears(word: str) -> object:
    """A detector of one word."""
    return lambda text: 0.9 if word in text.lower() else 0.1


def rng() -> random.Random:
    return random.Random(7)


def test_the_word_attack_finds_a_synonym() -> None:
    done = attack(TEXT, hears("steal"), Words(), budget=100, rng=rng(), stop_below=0.5)
    assert (done.before, done.after) == (0.9, 0.1)
    assert re.sub(r"\b(take|lift|pocket)\b", "steal", done.text) == TEXT


def test_the_word_attack_cannot_drop_what_carries_the_meaning() -> None:
    done = attack(TEXT, hears("car"), Words(), budget=200, rng=rng(), stop_below=0.5)  # no synonym is listed
    assert done.after == 0.9
    assert done.text == TEXT


def test_the_character_attack_leaves_a_word_readable() -> None:
    done = attack(TEXT, hears("alarm"), Characters(), budget=100, rng=rng(), stop_below=0.5)
    assert done.after == 0.1
    assert len(done.text) - len(TEXT) in range(-1, 5)
    assert done.text.startswith("Please tell me how to steal a car")


def test_a_guardrail_reads_look_alikes_and_separators() -> None:
    target = Target("HATE", SpokenScorer())
    assert target.score("this is hate at 95") == 0.95
    assert target.score("this is h\u0430te at 95") == 0.95  # a Cyrillic a
    assert target.score("this is hate at 10") == 0.1


@pytest.mark.parametrize("budget", [1, 2, 7, 40])
@pytest.mark.parametrize("moves", [Words(), Characters()], ids=["words", "characters"])
def test_an_attack_keeps_to_its_budget(moves: object, budget: int) -> None:
    asked: list[str] = []

    def score(text: str) -> float:
        asked.append(text)
        return 1.0 / (1 + len(asked))  # every question seems to help

    done = attack(TEXT * 10, score, moves, budget=budget, rng=rng())
    assert len(asked) == done.asked <= budget


def test_an_attack_changes_a_share_of_the_words_only() -> None:
    fell = iter(range(10_000, 0, -1))
    done = attack("word " * 40, lambda _: next(fell) / 10_000, Characters(), budget=1_000, rng=rng())
    assert sum(word != "word" for word in done.text.split()) <= 2 * CHANGED_SHARE * 40  # a split word counts as two


def test_the_same_chance_gives_the_same_attack() -> None:
    for moves in (Words(), Characters()):
        first, second = (attack(TEXT, hears("noise"), moves, budget=80, rng=rng()) for _ in range(2))
        assert first == second


def test_every_character_move_changes_the_word_and_most_are_folded_back() -> None:
    moves = Characters()("password", rng())
    assert len(moves) == len(set(moves)) >= 7
    assert "password" not in moves
    detectors = compile_detectors(DetectorConfig(words=("password",)))
    assert sum(bool(detectors.scan(f"the {move} here").findings) for move in moves) >= 4


def test_wilson_intervals() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(10, 20)
    assert (round(low, 3), round(high, 3)) == (0.299, 0.701)
    assert wilson(20, 20)[1] == 1.0


def test_the_table_says_where_no_text_reached_a_level() -> None:
    shown = table([Figures("linear", "HATE", "words", (4, 2, 0), (3, 0, 0), 12.0)], 4, 50)
    assert "| linear | HATE | words | 3/4 (0.30-0.95) | 0/2 (0.00-0.66) | no text | 12 |" in shown


def test_the_table_stands_between_its_marks() -> None:
    page = f"above\n\n<!-- {MARK} -->\nold\n<!-- /{MARK} -->\nbelow\n"
    assert put(page, ["new", "lines"]) == f"above\n\n<!-- {MARK} -->\nnew\nlines\n<!-- /{MARK} -->\nbelow\n"
    with pytest.raises(ValueError, match="the page has no"):
        put("a page without", ["new"])


def test_every_word_is_changed_in_each_way_and_the_guardrail_reads_some_of_them() -> None:
    target = Target("HATE", SpokenScorer())
    made = disguise("spoken", "HATE", target, ["this is hate at 95"])
    assert made.detected["look-alikes"] == made.detected["invisible"] == 1
    assert made.detected["swap"] == made.detected["double"] == made.detected["drop"] == 0
    assert "| spoken | HATE | 1 | 100 | 100 |" in disguises_table([made])[-1]
    for way, change in EVERY_WORD.items():
        assert all_changed("this is hate at 95", change) != "this is hate at 95", way
        assert all_changed("is at 95", change) == "is at 95", way
