"""Theory against practice: random texts of every chain that is claimed, one cell of the matrix after the other, read by the shipped wall.

    python -m tests.proofs.trials 1000000 2        # cases, processes

A trial takes one of the listed phrases, writes it as the cell says, in one of the many ways the classes allow, puts random context around
every layer as far as the cell's premises let it, and asks the wall for that phrase. Nothing may pass.
"""

from __future__ import annotations

import base64
import os
import random
import string
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

import msgspec

from ringwall.reasoning.text.encoder import Encoder, tabulate
from ringwall.reasoning.text.encoders.registry import ENCODERS
from ringwall.reasoning.text.matrix import Cell
from ringwall.reasoning.text.prove import LONG
from ringwall.reasoning.text.published import published
from ringwall.text import PhraseAutomaton, read_views
from ringwall.text.symbols import Folds
from ringwall.text.tables import load_tables
from ringwall.text.tables.machine import END, OTHER

PART = 2_500  # trials that one part makes, so that parts can be shared out
_PASSING_KEPT = 20
_WIDE = ("\u4e2d", "\u2603", "\u05d0")
_CONTEXT = string.ascii_letters + string.digits + string.punctuation + "   \n" + "\u4e2d\u00e9\u200b\uff21"
_PRINTABLE = string.ascii_letters + string.digits + string.punctuation + "   "
_PLAIN = string.ascii_lowercase + string.digits + " "
_PARTIAL = ("%", "%6", "&#", "&#x4", "\\", "\\u00", "=", "=4", "u+", "aGk=", "0x", "4a6", "0110", "..-", "12", "")
_WINDOW, _DENSE = 64, 4  # a mixed layer below another holds at least four escapes within 64 characters (a premise of its cells)
_HALF_WRITTEN = frozenset("uUhHfF")  # `u`, also through rot13 and atbash: with the `+` of `u+` it would begin an escape
_ATTEMPTS = 400


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A text that the wall let pass although its cell is claimed."""

    cell: str
    phrase: str
    text: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What some trials showed. exhausted: texts that were blocked because their budget was spent; unwritten: cells no way was found to write."""

    tried: int
    exhausted: int
    passed: tuple[Passed, ...]
    by_cell: dict[str, int]
    unwritten: tuple[str, ...]


