"""Many threads asking one model: everybody gets the results of its own texts, or an error, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Barrier, Lock, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.vocabulary.patience import TakesLong, in_a_hurry
from ringwall.watch.batching import TURN_PIECES, TurnFailed, Turns

POISON = 666
TEXT = st.lists(st.integers(0, 99), min_size=1, max_size=40)
ASKED = st.lists(st.lists(TEXT | st.just([POISON]) | st.just([7] * TURN_PIECES), max_size=12), min_size=1, max_size=8)


class Model:
    """Sums ids; refuses a turn with poison in it; counts who runs it at once."""

    def __init__(self) -> None:
        self.turns: list[list[Sequence[int]]] = []
        self.at_once = self.most_at_once = 0
        self._lock = Lock()

    def run(self, texts: Sequence[Sequence[int]]) -> list[int]:
        with self._lock:
            self.turns.append(list(texts))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if any(POISON in text for text in texts):
                raise MemoryError
            return [sum(text) for text in texts]
        finally:
            with self._lock:
                self.at_once -= 1


def ask_at_once(turns: Turns[int], asked: Sequence[Sequence[Sequence[int]]]) -> list[list[int] | str]:
    answers: list[list[int] | str] = [""] * len(asked)
    begin = Barrier(len(asked))

    def ask(index: int) -> None:
        begin.wait(30)
        try:
            answers[index] = turns.ask(asked[index])
        except TurnFailed as error:
            answers[index] = str(error.facts["reason"])

    threads = [Thread(target=ask, args=(index,), daemon=True) for index in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "a caller waits for ever"
    return answers


@settings(max_examples=60, deadline=None)
@given(ASKED, st.integers(1, 3))
def test_everybody_gets_its_own_or_an_error(asked: list[list[list[int]]], leaders: int) -> None:
    model = Model()
    turns = Turns(model.run, leaders=leaders)
    for answer, texts in zip(ask_at_once(turns, asked), asked, strict=True):
        own = [sum(text) for text in texts]
        poisoned = [POISON] in texts
        assert answer == "MemoryError" if poisoned else answer in (own, "MemoryError")
        assert answer == own or any(POISON in text for turn in model.turns for text in turn)
    assert model.most_at_once <= leaders
    assert turns.ask([[1, 2]]) == [3], "the model is free again"


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=100))
def test_each_text_is_run_once_and_turns_are_bounded(texts: list[list[int]]) -> None:
    model = Model()
    assert Turns(model.run, leaders=1).ask(texts) == [sum(text) for text in texts]
    assert [text for turn in model.turns for text in turn] == texts
    assert all(len(turn) == 1 or sum(map(len, turn)) <= TURN_PIECES for turn in model.turns)


def test_a_short_text_does_not_wait_for_all_of_a_long_one() -> None:
    entered, go_on = Barrier(2), Barrier(2)
    model = Model()

    def run(texts: Sequence[Sequence[int]]) -> list[int]:
        if not model.turns:
            entered.wait(30)
            go_on.wait(30)
        return model.run(texts)

    turns = Turns(run, leaders=1)
    long, short = [[1] * TURN_PIECES] * 6, [[2]]
    made: dict[str, list[int]] = {}
    threads = [Thread(target=lambda: made.update(long=turns.ask(long)), daemon=True)]
    threads[0].start()
    entered.wait(30)
    threads.append(Thread(target=lambda: made.update(short=turns.ask(short)), daemon=True))
    threads[1].start()
    while len(turns._waiting) < 2:
        threads[1].join(0.001)
    go_on.wait(30)
    for thread in threads:
        thread.join(30)
    assert made == {"long": [TURN_PIECES] * 6, "short": [2]}
    assert [2] in model.turns[1], "the next turn has a share of every caller"


def test_what_is_no_failure_passes_through_and_leaves_the_model_free() -> None:
    calls: list[int] = []

    def run(texts: Sequence[Sequence[int]]) -> list[int]:
        calls.append(len(texts))
        if len(calls) == 1:
            raise KeyboardInterrupt
        return [0] * len(texts)

    turns = Turns(run, leaders=1)
    with pytest.raises(KeyboardInterrupt):
        turns.ask([[1]])
    assert turns.ask([[1]]) == [0]


def test_a_model_that_answers_for_too_few_texts_has_failed() -> None:
    with pytest.raises(TurnFailed):
        Turns(lambda _: [1], leaders=1).ask([[1], [2]])


def test_nobody_in_a_hurry_is_made_to_wait() -> None:
    turns = Turns(Model().run, leaders=1)
    with pytest.raises(TakesLong):
        in_a_hurry(lambda: turns.ask([[1]]))
