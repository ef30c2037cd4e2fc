"""Theory and practice agree: no random text of a claimed cell passes the shipped wall (`trials.py`).

10^4 trials always; more, over 5,000 phrases and on every core, as RINGWALL_TEST_LEVEL says: 10^5 at `all`, 10^6 at `night`.
"""

from __future__ import annotations

import base64
import os
import random

import pytest

from ringwall.reasoning.text.matrix import LEAVES, NOT_CLAIMED
from ringwall.reasoning.text.prove import LONG
from ringwall.text import PhraseAutomaton, read_views
from tests.proofs.trials import PART, Class, Outcome, claimed, classes, name_of, run, run_all

CASES = {"all": 100_000, "night": 1_000_000}.get(os.environ.get("RINGWALL_TEST_LEVEL", ""), 20_000)


def assert_nothing_passed(made: Outcome) -> None:
    shown = [(each.cell, each.phrase, ascii(each.text)) for each in made.passed[:3]]
    assert not made.passed, f"{len(made.passed)} of {made.tried} pass, e.g. {shown}"
    assert not made.unwritten


@pytest.mark.parametrize("part", [pytest.param(part, marks=pytest.mark.slow) if part % 2 else part for part in range(10_000 // PART)])
def test_no_random_text_of_a_claimed_cell_passes(part: int) -> None:
    made = run(part, PART, 500)
    assert_nothing_passed(made)
    assert made.tried == PART
    assert set(made.by_cell) == {name_of(cell) for cell in claimed()}


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
def test_nothing_passes_in_many_trials_over_five_thousand_phrases() -> None:
    made = run_all(CASES, 5_000, os.cpu_count() or 1)
    assert_nothing_passed(made)
    assert made.tried >= CASES
    assert min(made.by_cell.values()) >= CASES // len(claimed())


def test_every_class_that_is_claimed_is_tried_alone_and_below_another() -> None:
    cells = claimed()
    assert {cell.inner for cell in cells if cell.depth == 1} >= {*LEAVES, *classes(), "base85", "ascii85"}
    assert {cell.inner for cell in cells if cell.depth == 2} >= {*LEAVES, *classes(), "base85", "ascii85"}
    assert not {name_of(cell) for cell in cells} & NOT_CLAIMED.keys()


def test_a_wall_that_peels_off_one_layer_is_seen_to_let_texts_pass() -> None:
    made = run(0, len(claimed()), 20, depth=1)
    under = {each.cell.partition(" under ")[2] for each in made.passed}
    assert made.passed
    assert "" not in under, "one layer is enough for what is written alone"


def test_a_middle_layer_of_too_few_letters_is_outside_the_premise_and_does_pass() -> None:
    """Found by a trial: ascii85 of ascii85, the inner text of which has eight letters and digits. The premise `long-enough` names it."""
    inner = base64.a85encode(b"OSVBE TIYF FNFL ")
    automaton = PhraseAutomaton.compile(["osvbe tiyf fnfl"])
    assert sum(map(str.isalnum, inner.decode())) < LONG
    assert not read_views(base64.a85encode(inner).decode(), automaton=automaton).phrase_hits
    assert read_views(base64.a85encode(inner + b" and").decode(), automaton=automaton).phrase_hits


@pytest.mark.parametrize("found", classes().values(), ids=lambda c: c.encoder.id)
def test_every_class_writes_what_the_wall_blocks(found: Class) -> None:
    rng = random.Random(found.encoder.id)
    phrase = "ignore all previous instructions"
    automaton = PhraseAutomaton.compile([phrase])
    for _ in range(40):
        text = found.write(rng, phrase, None)
        assert text is not None
        before, after = found.around(rng, "ab 12%&=\\\u4e2d", edges=True)
        views = read_views(before + text + after, automaton=automaton)
        assert views.phrase_hits or views.exhausted, ascii(before + text + after)
