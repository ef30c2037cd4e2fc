"""What is unfinished at the end of a text, while more of it is to come: from where on something may begin that a rule will find.

The answer is a border. Whatever begins before it, within `REACH` characters of its own end, is over at the text's end, however the text
goes on; so it is found in the text as it is. Each reading has its own way to know:

    as it stands, folded   the phrase automaton's state; what may begin a match of a pattern (`beginnings.py`); backwards the same
    rotated, mirrored      the same, in each alphabet in which phrases, or patterns, are sought
    block codes            the run that no malformed byte has ended, in every lane of every reading (`text/begun.py`): it may hold anything
    without pictures, underscores, Pig Latin   the same again, on the text so changed

What cannot be followed so holds back everything within `REACH` characters of it: escapes, characters spelled out with marks between them, a
scrambled word, and runs that are over but may be joined to a later one. So do attack rules, and patterns whose beginnings are not known.

A text is asked about up to a *plain end* only: behind a blank that follows a word of two letters. No escape, no spelled-out word and no
scrambled one is unfinished there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ringwall.errors import InvalidRequest
from ringwall.text.detectors.beginnings import Beginnings
from ringwall.text.detectors.literal import LiteralRule
from ringwall.text.interpreters import Decoded, Interpreter, choose_interpreter
from ringwall.text.phrases import SCRIPTS_WITHOUT_SPACES, PhraseAutomaton
from ringwall.text.read import escape_characters
from ringwall.text.tables import load_tables
from ringwall.text.tokens import pig_words
from ringwall.text.view import Chain, Mapped

REACH = 256  # characters: what is longer is not followed
_PLAIN_END = re.compile(r"[^\W\d_]{2}[.,;:!?)\]\"'*\u2019\u201d]{0,4}\s")
_PLAIN_SEARCHED = 64  # characters in which a plain end is looked for
_MAPPED = ("rot13", "atbash")
_TURNED_STEPS = frozenset(("fold", "reversed", "atbash", "leet", "underscores", "pig_latin", "unscrambled", "despecked"))
_UNSPACED_LETTERS = 3
_LONG_BLANK = re.compile(r"[\s\x00-\x1f\x7f]{64}")
_VISIBLE = re.compile(r"\S+")


def plain_end(text: str) -> int:
    """Return the last place of a text that is a plain end, or is behind three letters of a script without spaces; 0 if there is none."""
    start = max(0, len(text) - _PLAIN_SEARCHED)
    ends = [match.end() for match in _PLAIN_END.finditer(text, start)]
    found = ends[-1] if ends else 0
    if text[start:].isascii():
        return found
    for place in range(len(text), max(start, found) + _UNSPACED_LETTERS - 1, -1):
        if all(map(_is_unspaced, text[place - _UNSPACED_LETTERS : place])):
            return place
    return found


def _is_unspaced(character: str) -> bool:
    return character.isalpha() and any(first <= ord(character) <= last for first, last in SCRIPTS_WITHOUT_SPACES)


class Unfinished:
    """The rules of one set of detectors, asked what of theirs the end of a text may be the beginning of. Holds nothing of any text."""

    def __init__(
        self, rules: Sequence[LiteralRule], unbound: Sequence[LiteralRule], automaton: PhraseAutomaton | None, *, plainly: bool
    ) -> None:
        """Compile.

        Args:
            rules: all patterns.
            unbound: those for decoded readings, as they are sought there.
            automaton: the phrases.
            plainly: nothing that is encoded is read.
        """
        self._automaton = automaton
        self._plainly = plainly
        self._known = True
        guessed = () if plainly else tuple([rule.regex for rule in rules if rule.reach == "guessed"])
        try:
            self._faithful = _beginnings(tuple([rule.regex for rule in rules if rule.faithful]), guessed)
            self._decoded = _beginnings(() if plainly else tuple([rule.regex for rule in unbound]), ())
            self._guessed = _beginnings(guessed, ())
        except InvalidRequest:
            self._known = False

    def border(self, text: str, begin: int, chains: Iterable[Chain] = ()) -> int:
        """Return from where on something may be unfinished at the end of a text, which is a plain end.

        Args:
            text: from `begin` on, or from `REACH` characters before its end on, whichever is more.
            begin: what begins before it is no longer of interest.
            chains: the readings that were made of the text, or of more than it: where none is a decoder's, none has to be looked for.

        Returns:
            a place from `begin` on; `begin` itself where nothing is known.
        """
        if not self._known:
            return begin
        if self._plainly:
            return self._plain_border(choose_interpreter(), text, begin)
        held = self.held(text, chains)
        if held <= begin:
            return begin
        start = max(begin, len(text) - REACH)
        start = max(begin, text.rfind(" ", max(0, start - _PLAIN_SEARCHED), start) + 1) if start > begin else begin
        return max(begin, min(held, start + self._followed(text, start)))

    def held(self, text: str, chains: Iterable[Chain] = ()) -> int:
        """Return from where on nothing is known because of what decoders or the lexicon make of a text; its length if all is."""
        if self._plainly:
            return len(text)
        return self._followed_badly(choose_interpreter(), text, max(0, len(text) - REACH), chains)

    def _followed(self, text: str, begin: int) -> int:
        """Return, counted from `begin`, from where on something may be unfinished that is followed step by step."""
        engine = choose_interpreter()
        tail = text[begin:]
        every = (begin > 0 and not text[begin - 1].isspace()) or "=" in tail
        folded = engine.fold("characters", tail)
        base = folded if folded is not None else Mapped(tail, (), ())
        found = _raw(base, self._in(engine, base.text, every=every), len(tail))
        context = min(begin, 1)
        found = min(found, max(self._faithful.begin(text[begin - context :]) - context, 0))
        if folded is not None:
            found = min(found, _raw(base, self._faithful.begin(base.text), len(tail)))
        without_pictures = engine.fold("specks", base.text)
        if without_pictures is not None:
            at = min(self._in(engine, without_pictures.text, every=every), self._decoded.begin(without_pictures.text))
            found = min(found, _raw(base, _raw(without_pictures, at, len(base.text)), len(tail)))
        for changed in self._changed(engine, base.text):
            at = min(self._begun(engine, changed.text), self._decoded.begin(changed.text), self._guessed.begin(changed.text))
            found = min(found, _raw(base, _raw(changed, at, len(base.text)), len(tail)))
        return found

    def _plain_border(self, engine: Interpreter, text: str, begin: int) -> int:
        tail, context = text[begin:], min(begin, 1)
        found = max(self._faithful.begin(text[begin - context :]) - context, 0)
        if self._automaton is not None:
            folded = engine.fold("characters", tail)
            base = folded if folded is not None else Mapped(tail, (), ())
            found = min(found, _raw(base, engine.begun(self._automaton, base.text, turned=False), len(tail)))
        return begin + found

    def began(self, text: str) -> int:
        """Return from where on a phrase, in its own order and alphabet, may have begun at the end of a text; its length if nowhere."""
        if self._automaton is None:
            return len(text)
        engine = choose_interpreter()
        folded = engine.fold("characters", text)
        base = folded if folded is not None else Mapped(text, (), ())
        return _raw(base, engine.begun(self._automaton, base.text, turned=False), len(text))

    def gaps(self, text: str, least: int) -> list[tuple[int, int]]:
        """Return the stretches of more than `least` characters that are blank or invisible."""
        if text.isascii() and _LONG_BLANK.search(text) is None:
            return []
        folded = choose_interpreter().fold("characters", text)
        base = folded if folded is not None else Mapped(text, (), ())
        found, last = [], 0
        for match in _VISIBLE.finditer(base.text):
            start = _raw(base, match.start(), len(text))
            if start - last > least:
                found.append((last, start))
            last = _raw(base, match.end() - 1, len(text)) + 1
        return [*found, (last, len(text))] if len(text) - last > least else found

    def _in(self, engine: Interpreter, base: str, *, every: bool) -> int:
        """Return from where on a run or a phrase, or in another alphabet a pattern's match, may be unfinished."""
        found = min(engine.open_from(base, every=every), self._begun(engine, base))
        tables = load_tables()
        for ascii_map in (*(tables.maps[tables.alphabets.index(name)] for name in _MAPPED), tables.leet_map):
            mapped = _mapped(base, ascii_map)
            if mapped != base:
                found = min(found, self._guessed.begin(mapped))
        return found

    def _begun(self, engine: Interpreter, base: str) -> int:
        return len(base) if self._automaton is None else engine.begun(self._automaton, base)

    def _changed(self, engine: Interpreter, base: str) -> list[Mapped]:
        """Return a folded text as other readings have it in which nothing is decoded."""
        made = [engine.replaced(base, pig_words(base))]
        if "_" in base:
            made.append(engine.replaced(base, [(match.start(), match.end(), " ") for match in re.finditer("_", base)]))
        return [each for each in made if each is not None]

    def _followed_badly(self, engine: Interpreter, text: str, recent: int, chains: Iterable[Chain]) -> int:
        """Return from where on nothing is known because of what decoders or the lexicon make of a text; its length if all is."""
        folded = engine.fold("characters", text)
        base = folded if folded is not None else Mapped(text, (), ())
        if self._automaton is not None:
            for start, end, _ in engine.scrambled(self._automaton, base.text):
                if _raw(base, end - 1, len(text)) >= recent and start < end:
                    return 0
        escapes = any(character in text[recent:] for character in escape_characters())
        if not escapes and not any(map(is_decoded, chains)):
            return len(text)
        found = _first_run(engine.decode(base.text, mapped=True, sparse=True), base, recent, len(text))
        specks = engine.fold("specks", base.text)
        if specks is not None and _first_run(engine.decode(specks.text, mapped=True, sparse=True), specks, 0, len(specks.text)) < len(
            specks.text
        ):
            return 0
        return 0 if escapes and _escapes_elsewhere(engine, base.text) else found


