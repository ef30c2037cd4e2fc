"""Texts of any length that the wall must hold back whole: why no number of raw characters is a bound.

A *pump* is (before, gap, after): for every k, before + gap * k + after is a hit that begins in `before`, and before + gap * k is none. So a
stream that held back any fixed number of characters would release a part of some hit. That it holds for *every* k is read off the tables:

    phrase scan  the gap's fold makes no column at all, so the phrase automaton stays where it is
    decoders     reading the gap brings the lane back to the configuration it was in (state, accumulator, what it may read again), and what
                 it emitted meanwhile makes no column either

A pump is reported only when the filter itself agreed for some k, long ones included.

*Later* witnesses are worse: (text, filler, wakes) where `text` passes, nothing of the hit lies outside `text`, and yet text + filler * k +
wakes is a hit, for the decoder's reading counts only once enough stands elsewhere. No number of characters of any kind is enough there.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence

import msgspec

from ringwall.reasoning.text.encoder import EncoderTable, tabulate
from ringwall.reasoning.text.encoders.registry import ENCODERS
from ringwall.reasoning.text.folding import images
from ringwall.reasoning.text.transducer import Configuration, Transducer, UnsupportedMachine
from ringwall.text import PhraseAutomaton, read_views
from ringwall.text.tables import Tables
from ringwall.text.tables.machine import DENSE_CHANGES, OTHER
from ringwall.text.tables.scanning import SEPARATOR

LENGTHS = (0, 1, 10, 1_000)  # of gaps, that a pump is tried with
_GAPS = (*" \n\t.,-_|/;", "\u200b")
_ALWAYS = "\u200b"  # which the fold takes away before any decoder reads
_BLANKS = (" ", "  ", "   ", "    ", "     ")  # that a code writes as whole groups of its own symbols
_FILLER = "lorem "


class Pump(msgspec.Struct, frozen=True):
    """A family of texts. reading: what reads it. tried: the numbers of gaps for which the filter itself found the hit."""

    reading: str
    phrase: str
    before: str
    gap: str
    after: str
    tried: tuple[int, ...] = ()

    def text(self, gaps: int) -> str:
        """Return one text of the family."""
        return self.before + self.gap * gaps + self.after


class Gaps:
    """Which characters make no column, by the tables."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        characters, letters = images(tables.folds["characters"]), images(tables.folds["letters"])
        self.invisible = frozenset(c for c, image in enumerate(characters) if not image)
        self.separators = frozenset(c for c, image in enumerate(letters) if all(self._separates(p) for p in image)) - self.invisible
        self._skipped = self.invisible | self.separators

    def _separates(self, piece: str) -> bool:
        return ord(piece) < 128 and self.tables.symbols[ord(piece)] == SEPARATOR

    def makes_no_column(self, text: str, *, bounded: bool) -> bool:
        """Say whether a text leaves the phrase automaton where it is; inside a word a separator does not, where words are bounded."""
        skipped = self.invisible if bounded else self._skipped
        return all(ord(character) in skipped for character in text)


def scan_pump(gaps: Gaps, phrase: str, *, bounded: bool) -> Pump | None:
    """Return the pump of the phrase scan: a gap in the middle of the phrase as it is spelled."""
    middle = len(phrase) // 2
    for gap in _GAPS:
        if gaps.makes_no_column(gap, bounded=bounded):
            pump = Pump("words" if bounded else "squashed", phrase, phrase[:middle], gap, phrase[middle:])
            return pump_that_works(pump, decoder="")
    return None


