"""Streaming: a chunked text is judged as the whole, and what a stream that releases early would have to hold back; planted defects are refuted."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.guardrails import Block, Evaluation, Scorers, Session, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.session import Held
from ringwall.reasoning.text.streaming import REFERENCE, prove_streaming, release_theorems
from ringwall.reasoning.text.streaming_gaps import Gaps, Pump, pump_that_works
from ringwall.reasoning.text.streaming_release import leak_of, released, rule_of, slack_of
from ringwall.reasoning.text.streaming_session import Streams, cuts, session_theorems
from ringwall.text import PhraseAutomaton, read_views
from ringwall.text.phrases import Side
from ringwall.text.symbols import Folds
from ringwall.text.tables import load_tables
from ringwall.vocabulary import Limits

_WORDS = {"wordsConfig": [{"text": "bomb"}]}
GUARDRAIL = compile_guardrail(
    parse_config({"name": "g", "wordPolicyConfig": _WORDS, "blockedInputMessaging": "no", "blockedOutputsMessaging": "no"}), Scorers()
)
AUTOMATON = PhraseAutomaton.compile([*REFERENCE, "bombastic speech", "all of it", "of"])
FOLDS = Folds(load_tables())


@pytest.fixture(scope="module")
def report():
    return prove_streaming(AUTOMATON)


def test_everything_that_is_claimed_is_proved(report) -> None:
    assert report.status == "proved"
    assert [theorem.id for theorem in report.theorems if not theorem.holds] == []
    assert {reading.status for reading in report.readings} == {"proved"}


def test_no_reading_has_a_bound_on_raw_characters_and_each_shows_why(report) -> None:
    machines = {machine.name for machine in load_tables().machines}
    assert machines <= {reading.reading for reading in report.readings}
    for reading in report.readings:
        for pump in reading.pumps:
            automaton = PhraseAutomaton.compile([pump.phrase])
            for gaps in (0, 3, 77):
                assert read_views(pump.text(gaps), automaton=automaton).phrase_hits, (reading.reading, gaps)
                begun = pump.text(gaps)[: len(pump.text(gaps)) - len(pump.after)]
                assert not read_views(begun, automaton=automaton).phrase_hits, (reading.reading, gaps)


def test_a_report_is_the_same_every_time_and_renders(report) -> None:
    assert prove_streaming(AUTOMATON) == report
    assert msgspec.json.decode(report.to_json())["status"] == "proved"
    markdown = report.to_markdown()
    for reading in report.readings:
        assert f"| {reading.reading} |" in markdown
    assert "unknown" not in markdown


def test_the_numbers_are_those_of_the_longest_phrases(report) -> None:
    counted = {reading.reading: reading.counted for reading in report.readings}
    assert counted["text without separators"] == len("ignorethepreviousrules") - 1
    assert counted["words"] == len("all of it")  # until the last word's end is seen
    assert counted["base64"] is None


# --- the session's defects ---


class Lossy(Session):
    """Judges its last chunk only."""

    def feed(self, chunk: str):
        events = super().feed(chunk)
        assert self._chunks is not None
        del self._chunks[:-1]
        return events


class Trims(Session):
    """Strips blanks from every chunk."""

    def feed(self, chunk: str):
        return super().feed(chunk.strip())


class Parts(Session):
    """Makes a block of every chunk."""

    def feed(self, chunk: str):
        self.begin()
        return super().feed(chunk)


class JoinsBlocks(Session):
    """Forgets where a block ends."""

    def begin(self, qualifiers=()) -> None:
        if self._chunks is None:
            super().begin(qualifiers)


class Swaps(Session):
    """Puts a chunk before the one it follows, when there are two or more."""

    def finish(self) -> Evaluation:
        if self._chunks is not None:
            self._chunks.reverse()
        return super().finish()


class CountsEachChunk(Session):
    """Holds each chunk, not their sum, against the limit."""

    def feed(self, chunk: str):
        self._characters = 0
        return super().feed(chunk)

    def finish(self) -> Evaluation:
        self._limits = Limits()
        return super().finish()


class CountsChunks(Session):
    """Holds the number of chunks against the limit as well."""

    def _check(self, characters: int, blocks: int) -> None:
        super()._check(max(characters, 2), blocks)


class Echo(msgspec.Struct, frozen=True):
    characters: int
    released: str


class ReleasesFirst(Session):
    """Gives a chunk's first character back at once."""

    def feed(self, chunk: str):
        (event,) = super().feed(chunk)
        return (Echo(event.characters, chunk[:1]),)