@lru_cache(maxsize=4096)
def is_decoded(chain: Chain) -> bool:
    """Say whether a decoder made something in a reading."""
    return any(step not in _TURNED_STEPS and not step.startswith("rot") for step in chain)


def _first_run(runs: list[Decoded] | None, base: Mapped, recent: int, length: int) -> int:
    """Return where the first run begins that reaches into the last characters; 0 for a change of the text in its place."""
    found = length
    for run in runs or ():
        if not run.text:
            continue
        if load_tables().machines[run.machine].sink == "inplace":
            if any(_raw(base, place, length) >= recent for place in _changes(run, base.text)):
                return 0
        elif _raw(base, max(run.ends) - 1, length) >= recent:
            found = min(found, _raw(base, min(run.starts), length))
    return found


def _changes(run: Decoded, source: str) -> list[int]:
    """Return the places of a text at which a decoder changed it, or near which it left something out."""
    tables = load_tables()
    alphabet, backwards = tables.decode_readings[run.reading]
    read = _mapped(source, tables.maps[alphabet]) if alphabet else source
    last = -1 if backwards else len(source)
    places, expected = [], len(source) - 1 if backwards else 0
    for character, start, end in zip(run.text, run.starts, run.ends, strict=True):
        if end - start != 1 or start != expected or character != read[start]:
            places.append(max(start, min(expected, len(source) - 1)))
        expected = start - 1 if backwards else end
    if expected != last:
        places.append(max(expected, 0) if backwards else len(source) - 1)
    return places


def _escapes_elsewhere(engine: Interpreter, base: str) -> bool:
    """Say whether an escape stands in a text backwards, or in another alphabet; few of them make no reading, but more may follow."""
    tables = load_tables()
    for alphabet, backwards in tables.decode_readings[1:]:
        read = _mapped(base, tables.maps[alphabet])
        for run in engine.decode(read[::-1] if backwards else read, mapped=False, sparse=True) or ():
            if tables.machines[run.machine].lattice:
                return True
    return False


def _mapped(text: str, ascii_map: bytes) -> str:
    """Map the ASCII characters of a text."""
    if text.isascii():
        return text.encode().translate(ascii_map + bytes(128)).decode()
    return text.translate({code_point: ascii_map[code_point] for code_point in range(128)})


def _raw(made: Mapped, place: int, length: int) -> int:
    """Return where in the text that `made` was made from a place of it stands; `length` at its end."""
    if place >= len(made.text):
        return length
    return made.starts[place] if len(made.starts) else place


@lru_cache(maxsize=64)
def _beginnings(patterns: tuple[str, ...], turned: tuple[str, ...]) -> Beginnings:
    return Beginnings(patterns, turned)