def pump_that_works(pump: Pump, *, decoder: str) -> Pump | None:
    """Replay a pump on the filter; None if it does not behave as claimed for some number of gaps.

    The hit has to begin in `before` and end in `after`, in a reading by `decoder`; the text up to the last gap has to pass.
    """
    automaton = PhraseAutomaton.compile([pump.phrase])
    for gaps in LENGTHS:
        text = pump.text(gaps)
        begun = read_views(text[: len(text) - len(pump.after)], automaton=automaton)
        crossing = [
            hit
            for hit in read_views(text, automaton=automaton).phrase_hits
            if hit.span.start < len(pump.before)
            and hit.span.end > len(text) - len(pump.after)
            and (not decoder or not _readers(decoder).isdisjoint(hit.chain))
        ]
        if not crossing or begun.phrase_hits or begun.exhausted:
            return None
    return msgspec.structs.replace(pump, tried=LENGTHS)


def _readers(decoder: str) -> set[str]:
    """Return what a chain may name a decoder: escapes are read by choice as well."""
    return {decoder, "mixed_escapes"} if decoder in ("escapes", "quoted_printable") else {decoder}


def decoder_pump(tables: Tables, gaps: Gaps, name: str, phrases: Sequence[str], *, in_code: bool) -> Pump | None:
    """Return the pump of one decoder: a gap in the middle of a phrase as a class of that decoder writes it.

    in_code: the gap is made of the code's own symbols (blanks, written as the phrase is), so it counts however one counts.
    """
    for pump in _candidates(tables, gaps, name, phrases, in_code=in_code):
        works = pump_that_works(pump, decoder=name)
        if works is not None:
            return works
    return None


def _candidates(tables: Tables, gaps: Gaps, name: str, phrases: Sequence[str], *, in_code: bool) -> Iterator[Pump]:
    """Yield the pumps that the tables promise."""
    (machine,) = [machine for machine in tables.machines if machine.name == name]
    lane = Transducer(machine)
    written = [(phrase, span, choice) for phrase in phrases for span, choice in _writings(name, phrase)]
    for phrase, span, choice in written:
        fillings = _in_code(name, choice) if in_code else list(_GAPS)
        for start in machine.starts:
            for place, configuration in _middle(lane, start, span):
                if configuration is None:
                    found = [_ALWAYS] if ord(_ALWAYS) in gaps.invisible and not in_code else []
                else:
                    found = [gap for gap in fillings if _returns(lane, configuration, gap, gaps)]
                yield from (Pump(name, phrase, span[:place], gap, span[place:]) for gap in found)


def _in_code(name: str, choice: int) -> list[str]:
    """Return gaps made of a code's own symbols: blanks as the code writes them, with what may part its groups; a word's end in Morse."""
    if name == "morse":
        return ["/ ", " /"]
    made = [text for blank in _BLANKS for text in _written_as(name, blank, choice) if text.strip()]
    return [*made, *(text + " " for text in made), *(" " + text for text in made)]


def _returns(lane: Transducer, configuration: Configuration, gap: str, gaps: Gaps) -> bool:
    """Say whether a gap brings a lane back to where it was, with nothing emitted that makes a column."""
    place = configuration
    made: list[int] = []
    for character in gap:
        if ord(character) not in gaps.invisible:  # decoders read folded text
            place, units = lane.feed(place, min(ord(character), OTHER))
            made += [ord(character) if unit == OTHER else unit for unit in units]
    if place != configuration or any(unit < 0 for unit in made):
        return False
    in_bytes = lane.machine.sink == "runs"
    text = bytes(unit & 255 for unit in made).decode("utf-8", "replace") if in_bytes else "".join(map(chr, made))
    return gaps.makes_no_column(text, bounded=False)


def _middle(lane: Transducer, start: int, span: str) -> list[tuple[int, Configuration | None]]:
    """Return places inside a span and the configuration there, middle places first; None where there is no model of the decoder."""
    place, middle = Configuration(start), len(span) // 2
    passed: list[tuple[int, Configuration | None]] = []
    try:
        for position, character in enumerate(span):
            passed.append((position, place))
            place, _ = lane.feed(place, min(ord(character), OTHER))
    except UnsupportedMachine:
        return [(middle, None)]
    return sorted(passed[1:], key=lambda pair: abs(pair[0] - middle))[:_PLACES]