class Class:
    """A class of encodings, ready for random writing."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        table = tabulate(encoder)
        self.endings = table.endings()
        self.by_unit: list[dict[tuple[int, ...], list[tuple[str, int]]]] = []
        for row in table.by_state():
            options: dict[tuple[int, ...], list[tuple[str, int]]] = {}
            for units, text, following in row:
                options.setdefault(units, []).append((text, following))
            self.by_unit.append(options)

    def write(self, rng: random.Random, payload: str, letters: str | None) -> str | None:
        """Write a payload in some way of the class; None if it cannot be written so, or not densely enough.

        letters: the ASCII that is left for characters that the class leaves open; None leaves all of Unicode.
        """
        units = payload.encode() if self.encoder.payload == "bytes" else list(map(ord, payload))
        state = 0
        pieces: list[str] = []
        for unit in units:
            for _ in range(3):
                gaps = self.by_unit[state].get((), [])
                if not gaps or ((unit,) in self.by_unit[state] and rng.random() > 0.1):
                    break
                more, following = rng.choice(gaps)
                if (unit,) in self.by_unit[state] and (unit,) not in self.by_unit[following]:
                    break
                pieces.append(more)
                state = following
            options = self.by_unit[state].get((unit,))
            if not options:
                return None
            more, state = rng.choice(options)
            pieces.append(more)
        if not self.endings[state]:
            return None
        text = "".join(pieces) + rng.choice(self.endings[state])
        return text if text.isascii() else "".join(c if ord(c) < OTHER else " " if letters else rng.choice(_WIDE) for c in text)

    def around(self, rng: random.Random, letters: str, *, edges: bool) -> tuple[str, str]:
        """Return contexts that the class's premises allow; `edges`: the span may also stand at the text's edge."""
        encoder = self.encoder
        before = _random(rng, letters) + rng.choice(_PARTIAL if letters != _PLAIN else ("12", ""))
        after = _random(rng, letters)
        if encoder.context == "clean":
            before = "".join(c for c in before if c.isalnum() and c not in _HALF_WRITTEN) + " "
        if encoder.before is not None or encoder.after is not None:  # premises are about the folded text
            before, after = before.replace("\u200b", ""), after.replace("\u200b", "")
        if encoder.before is not None and not (_allows(encoder.before, before[-1:]) if before else edges):
            before += "\n"
        if encoder.after is not None and not (_allows(encoder.after, after[:1]) if after else edges):
            after = "\n" + after
        return before, after


@cache
def _folds() -> Folds:
    return Folds(load_tables())


def _random(rng: random.Random, letters: str) -> str:
    return "".join(rng.choices(letters, k=rng.randrange(20)))


def _allows(symbols: frozenset[int], character: str) -> bool:
    """Say whether a neighbour is allowed, as decoders see it: folded, where a full-width letter is a letter."""
    folded = _folds().fold("characters", character) if character else ""
    return all(min(ord(c), OTHER) in symbols for c in folded) if folded else END in symbols


def dense(text: str) -> bool:
    """Say whether a text of mixed escapes holds enough of them close together, whatever notation they are in."""
    places = [at for at, c in enumerate(text) if c in "%&\\=" or text[at : at + 2] in ("u+", "U+")]
    return any(last - first <= _WINDOW - 8 for first, last in zip(places, places[_DENSE - 1 :], strict=False))


def _ascii_map(name: str) -> dict[int, str]:
    return dict(enumerate(load_tables().maps[load_tables().alphabets.index(name)].decode()))


LOOK_ALIKES = str.maketrans("aceopxyABEHKMT", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0410\u0412\u0415\u041d\u041a\u041c\u0422")
LEET = str.maketrans("aeiost", "431057")


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _strewn(rng: random.Random, text: str) -> str:
    mark = rng.choice(("\u200b", "\u00ad", "\U000e0001"))
    return "".join(c + mark if rng.random() < 0.5 else c for c in text)


def obscured(rng: random.Random, phrase: str, letters: str) -> str:
    """Write a phrase with characters that fold alike, of those that `letters` lets through."""
    if letters == _PLAIN:
        return rng.choice((phrase, phrase.translate(LEET)))
    if letters == _PRINTABLE:
        return rng.choice((phrase, phrase.translate(LEET), phrase.upper(), phrase.title()))
    ways: tuple[Callable[[], str], ...] = (
        lambda: phrase.translate(LOOK_ALIKES),
        lambda: phrase.translate(LEET),
        lambda: _strewn(rng, phrase),
        lambda: _full_width(phrase),
        phrase.upper,
        lambda: phrase,
    )
    return rng.choice(ways)()


def _rotated(rng: random.Random, phrase: str) -> str:
    number = rng.randrange(1, len(load_tables().alphabets))
    return phrase.translate(dict(enumerate(load_tables().maps[number].decode())))


def _block(kind: str, payload: str) -> str:
    """Write whole groups of four bytes in base85 or ascii85."""
    data = payload.encode()
    data += b" " * (-len(data) % 4)
    return (base64.b85encode if kind == "base85" else base64.a85encode)(data).decode()


@cache
def classes() -> dict[str, Class]:
    """Return the classes of finite-state encodings by name."""
    return {encoder.id: Class(encoder) for encoder in (define() for define in ENCODERS)}


@cache
def claimed() -> tuple[Cell, ...]:
    """Return the cells that the shipped certificates claim, proved or under named premises."""
    found = published()
    assert found.current, "the certificates are about other tables"
    return tuple(cell for cell in found.cells if cell.status in ("proved", "premised"))


def name_of(cell: Cell) -> str:
    """Name a cell."""
    return f"{cell.inner} under {cell.outer}" if cell.outer else cell.inner


def _wrappers() -> dict[str, Callable[[random.Random, str], str]]:
    rot13, atbash = _ascii_map("rot13"), _ascii_map("atbash")
    return {
        "reversed": lambda _, text: text[::-1],
        "rot13": lambda _, text: text.translate(rot13),
        "atbash": lambda _, text: text.translate(atbash),
        "look-alikes": lambda rng, text: rng.choice(
            (lambda: text.translate(LOOK_ALIKES), lambda: _full_width(text), lambda: _strewn(rng, text))
        )(),
    }


WRAPPERS = _wrappers()


def write(rng: random.Random, cell: Cell, phrase: str) -> str | None:
    """Write a phrase as a cell says, in random context; None if this try cannot be written."""
    wrapped = cell.outer in WRAPPERS
    outer = classes().get(cell.outer)
    over = outer.encoder.payload if outer is not None else "bytes"
    letters = {"bytes": _CONTEXT, "ascii": _PRINTABLE, "lowercase": _PLAIN}[over]
    if wrapped and cell.outer != "reversed":
        letters = _PRINTABLE
    made = _inner(rng, cell, phrase, letters)
    if made is None or not cell.outer:
        return made
    inner = classes().get(cell.inner)
    guessed = inner is not None and inner.encoder.context == "clean"
    if wrapped:
        made = WRAPPERS[cell.outer](rng, made)
        before, after = _random(rng, _CONTEXT), _random(rng, _CONTEXT)
        if guessed:  # the premise of a clean context is about the text as the decoder reads it, whichever end that begins at
            before, after = "".join(filter(str.isalnum, before)) + " ", " " + "".join(filter(str.isalnum, after))
            before, after = ("".join(c for c in each if c not in _HALF_WRITTEN) for each in (before, after))
        return before + made + after
    if sum(map(str.isalnum, made)) < LONG:  # the premise `long-enough` is about every layer's payload
        return None
    if outer is None:
        return _random(rng, _CONTEXT) + _block(cell.outer, made) + _random(rng, _CONTEXT)
    span = outer.write(rng, made, None)
    if span is None:
        return None
    before, after = outer.around(rng, _CONTEXT, edges=True)
    return before + span + after


def _inner(rng: random.Random, cell: Cell, phrase: str, letters: str) -> str | None:
    """Write the phrase through the cell's first layer, with context."""
    if cell.inner == "rotations":
        return _random(rng, letters) + _rotated(rng, phrase) + _random(rng, letters)
    if cell.inner == "reversed":
        return _random(rng, letters) + obscured(rng, phrase, letters)[::-1] + _random(rng, letters)
    if cell.inner == "characters":
        return _random(rng, letters) + obscured(rng, phrase, letters) + _random(rng, letters)
    found = classes().get(cell.inner)
    if found is None:
        return _random(rng, letters) + _block(cell.inner, obscured(rng, phrase, _CONTEXT)) + _random(rng, letters)
    payload = obscured(rng, phrase, _CONTEXT) if found.encoder.payload == "bytes" else phrase
    span = found.write(rng, payload, letters if letters != _CONTEXT else None)
    if span is None or (cell.outer and found.encoder.context == "clean" and not dense(span)):
        return None
    before, after = found.around(rng, letters, edges=not cell.outer)
    return before + span + after