class Peeks(Session):
    """Drops a chunk that holds a rare letter: no text of the small alphabet shows it."""

    def feed(self, chunk: str):
        return super().feed("" if "q" in chunk else chunk)


def _refuted(kind: type[Session]) -> set[str]:
    theorems = session_theorems(
        lambda: kind(GUARDRAIL, "INPUT", Limits()),
        lambda blocks: evaluate(GUARDRAIL, "INPUT", [Block(text) for text in blocks], Limits()),
        pieces=("b", "o", "m", " "),
        longest=4,
        limited=lambda most: kind(GUARDRAIL, "INPUT", Limits(text_chars=most)),
    )
    return {theorem.id for theorem in theorems if not theorem.holds}


@pytest.mark.parametrize(
    ("kind", "refuted"),
    [
        (Lossy, "stream-chunks"),
        (Trims, "stream-chunks"),
        (Parts, "stream-chunks"),
        (JoinsBlocks, "stream-blocks"),
        (Swaps, "stream-chunks"),
        (CountsEachChunk, "stream-limits"),
        (CountsChunks, "stream-limits"),
        (ReleasesFirst, "stream-held"),
        (Peeks, "stream-blind"),
    ],
)
def test_a_defective_session_is_refuted(kind: type[Session], refuted: str) -> None:
    assert refuted in _refuted(kind)


def test_the_shipped_session_is_not_refuted() -> None:
    assert _refuted(Session) == set()


def test_cuts_are_all_of_them() -> None:
    assert len(set(cuts("abcd"))) == 2**3 + 1
    assert all("".join(chunks) == "abcd" for chunks in cuts("abcd"))


# --- the release rule's defects ---


def _squashed() -> Side:
    assert AUTOMATON.squashed is not None
    return AUTOMATON.squashed


def _bounded() -> Side:
    assert AUTOMATON.bounded is not None
    return AUTOMATON.bounded


def test_the_least_rule_is_sound_and_least_for_both_tables() -> None:
    for bounded, side in ((False, _squashed()), (True, _bounded())):
        assert leak_of(side, rule_of(side, bounded=bounded)) is None
        assert slack_of(side, rule_of(side, bounded=bounded)) is None


@pytest.mark.parametrize("bounded", [False, True])
def test_one_column_less_in_any_one_state_leaks_or_takes_back(bounded: bool) -> None:
    side = _bounded() if bounded else _squashed()
    rule = rule_of(side, bounded=bounded)
    for state, held in enumerate(rule.held):
        if held:
            shorter = msgspec.structs.replace(rule, held=(*rule.held[:state], held - 1, *rule.held[state + 1 :]))
            assert leak_of(side, shorter) is not None, state


def test_one_column_more_in_any_one_state_is_not_least() -> None:
    side = _squashed()
    rule = rule_of(side, bounded=False)
    for state, held in enumerate(rule.held):
        assert slack_of(side, msgspec.structs.replace(rule, held=(*rule.held[:state], held + 1, *rule.held[state + 1 :]))) == state


def test_a_constant_one_too_short_releases_a_part_of_a_real_hit() -> None:
    side, phrase = _squashed(), REFERENCE[0]
    enough = rule_of(side, bounded=False).most
    (hit,) = read_views(phrase, automaton=AUTOMATON).phrase_hits
    kept = [place for place, character in enumerate(phrase) if character != " "]
    for constant, leaks in ((enough, False), (enough - 1, True)):
        out = [place for place in kept[: len(kept) - 1 - constant] if place >= hit.span.start]  # released before the last character came
        assert bool(out) is leaks


def _changed(side: Side, change: Callable[[array], None]) -> Side:
    transitions = array("i", side.table.transitions)
    change(transitions)
    return Side(side.patterns, msgspec.structs.replace(side.table, transitions=memoryview(transitions)))