_PLACES = 16
_PLAIN: dict[str, Callable[[str], str]] = {
    "base85": lambda text: base64.b85encode(text.encode() + b" " * (-len(text) % 4)).decode(),
    "ascii85": lambda text: base64.a85encode(text.encode() + b" " * (-len(text) % 4)).decode(),
    "spaced": " ".join,
    "dotted": ".".join,
}


def _writings(name: str, phrase: str) -> Iterator[tuple[str, int]]:
    """Yield the phrase as the classes of one decoder write it, and which choice at each place wrote it: the first or the last."""
    if name in _PLAIN:
        yield _PLAIN[name](phrase), 0
    for choice in (0, -1):
        for span in _written_as(name, phrase, choice):
            yield span, choice


def _written_as(name: str, text: str, choice: int) -> list[str]:
    if name in _PLAIN:
        return [_PLAIN[name](text)]
    tables = (tabulate(define()) for define in ENCODERS if define().machine == name)
    return list(dict.fromkeys(span for table in tables if (span := _written(table, text, choice)) is not None))


def _written(table: EncoderTable, phrase: str, choice: int) -> str | None:
    moves, state, span = table.by_state(), 0, ""
    for character in phrase:
        options = [(text, following) for units, text, following in moves[state] if units == (ord(character),)]
        if not options:
            stretches = [(text, after) for units, text, after in moves[state] if not units and " " in text]
            options = [
                (text + more, following)
                for text, after in stretches
                for units, more, following in moves[after]
                if units == (ord(character),)
            ]
        if not options:
            return None
        text, state = options[choice]
        span += text
    endings = table.endings()[state]
    return span + endings[0] if endings else None


def later_witnesses(tables: Tables, phrase: str, word: str) -> tuple[Pump, ...]:
    """Return texts whose hit lies in them whole and counts only after later text, any distance away.

    Escapes read backwards: fewer than DENSE_CHANGES make no reading, and the changes are counted over the whole text. A filler that the
    lane copies, ending where it began, keeps the count. Runs: a short word in a decoded run counts once the run has its least number of
    letters; what the decoder skips may stand in between.
    """
    written = f"{phrase[0]}%{ord(phrase[1]):02x}{phrase[2:]}"[::-1]
    wakes = "".join(f"%{ord(c):02x}" for c in "abcdefgh"[:DENSE_CHANGES])[::-1]
    found = []
    if _copies(tables, "escapes", _FILLER[::-1]):
        found.append(Pump("escapes, backwards", phrase, written, _FILLER, wakes))
    begun, rest = (base64.b64encode(text).decode() for text in (b"a " + word.encode(), b" lorem, ipsums."))
    found.append(Pump("base64, a short word", word, begun, " ", rest))
    return tuple(made for pump in found if (made := _wakes_later(pump)) is not None)


def _copies(tables: Tables, name: str, text: str) -> bool:
    """Say whether a decoder copies a text and is then where it began."""
    machines = [machine for machine in tables.machines if machine.name == name]
    if not machines:
        return False
    lane, begun = Transducer(machines[0]), Configuration(machines[0].starts[0])
    place, made = begun, list[int]()
    for character in text:
        place, units = lane.feed(place, ord(character))
        made += units
    return place == begun and made == [ord(character) for character in text]


def _wakes_later(pump: Pump) -> Pump | None:
    automaton = PhraseAutomaton.compile([pump.phrase])
    for fillers in LENGTHS:
        text = pump.text(fillers)
        alone = read_views(text[: len(text) - len(pump.after)], automaton=automaton)
        hits = read_views(text, automaton=automaton).phrase_hits
        if alone.phrase_hits or alone.exhausted or not any(hit.span.end <= len(pump.before) for hit in hits):
            return None
    return msgspec.structs.replace(pump, tried=LENGTHS)