def phrases(count: int) -> tuple[str, ...]:
    """Return random phrases of at least twelve letters, which the longest runs wait for, and not many more."""
    rng = random.Random(f"phrases {count}")
    found: dict[str, None] = {}
    while len(found) < count:
        words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randrange(3, 9))) for _ in range(rng.randrange(2, 5))]
        if sum(map(len, words)) >= LONG:
            found[" ".join(words)] = None
    return tuple(found)


@cache
def _compiled(count: int) -> PhraseAutomaton:
    return PhraseAutomaton.compile(phrases(count))


def run(part: int, cases: int, phrase_count: int, *, depth: int | None = None) -> Outcome:
    """Make some trials: the cells in turn, each part beginning where the one before ended. `depth`: layers that the wall peels off."""
    rng = random.Random(f"trials {part}")
    automaton, listed, cells = _compiled(phrase_count), phrases(phrase_count), claimed()
    by_cell: Counter[str] = Counter()
    passed: list[Passed] = []
    unwritten: list[str] = []
    exhausted = 0
    for number in range(part * cases, (part + 1) * cases):
        cell = cells[number % len(cells)]
        chosen = rng.randrange(len(listed))
        text = next((made for _ in range(_ATTEMPTS) if (made := write(rng, cell, listed[chosen])) is not None), None)
        if text is None:
            unwritten.append(name_of(cell))
            continue
        by_cell[name_of(cell)] += 1
        views = read_views(text, automaton=automaton, depth=depth)
        exhausted += views.exhausted
        if not views.exhausted and all(hit.phrase != chosen for hit in views.phrase_hits) and len(passed) < _PASSING_KEPT:
            passed.append(Passed(cell=name_of(cell), phrase=listed[chosen], text=text))
    return Outcome(
        tried=by_cell.total(), exhausted=exhausted, passed=tuple(passed), by_cell=by_cell, unwritten=tuple(dict.fromkeys(unwritten))
    )


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """Add outcomes up."""
    by_cell: Counter[str] = Counter()
    for each in outcomes:
        by_cell.update(each.by_cell)
    return Outcome(
        tried=sum(each.tried for each in outcomes),
        exhausted=sum(each.exhausted for each in outcomes),
        passed=tuple(passed for each in outcomes for passed in each.passed),
        by_cell=dict(by_cell),
        unwritten=tuple(dict.fromkeys(name for each in outcomes for name in each.unwritten)),
    )


