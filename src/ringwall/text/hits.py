"""The second look at a bounded phrase: its columns merge characters that leet writing confuses, which in a short word means other words
("fail", "fall").
"""

from __future__ import annotations

from functools import lru_cache

from ringwall.text.interpreters import Match
from ringwall.text.phrases import PhraseAutomaton, case_forms
from ringwall.text.symbols import Folds
from ringwall.text.tables import load_tables


def is_written_out(automaton: PhraseAutomaton, match: Match, text: str) -> bool:
    """Say whether a bounded match writes its phrase letter by letter, at most half of it in digits that stand for letters.

    The half keeps numbers apart from words: 455 is no word.
    """
    assert automaton.bounded is not None
    phrase = automaton.phrases[automaton.bounded.patterns[match.pattern].phrase]
    found = text[match.start : match.end]
    if match.backwards:
        found = found[::-1]
    if found == phrase and not match.alphabet:
        return True
    letters = _letters(found, match.with_leet)
    if match.alphabet:
        letters = letters.translate(dict(enumerate(load_tables().maps[match.alphabet].decode())))
    return any(_agrees(letters, _letters(form, match.with_leet)) for form in case_forms(phrase))


@lru_cache(maxsize=1)
def _folds() -> Folds:
    return Folds(load_tables())


def _letters(text: str, with_leet: bool) -> str:
    folds = _folds()
    letters = folds.fold("letters", folds.fold("characters", text))
    return (letters if with_leet else folds.without_leet(letters)).replace(" ", "")


def _agrees(found: str, phrase: str) -> bool:
    if len(found) != len(phrase):
        return False
    leet = load_tables().leet
    digits = same = 0
    for character, letter in zip(found, phrase, strict=True):
        if character == letter:
            same += 1
        elif letter in leet.get(character, ""):
            digits += character.isdigit()
        else:
            return False
    return digits <= same
