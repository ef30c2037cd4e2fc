"""What the end of a text may be the beginning of: the border that both interpreters draw is one, whatever comes next."""

from __future__ import annotations

import base64
import random

import pytest

from ringwall.text import PhraseAutomaton
from ringwall.text.interpreters import Interpreter, choose_interpreter
from ringwall.text.native_interpreter import native_is_built
from ringwall.text.python_interpreter import PythonInterpreter
from ringwall.text.tables import load_tables
from tests.property.text.test_shortcuts import ALPHABETS, AUTOMATON, ENCODERS, PHRASES, PROSE, payload

RUNS = frozenset(number for number, machine in enumerate(load_tables().machines) if machine.sink == "runs")
MORE = ("", " ", "a", "TWFu", "wallaroon", "=", "2d6f726e", "7 101 108", "-.-. ---", "open sesame", "emases nepo", "VVVVVVVVVVVVVVVV")


def folded(text: str, engine: Interpreter) -> str:
    made = engine.fold("characters", text)
    return text if made is None else made.text


def a_text(rng: random.Random) -> str:
    """Prose, symbols of one alphabet, encoded bytes, beginnings of phrases, one behind the other."""
    parts = []
    for _ in range(rng.randrange(1, 4)):
        kind = rng.randrange(4)
        if kind == 0:
            parts.append(PROSE[rng.randrange(60) :][: rng.randrange(90)])
        elif kind == 1:
            alphabet = rng.choice(ALPHABETS)
            parts.append("".join(rng.choice(alphabet) for _ in range(rng.randrange(50))))
        elif kind == 2:
            parts.append(rng.choice(ENCODERS)(payload(rng)))
        else:
            phrase = rng.choice(PHRASES)
            parts.append((phrase if rng.random() < 0.5 else phrase[::-1])[: rng.randrange(12)])
    return "".join(parts)


def cut_anywhere(rng: random.Random) -> tuple[str, str]:
    """What has come of a text, and what comes of it then; or something else comes."""
    text = a_text(rng)
    place = rng.randrange(len(text) + 1)
    return text[:place], rng.choice(MORE) + a_text(rng) if rng.random() < 0.4 else text[place:]


@pytest.mark.skipif(not native_is_built(), reason="c: the extension is not built")
def test_no_run_goes_on_across_the_border_of_open_runs() -> None:
    rng, engine, seen = random.Random(7), choose_interpreter("c"), 0
    for _ in range(3_000):
        come, more = cut_anywhere(rng)
        come = folded(come, engine)
        whole = come + folded(more, engine)
        border = engine.open_from(come, every=False)
        for run in engine.decode(whole, mapped=True, sparse=True) or ():
            if run.machine in RUNS:
                parts = [min(start, end - 1) for start, end in zip(run.starts, run.ends, strict=True)]
                crosses = max(run.ends) > len(come) and min(parts) < len(come)
                seen += crosses
                assert not crosses or min(parts) >= border, (come, whole, run)
    assert seen > 100


@pytest.mark.skipif(not native_is_built(), reason="c: the extension is not built")
def test_a_text_cut_out_of_a_longer_one_has_no_later_border_for_what_begins_in_it() -> None:
    rng, engine, seen = random.Random(8), choose_interpreter("c"), 0
    for _ in range(2_500):
        come, more = cut_anywhere(rng)
        come = folded(come, engine)
        begin = rng.randrange(len(come) + 1)
        border = begin + engine.open_from(come[begin:], every=True)
        for run in engine.decode(come + folded(more, engine), mapped=True, sparse=True) or ():
            visible = zip(run.text, run.starts, strict=True)  # a gap between Morse letters that the cut goes through is a blank or none
            inside = [start for character, start in visible if start >= begin and not character.isspace()]
            if run.machine in RUNS and inside and max(run.ends) > len(come) and min(inside) < len(come):
                seen += 1
                assert min(inside) >= border, (come, begin, run)
    assert seen > 50


@pytest.mark.skipif(not native_is_built(), reason="c: the extension is not built")
def test_no_phrase_goes_on_across_the_border_of_begun_phrases() -> None:
    rng, engine, seen = random.Random(9), choose_interpreter("c"), 0
    for _ in range(3_000):
        come, more = cut_anywhere(rng)
        come = folded(come, engine)
        border, plain = engine.begun(AUTOMATON, come), engine.begun(AUTOMATON, come, turned=False)
        assert border <= plain
        for match in engine.scan(AUTOMATON, come + folded(more, engine)):
            if match.start < len(come) < match.end:
                seen += 1
                assert match.start >= border, (come, more, match)
                assert match.alphabet or match.backwards or match.start >= plain
    assert seen > 100


@pytest.mark.skipif(not native_is_built(), reason="c: the extension is not built")
def test_both_interpreters_draw_the_same_borders() -> None:
    rng, native, plain = random.Random(10), choose_interpreter("c"), PythonInterpreter(load_tables())
    for _ in range(40):
        text = folded(a_text(rng)[:140], native)
        for every in (False, True):
            assert native.open_from(text, every=every) == plain.open_from(text, every=every), (text, every)
        for turned in (False, True):
            assert native.begun(AUTOMATON, text, turned=turned) == plain.begun(AUTOMATON, text, turned=turned), (text, turned)


@pytest.mark.parametrize(
    "interpreter", ["python", pytest.param("c", marks=pytest.mark.skipif(not native_is_built(), reason="c: not built"))]
)
def test_what_is_open_and_what_is_not(interpreter: str) -> None:
    engine = choose_interpreter(interpreter)
    payload_64 = base64.b64encode(b"so wallaroon deviltry it is").decode()
    text = f"The pump was replaced in March. {payload_64[:20]}"
    assert engine.open_from(text, every=False) <= text.index(payload_64[:20])
    prose = "the vibration readings of this machine have been stable since then, and nobody hears it squeal any more, which is a relief "
    assert 0 < engine.open_from(prose, every=False) < len(prose)
    assert engine.open_from("", every=False) == 0
    automaton = PhraseAutomaton.compile(["we shall never speak of the harvest again", "bomb"])
    said = "so it went, and we shall never speak of "
    assert engine.begun(automaton, said) == said.index("we shall")
    assert engine.begun(automaton, "it went on and on") == len("it went on and on") - 1  # `n` of another alphabet may be any letter
    assert engine.begun(automaton, "they say niaga tsevrah eht fo kaeps reven ") == len("they say ")
    assert engine.begun(automaton, "it is a bo", turned=False) == len("it is a ")
    assert engine.begun(automaton, "it is a bombast ", turned=False) == len("it is a bombast ")