def run_all(cases: int, phrase_count: int, processes: int, *, show: Callable[[Outcome, int], None] | None = None) -> Outcome:
    """Make many trials on some processes; `show` is called with each part's outcome and how many parts are left."""
    parts = -(-cases // PART)
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(run, part, PART, phrase_count) for part in range(parts)]
        for left, future in zip(range(parts - 1, -1, -1), futures, strict=True):
            outcomes.append(future.result())
            if show is not None:
                show(outcomes[-1], left)
    return joined(outcomes)


def main() -> int:
    """Run from the command line; exit code 1 if a text passed."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count() or 1
    begun = time.perf_counter()
    done: Counter[str] = Counter()

    def show(outcome: Outcome, left: int) -> None:
        done.update(tried=outcome.tried, passed=len(outcome.passed), exhausted=outcome.exhausted)
        for each in outcome.passed:
            print(f"PASSED {each.cell}: {each.phrase!a} as {each.text!a}", flush=True)
        if left % 4 == 0:
            print(
                f"{done['tried']} tried, {done['passed']} passed, {done['exhausted']} blocked by budget, {time.perf_counter() - begun:.0f} s",
                flush=True,
            )

    made = run_all(cases, 5_000, processes, show=show)
    rarest = sorted(made.by_cell.items(), key=lambda item: item[1])[:3]
    print(
        f"{made.tried} trials of {len(made.by_cell)} cells over 5,000 phrases: {len(made.passed)} passed, {made.exhausted} blocked by budget"
    )
    print(f"fewest: {', '.join(f'{name} {number}' for name, number in rarest)}; not written: {', '.join(made.unwritten) or 'none'}")
    print(f"{time.perf_counter() - begun:.0f} s on {processes} processes")
    return 1 if made.passed or made.unwritten else 0


if __name__ == "__main__":
    sys.exit(main())
