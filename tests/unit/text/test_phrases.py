"""Phrases: where they match, where they do not, and that a wrong table is found out."""

from __future__ import annotations

import gc
import weakref
from array import array

import msgspec
import pytest

from ringwall.errors import InvalidRequest, LimitExceeded
from ringwall.text import PhraseAutomaton, read_views
from ringwall.text.interpreters import Interpreter
from ringwall.text.phrases import EmptyPhrase, InvalidAutomaton, Side

LISTED = ["ass", "fail", "open sesame", "Stop!", "C++", "p@ssword", "mp3", "нельзя", "Μήνυμα", "禁止", "live", "orange"]
AUTOMATON = PhraseAutomaton.compile(LISTED)

FOUND = {
    "as it is listed": ("you ass", "ass"),
    "at the very start and end": ("ass", "ass"),
    "in capitals": ("FAIL now", "fail"),
    "with look-alikes": ("a f\u0430il", "fail"),
    "with invisible characters": ("f\u200ba\u200bi\u200bl", "fail"),
    "in leet": ("epic f4il", "fail"),
    "with leet punctuation": ("epic f@il", "fail"),
    "a long one without its separators": ("xxopen-sesamexx", "open sesame"),
    "a long one over lines": ("open\n\nsesame", "open sesame"),
    "a long one spelled out": ("o p e n   s e s a m e", "open sesame"),
    "a long one with an exclamation mark inside": ("open! sesame", "open sesame"),
    "a long one in any rotation": ("xyn: rshq vhvdph", "open sesame"),
    "a long one backwards": ("emases nepo", "open sesame"),
    "its own punctuation": ("Stop! Here", "Stop!"),
    "plusses": ("I like C++.", "C++"),
    "leet in the phrase": ("my password is", "p@ssword"),
    "digits in the phrase": ("an MP3 file", "mp3"),
    "Cyrillic, capitals": ("НЕЛЬЗЯ!", "нельзя"),
    "Greek, another case": ("μήνυμα", "Μήνυμα"),
    "Greek, capitals": ("ΜΉΝΥΜΑ", "Μήνυμα"),
    "Chinese, no spaces around": ("这里禁止吸烟", "禁止"),
    "a short one spelled out": ("that is an o r a n g e here", "orange"),
    "five letters or more in a rotation": ("benatr", "orange"),
    "six letters or more backwards": ("egnaro", "orange"),
}
NOT_FOUND = {
    "inside another word": ("a class, an assessment", "ass"),
    "a number that leet would make a word": ("route 455", "ass"),
    "another word that leet merges": ("leaves fall", "fail"),
    "a letter for a digit of the phrase": ("an mpe file", "mp3"),
    "without its punctuation": ("stop here", "Stop!"),
    "one letter of it": ("vitamin C", "C++"),
    "a short word backwards": ("pure evil", "live"),
    "a short word rotated": ("nff", "ass"),
    "another alphabet": ("запрещено", "нельзя"),
}


def hits(interpreter: Interpreter, text: str) -> set[str]:
    return {LISTED[hit.phrase] for hit in read_views(text, automaton=AUTOMATON, interpreter=interpreter.name).phrase_hits}


@pytest.mark.parametrize("case", FOUND)
def test_a_phrase_is_found(interpreter: Interpreter, case: str) -> None:
    text, phrase = FOUND[case]
    assert phrase in hits(interpreter, text)


@pytest.mark.parametrize("case", NOT_FOUND)
def test_a_phrase_is_not_found(interpreter: Interpreter, case: str) -> None:
    text, phrase = NOT_FOUND[case]
    assert phrase not in hits(interpreter, text)


def test_a_hit_names_its_raw_span_and_reading(interpreter: Interpreter) -> None:
    text = "say \u200bo\u200bpen\u00a0sesame twice"
    (hit,) = read_views(text, automaton=AUTOMATON, interpreter=interpreter.name).phrase_hits
    assert LISTED[hit.phrase] == "open sesame"
    assert text[hit.span.start : hit.span.end] == "o\u200bpen\u00a0sesame"
    assert hit.chain == ("fold",)


def test_validation_accepts_what_compile_makes() -> None:
    AUTOMATON.validate()
    PhraseAutomaton.compile([]).validate()
    PhraseAutomaton.compile(["aaaaaaaaaaaa", "aaaaaaaa", "aaaaaaaaab", "b", "bb", "b b"]).validate()


def test_validation_finds_every_changed_transition() -> None:
    automaton = PhraseAutomaton.compile(["banana banana", "nana nana na"])
    side = automaton.squashed
    assert side is not None
    table = side.table
    for place, old in enumerate(table.transitions):
        transitions = array("i", table.transitions)
        transitions[place] = 0 if old else table.columns
        changed = Side(side.patterns, msgspec.structs.replace(table, transitions=memoryview(transitions)))
        with pytest.raises(InvalidAutomaton):
            PhraseAutomaton(automaton.phrases, changed, None, "").validate()


def test_validation_finds_lost_outputs() -> None:
    automaton = PhraseAutomaton.compile(["banana banana", "nana banana"])
    side = automaton.squashed
    assert side is not None
    for lost in ({"links": array("i", [-1] * len(side.table.links))}, {"outputs": array("i", [0] * len(side.table.outputs))}):
        changed = Side(side.patterns, msgspec.structs.replace(side.table, **lost))
        with pytest.raises(InvalidAutomaton):
            PhraseAutomaton(automaton.phrases, changed, None, "").validate()


def test_the_same_words_are_held_once_and_for_as_long_as_anyone_holds_them() -> None:
    words = ["a shared phrase", "of some words"]
    first = PhraseAutomaton.shared(words)
    assert PhraseAutomaton.shared(tuple(words)) is first
    assert PhraseAutomaton.shared([*words, "more"]) is not first
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("interpreter", ["c"], indirect=True)
def test_the_c_interpreter_takes_a_table_that_cannot_change_only(interpreter: Interpreter) -> None:
    automaton = PhraseAutomaton.compile(["banana banana"])
    side = automaton.squashed
    assert side is not None
    table = side.table
    assert interpreter.scan(automaton, "a banana banana")
    changing = memoryview(bytearray(table.transitions.tobytes())).cast("i")
    other = Side(side.patterns, msgspec.structs.replace(table, transitions=changing))
    with pytest.raises(TypeError, match="bytes"):
        interpreter.scan(PhraseAutomaton(automaton.phrases, other, None, ""), "a banana banana")
    outside = memoryview(array("i", [len(table.transitions)] * len(table.transitions)).tobytes()).cast("i")
    other = Side(side.patterns, msgspec.structs.replace(table, transitions=outside))
    with pytest.raises(ValueError, match="out of bounds"):
        interpreter.scan(PhraseAutomaton(automaton.phrases, other, None, ""), "a banana banana")


def test_a_phrase_without_letters_is_refused() -> None:
    for phrase in ("", "  ", "—", "\u200b"):
        with pytest.raises(EmptyPhrase) as refused:
            PhraseAutomaton.compile(["fine", phrase])
        assert refused.value.facts == {"index": 1}


def test_lists_have_limits() -> None:
    with pytest.raises(LimitExceeded):
        PhraseAutomaton.compile(["a"] * 20_001)
    with pytest.raises(LimitExceeded):
        PhraseAutomaton.compile(["a" * 2_001])


def test_an_unknown_interpreter_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        read_views("x", interpreter="fortran")


def test_the_digest_changes_with_the_phrases() -> None:
    assert PhraseAutomaton.compile(["one"]).digest == PhraseAutomaton.compile(["one"]).digest != PhraseAutomaton.compile(["two"]).digest