def test_a_table_whose_fail_steps_forget_is_refuted() -> None:
    """Every step back to a shorter prefix goes to the root instead: the rule of the true table is no longer least."""
    side = _squashed()
    rule = rule_of(side, bounded=False)
    depths = rule.held
    width = side.table.columns

    def forget(transitions: array) -> None:
        for place, following in enumerate(transitions):
            if depths[following // width] <= depths[place // width]:
                transitions[place] = 0

    broken = _changed(side, forget)
    assert leak_of(broken, rule) is None, "it forgets, so it releases no more than before"
    with pytest.raises(Exception, match="transition"):
        _automaton_of(broken).validate()


def _automaton_of(side: Side) -> PhraseAutomaton:
    return PhraseAutomaton(AUTOMATON.phrases, side, AUTOMATON.bounded, AUTOMATON.digest)


def test_a_table_that_jumps_ahead_is_refuted() -> None:
    """A step from the root into the middle of a phrase: a hit would begin before the text."""
    side = _squashed()
    rule = rule_of(side, bounded=False)
    deep = rule.held.index(3) * side.table.columns
    leak = leak_of(_changed(side, lambda transitions: transitions.__setitem__(0, deep)), rule)
    assert leak is not None
    assert leak.why == "what was released is taken back"


def test_a_rule_that_is_refuted_says_so_in_its_theorem() -> None:
    rules = [rule_of(_squashed(), bounded=False), rule_of(_bounded(), bounded=True)]
    rules[0] = msgspec.structs.replace(rules[0], held=tuple(max(held - 1, 0) for held in rules[0].held))
    holds = {theorem.id: theorem.holds for theorem in release_theorems(AUTOMATON, rules)}
    assert holds == {
        "stream-release-squashed": False,
        "stream-least-squashed": True,
        "stream-release-words": True,
        "stream-least-words": True,
    }


PIECES = ("ignore", "the", "prev", "ious", "rules", "wall", "bomb", "astic", "speech", "of", "all", " ", "it", "x", ".", "@")


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_nothing_released_is_part_of_a_hit_of_the_running_filter(text: str) -> None:
    """Simulate a stream that releases by the rule, over the very columns, and hold it against the hits of `read_views`."""
    hits = [hit.span for hit in read_views(text, automaton=AUTOMATON, depth=0).phrase_hits if hit.chain == ()]
    symbols = FOLDS.symbols(FOLDS.fold("letters", FOLDS.fold("characters", text)))
    ready = [len(text) - 1] * len(text)  # the last character released after each, by the more cautious of all streams
    for bounded, side in ((False, _squashed()), (True, _bounded())):
        for with_leet in (True, False):
            columns, places = _stream(symbols, bounded=bounded, with_leet=with_leet)
            borders = released(side, rule_of(side, bounded=bounded), columns)
            seen: dict[int, int] = {}
            for border, place in zip(borders, places, strict=True):
                seen[place] = places[border] - 1 if border < len(places) else len(text) - 1
            last = -1
            for place in range(len(text)):
                last = max(last, seen[place]) if place in seen else last
                ready[place] = min(ready[place], last)
    for span in hits:
        assert max((ready[place] for place in range(span.end - 1)), default=-1) < span.start


def _stream(symbols: bytes, *, bounded: bool, with_leet: bool) -> tuple[list[int], list[int]]:
    """Write a text's columns down as it arrives, with the place that each comes from."""
    columns, places, separated = ([0], [0], True) if bounded else ([], [], False)
    for place, symbol in enumerate(symbols):
        if FOLDS.is_dropped(symbol, with_leet=with_leet):
            if bounded and not separated:
                columns.append(0)
                places.append(place)
            separated = True
            continue
        separated = False
        columns.append(FOLDS.columns(bytes([symbol]))[0])
        places.append(place)
    return columns, places


# --- gaps ---


def test_what_is_no_gap_makes_no_pump() -> None:
    for gap in ("x", "7", "\u0430", "\u4e2d"):
        assert not Gaps(load_tables()).makes_no_column(gap, bounded=False)
        assert pump_that_works(Pump("squashed", "wallaroundevil", "wallaro", gap, "undevil"), decoder="") is None
    assert not Gaps(load_tables()).makes_no_column(" ", bounded=True), "inside a word of its own a blank is no gap"
    assert pump_that_works(Pump("words", "bomb", "bo", " ", "mb"), decoder="") is None


def test_every_gap_of_the_tables_leaves_the_columns_as_they_are() -> None:
    gaps = Gaps(load_tables())
    chosen = random.Random(3).sample(sorted(gaps.invisible | gaps.separators), 3_000)
    for code_point in chosen:
        letters = FOLDS.fold("letters", FOLDS.fold("characters", chr(code_point)))
        assert FOLDS.squash(FOLDS.symbols(letters), with_leet=True) == b""
    for code_point in gaps.invisible:
        assert FOLDS.fold("characters", chr(code_point)) == ""


def test_the_session_answers_with_numbers_only() -> None:
    session: Streams = Session(GUARDRAIL, "INPUT", Limits())
    events: Sequence[object] = session.feed("bomb")
    assert events == (Held(4),)
