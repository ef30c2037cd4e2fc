"""The phrase automaton: a list of phrases as one dense Aho-Corasick table over the columns of `tables/scanning.py`.

Phrases are folded by the very tables that fold texts, so a text and a phrase that fold alike match. A phrase of at least `ANYWHERE`
normalised characters is listed without separators and found anywhere in a text without its separators; a shorter one keeps its word
boundaries. The table is checked by `validate` (translation validation): every transition is the trie's or the fail state's, every
accepting state is reachable and complete.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakValueDictionary

import ahocorasick_rs
import msgspec

from ringwall.errors import Bug, IntegrityError, InvalidRequest, LimitExceeded
from ringwall.text.symbols import Folds
from ringwall.text.tables import load_tables
from ringwall.text.tokens import Lexicon

ANYWHERE = 8  # normalised characters from which a phrase needs no word boundary (the shorter ones hide in other words: "class")
ROTATED = 5  # and from which a bounded phrase is sought in rotated alphabets: fewer collide with ordinary words
BACKWARDS = 6  # and backwards ("evil", "live")
PHRASE_LIMIT = 20_000
PHRASE_CHARS = 2_000
STATE_LIMIT = 1_000_000  # 192 MB; ten thousand words of ten characters take 17 MB
SCRIPTS_WITHOUT_SPACES = (
    (0x0E00, 0x0FFF),
    (0x1000, 0x109F),
    (0x1100, 0x11FF),
    (0x1780, 0x17FF),
    (0x2E80, 0x9FFF),
    (0xA960, 0xA97F),
    (0x20000, 0x3FFFF),
)
_CHARACTERS_PER_IDEOGRAPH = 4  # a Chinese word has two characters and no spaces around it

IN_ORDER, IN_ROTATIONS, IN_REVERSE = 1, 2, 4
MATCHES_PER_TEXT = 20_000  # and one per character besides; more than that is exhaustion


class EmptyPhrase(InvalidRequest, code="empty-phrase"):
    """A phrase has no letter or digit to look for."""

    remedy = "give every phrase at least one letter or digit"


class InvalidAutomaton(IntegrityError, code="invalid-automaton"):
    """A phrase table is not the automaton of its phrases."""

    remedy = "compile the phrases again"


class Pattern(msgspec.Struct, frozen=True):
    """One way in which a phrase may stand in a stream of columns.

    columns: what to match. where: IN_ORDER, IN_ROTATIONS, IN_REVERSE flags.
    """

    phrase: int
    columns: bytes
    where: int


class Table(msgspec.Struct, frozen=True):
    """A dense automaton.

    transitions: int32[states * columns] over bytes (the C interpreter reads these very bytes), already multiplied by the number of
    columns; accepting states come last, from `first_accepting` on. outputs: patterns that end in accepting state first_accepting + i are
    outputs[output_starts[i]:output_starts[i + 1]], in order; links[i] is the next accepting state along the fail chain (as an index
    from first_accepting) or -1.
    """

    states: int
    columns: int
    first_accepting: int
    transitions: memoryview
    output_starts: array[int]
    outputs: array[int]
    links: array[int]


@dataclass(frozen=True)
class Side:
    """The patterns of one kind of stream with their two engines: the dense table and the library that stands in without the C
    interpreter.
    """

    patterns: tuple[Pattern, ...]
    table: Table

    @cached_property
    def library(self) -> ahocorasick_rs.BytesAhoCorasick:
        """The same patterns for the library; made where it is asked."""
        return ahocorasick_rs.BytesAhoCorasick([pattern.columns for pattern in self.patterns])


class PhraseAutomaton:
    """Compiled phrases; immutable. `phrases[i]` is the phrase that hits of index i are about."""

    def __init__(self, phrases: tuple[str, ...], squashed: Side | None, bounded: Side | None, digest: str) -> None:
        self.phrases = phrases
        self.squashed = squashed
        self.bounded = bounded
        self.digest = digest
        self.lexicon = Lexicon(phrases)
        self.native: tuple[object, object] | None = None  # what the C interpreter made of the tables

    @classmethod
    def compile(cls, phrases: Sequence[str]) -> PhraseAutomaton:
        """Build the automaton of a list of phrases.

        Raises:
            EmptyPhrase: a phrase without letters and digits; its index is in `facts`.
            LimitExceeded: more than 20,000 phrases, one over 2,000 characters, or a table over a million states.
        """
        if len(phrases) > PHRASE_LIMIT:
            raise LimitExceeded(f"{len(phrases)} phrases are more than {PHRASE_LIMIT}")
        folds = Folds(load_tables())
        squashed: list[Pattern] = []
        bounded: list[Pattern] = []
        for index, phrase in enumerate(phrases):
            if len(phrase) > PHRASE_CHARS:
                raise LimitExceeded(f"phrase {index} is longer than {PHRASE_CHARS} characters", index=index)
            made = _patterns(folds, index, phrase)
            if not made:
                raise EmptyPhrase(f"phrase {index} has no letter or digit", index=index)
            for anywhere, pattern in made:
                (squashed if anywhere else bounded).append(pattern)
        digest = hashlib.sha256(load_tables().digest.encode())
        for pattern in (*squashed, *bounded):
            digest.update(pattern.columns + b"\xff" + bytes([pattern.where]) + pattern.phrase.to_bytes(4, "big"))
        return cls(tuple(phrases), _side(squashed), _side(bounded), digest.hexdigest())

    @classmethod
    def shared(cls, phrases: Sequence[str]) -> PhraseAutomaton:
        """Return the automaton of a list of phrases: the one that somebody holds, or a new one (two threads at once may each make one).

        Raises as `compile` does.
        """
        key = tuple(phrases)
        found = _held.get(key)
        if found is None:
            found = _held[key] = cls.compile(key)
        return found

    @cached_property
    def mirrored(self) -> PhraseAutomaton:
        """The phrases that are sought backwards, turned round: what a text that is read backwards begins with as it arrives."""
        turned = [
            [Pattern(pattern.phrase, pattern.columns[::-1], pattern.where) for pattern in side.patterns if pattern.where & IN_REVERSE]
            if side is not None
            else []
            for side in (self.squashed, self.bounded)
        ]
        return PhraseAutomaton(self.phrases, _side(turned[0]), _side(turned[1]), self.digest)

    def phrase_of(self, *, bounded: bool, pattern: int) -> int:
        """Return the index of the phrase that a pattern of one side was made from."""
        side = self.bounded if bounded else self.squashed
        if side is None:
            raise Bug("a match of a side that the automaton lacks")
        return side.patterns[pattern].phrase

    def validate(self) -> None:
        """Check the tables against the phrases, without trusting the code that built them.

        Raises:
            InvalidAutomaton: a transition, an accepting state or an output is not what the phrases demand.
        """
        for side in (self.squashed, self.bounded):
            if side is not None:
                _validate(side)


_held: WeakValueDictionary[tuple[str, ...], PhraseAutomaton] = WeakValueDictionary()
"""Automata in use: questions and answers, and versions of a guardrail, mostly list the same words."""


def case_forms(phrase: str) -> tuple[str, ...]:
    """Return the cases a phrase may be written in. Folding look-alikes comes before case, so some Greek and Cyrillic forms fold apart."""
    return tuple(dict.fromkeys((phrase, phrase.lower(), phrase.upper(), phrase.title(), phrase.capitalize())))


def _side(patterns: list[Pattern]) -> Side | None:
    if not patterns:
        return None
    return Side(tuple(patterns), _dense([pattern.columns for pattern in patterns]))


def _weight(folded: str) -> int:
    return sum(_CHARACTERS_PER_IDEOGRAPH if any(a <= ord(c) <= b for a, b in SCRIPTS_WITHOUT_SPACES) else 1 for c in folded if c != " ")


def _patterns(folds: Folds, index: int, phrase: str) -> list[tuple[bool, Pattern]]:
    """Return (anywhere?, pattern) for each way a phrase may be written: its case forms, and with or without its leet punctuation."""
    made: dict[tuple[bool, bytes], Pattern] = {}
    for form in case_forms(phrase):
        folded = folds.fold("characters", form)
        letters = folds.fold("letters", folded)
        symbols = folds.symbols(letters)
        for with_leet in (True, False):
            bare = folds.squash(symbols, with_leet=with_leet)
            weight = _weight(letters if with_leet else folds.without_leet(letters))
            if not bare or (not with_leet and (weight < ANYWHERE or len(bare) == len(folds.squash(symbols, with_leet=True)))):
                continue
            if weight >= ANYWHERE:
                columns = folds.columns(bare)
                made.setdefault((True, columns), Pattern(index, columns, IN_ORDER | IN_ROTATIONS | IN_REVERSE))
                continue
            where = IN_ORDER | (IN_ROTATIONS if weight >= ROTATED else 0) | (IN_REVERSE if weight >= BACKWARDS else 0)
            columns = folds.columns(folds.words(symbols, with_leet=with_leet))
            made.setdefault((False, columns), Pattern(index, columns, where))
    return [(anywhere, pattern) for (anywhere, _), pattern in made.items()]


def _trie(words: Iterable[bytes]) -> tuple[list[dict[int, int]], list[list[int]]]:
    children: list[dict[int, int]] = [{}]
    ends: list[list[int]] = [[]]
    for number, word in enumerate(words):
        state = 0
        for column in word:
            following = children[state].get(column)
            if following is None:
                following = children[state][column] = len(children)
                children.append({})
                ends.append([])
                if following >= STATE_LIMIT:
                    raise LimitExceeded(f"the phrases need more than {STATE_LIMIT} states")
            state = following
        ends[state].append(number)
    return children, ends


def _dense(words: list[bytes]) -> Table:
    """Build the table: breadth first, a state's row is its fail state's row with its own children put in."""
    width = load_tables().column_count
    children, ends = _trie(words)
    count = len(children)
    fail = [0] * count
    nearest = [-1] * count  # the state itself or the first on its fail chain in which a pattern ends
    rows = array("i", bytes(4 * width * count))
    order = [0]
    for state in order:
        row = rows[fail[state] * width : (fail[state] + 1) * width] if state else array("i", bytes(4 * width))
        for column, child in children[state].items():
            fail[child] = row[column] if state else 0
            row[column] = child
            order.append(child)
        rows[state * width : (state + 1) * width] = row
        nearest[state] = state if ends[state] else (nearest[fail[state]] if state else -1)
    quiet = [state for state in order if nearest[state] < 0]
    loud = [state for state in order if nearest[state] >= 0]
    places = array("i", bytes(4 * count))
    for place, state in enumerate((*quiet, *loud)):
        places[state] = place * width
    transitions = array("i")
    for state in (*quiet, *loud):
        transitions.extend([places[following] for following in rows[state * width : (state + 1) * width]])
    first = len(quiet)
    output_starts, outputs, links = array("i", [0]), array("i"), array("i")
    for state in loud:
        outputs.extend(ends[state])
        output_starts.append(len(outputs))
        link = nearest[fail[state]] if state else -1
        links.append(places[link] // width - first if link >= 0 else -1)
    return Table(count, width, first, memoryview(transitions.tobytes()).cast("i"), output_starts, outputs, links)


def _validate(side: Side) -> None:
    """Walk the table from its start and hold it against sets of suffixes, computed from the patterns alone.

    The state reached by a prefix p must behave as p: its transition on c leads to the state of the longest suffix of p + c that is a
    prefix of a pattern, and its outputs are exactly the patterns that are suffixes of p. By induction the table then finds every
    occurrence and no other.
    """
    table, words = side.table, [pattern.columns for pattern in side.patterns]
    width, size = table.columns, len(table.transitions)
    if size != table.states * width or any(not 0 <= t < size or t % width for t in table.transitions):
        raise InvalidAutomaton("a transition leads outside the table")
    prefixes = {word[:end] for word in words for end in range(len(word) + 1)}
    ending: dict[bytes, list[int]] = {}
    for number, word in enumerate(words):
        ending.setdefault(word, []).append(number)
    reached: dict[bytes, int] = {b"": 0}
    suffix: dict[bytes, bytes] = {b"": b""}
    for prefix in sorted(prefixes, key=len):
        if prefix not in reached:
            raise InvalidAutomaton("a prefix of a phrase cannot be reached")
        _check_row(table, prefix, prefixes, reached, suffix)
        if _outputs(table, reached[prefix] // width) != _expected(prefix, ending, suffix):
            raise InvalidAutomaton("a state's outputs are not the phrases that end there")
    if len(set(reached.values())) != len(prefixes):
        raise InvalidAutomaton("one state stands for two prefixes")


def _check_row(table: Table, prefix: bytes, prefixes: set[bytes], reached: dict[bytes, int], suffix: dict[bytes, bytes]) -> None:
    """Check one state's transitions; note where they lead, and the longest proper suffix of each new prefix that is a prefix itself."""
    state, fallback = reached[prefix], suffix[prefix]
    for column in range(table.columns):
        longer = prefix + bytes([column])
        following = table.transitions[state + column]
        if longer in prefixes:
            if reached.setdefault(longer, following) != following:
                raise InvalidAutomaton("two states stand for one prefix")
            suffix[longer] = _longest_suffix(fallback, column, prefixes, suffix) if prefix else b""
        elif following != (table.transitions[reached[fallback] + column] if prefix else 0):
            raise InvalidAutomaton("a transition differs from the fail state's")


def _longest_suffix(fallback: bytes, column: int, prefixes: set[bytes], suffix: dict[bytes, bytes]) -> bytes:
    while True:
        candidate = fallback + bytes([column])
        if candidate in prefixes:
            return candidate
        if not fallback:
            return b""
        fallback = suffix[fallback]


def _outputs(table: Table, state: int) -> list[int]:
    found: list[int] = []
    place = state - table.first_accepting
    for _ in range(table.states):
        if place < 0:
            break
        found.extend(table.outputs[table.output_starts[place] : table.output_starts[place + 1]])
        place = table.links[place]
    return found


def _expected(prefix: bytes, ending: dict[bytes, list[int]], suffix: dict[bytes, bytes]) -> list[int]:
    found: list[int] = []
    while prefix:
        found.extend(ending.get(prefix, ()))
        prefix = suffix[prefix]
    return found
