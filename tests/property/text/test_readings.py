"""Invariants of reading: offsets stay inside the text, both interpreters agree, no text breaks them."""

from __future__ import annotations

import base64
import codecs
import random
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.text import PhraseAutomaton, Views, read_views
from ringwall.text.interpreters import choose_interpreter
from ringwall.text.native_interpreter import native_is_built
from ringwall.text.tables import load_tables
from ringwall.vocabulary import Limits

AUTOMATON = PhraseAutomaton.compile(["open sesame", "sesame", "ass", "stop!", "敏感词", "Москва", "b@d", "a1a1a1a1"])
SMALL = Limits(decode_budget_factor=10, decode_budget_floor=4_000)

ANY_TEXT = st.text(st.characters(codec=None), max_size=200)  # lone surrogates included
ALPHABETS = (
    "abcdefgh %&#;x0123456789",
    "=%&\\u{}xU+0041;nrt\r\n",
    "0123456789abcdefABCDEFxX ",
    "01 ,",
    ".-/_* |\n",
    "ABCDEFGHabcdefgh0123456789+/=-_",
    "Open SESAME opensesame3$4@!|",
    "\u0430\u200b\ud800\x00\U0001f600éß한ﬁ敏感词\u0301\U000e0041a5s.",
)
DENSE_TEXT = st.sampled_from(ALPHABETS).flatmap(lambda alphabet: st.text(st.sampled_from(alphabet), max_size=200))
ENCODERS = (
    lambda s: base64.b64encode(s.encode("utf-8", "replace")).decode(),
    lambda s: base64.b32encode(s.encode("utf-8", "replace")).decode(),
    lambda s: base64.b85encode(s.encode("utf-8", "replace")).decode(),
    lambda s: s.encode("utf-8", "replace").hex(" "),
    lambda s: urllib.parse.quote(s.encode("utf-8", "replace")),
    lambda s: "".join(f"&#{ord(c)};" for c in s),
    lambda s: s[::-1],
    lambda s: codecs.encode(s, "rot13"),
    " ".join,
    "\u200b".join,
)
ENCODED_TEXT = st.tuples(st.text(max_size=60), st.lists(st.sampled_from(ENCODERS), max_size=3), st.text(max_size=10))


def encoded(parts: tuple[str, list[object], str]) -> str:
    text, encoders, context = parts
    for encoder in encoders:
        text = encoder(text)  # type: ignore[operator]
    return context + text + context[::-1]


def check_offsets(text: str, views: Views) -> None:
    assert views.views[0].chain == ()
    assert views.views[0].text == text
    for view in views.views[1:]:
        assert len(view.starts) == len(view.ends) == len(view.text)
        assert all(0 <= start < end <= len(text) for start, end in zip(view.starts, view.ends, strict=True))
    for hit in views.phrase_hits:
        assert 0 <= hit.span.start < hit.span.end <= len(text)


def readings_with_hits_are_views(views: Views) -> None:
    chains = {view.chain for view in views.views} | {part for view in views.views for _, part in view.parts}
    for hit in views.phrase_hits:
        assert hit.chain in chains or any(hit.chain[: len(part)] == part for part in chains if part)


@given(st.one_of(ANY_TEXT, DENSE_TEXT, ENCODED_TEXT.map(encoded)))
def test_no_text_breaks_a_reading_and_offsets_stay_inside(text: str) -> None:
    views = read_views(text, automaton=AUTOMATON, limits=SMALL)
    check_offsets(text, views)
    readings_with_hits_are_views(views)
    assert views.characters_read <= SMALL.decode_budget_factor * len(text) + SMALL.decode_budget_floor


@pytest.mark.skipif(not native_is_built(), reason="the C interpreter is not built")
@settings(max_examples=max(50, settings.default.max_examples // 2))
@given(st.one_of(ANY_TEXT, DENSE_TEXT, ENCODED_TEXT.map(encoded)))
def test_both_interpreters_read_the_same(text: str) -> None:
    native = read_views(text, automaton=AUTOMATON, limits=SMALL, interpreter="c")
    python = read_views(text, automaton=AUTOMATON, limits=SMALL, interpreter="python")
    assert native.views == python.views
    assert native.phrase_hits == python.phrase_hits
    assert (native.exhausted, native.characters_read) == (python.exhausted, python.characters_read)
    assert (native.interpreter, python.interpreter) == ("c", "python")


@pytest.mark.skipif(not native_is_built(), reason="the C interpreter is not built")
def test_both_interpreters_decode_the_same_noise() -> None:
    """Every decoder on texts of its own alphabet, where chance runs are frequent."""
    randomness, tables = random.Random(3), load_tables()
    native, python = choose_interpreter("c"), choose_interpreter("python")
    for machine in tables.machines:
        members = [chr(c) for c in range(128) if machine.alphabet[c]] + ["\n", "é"]
        for length in (1, 9, 64, 300):
            text = "".join(randomness.choice(members) for _ in range(length))
            for sparse in (True, False):
                assert native.decode(text, mapped=True, sparse=sparse) == python.decode(text, mapped=True, sparse=sparse)


@given(st.text(max_size=300))
def test_folding_twice_is_folding_once(text: str) -> None:
    for name in ("python", "c") if native_is_built() else ("python",):
        interpreter = choose_interpreter(name)
        folded = interpreter.fold("characters", text)
        assert folded is None or interpreter.fold("characters", folded.text) is None


PAYLOAD = "open sesame"


@given(
    st.text(max_size=40),
    st.text(max_size=40),
    st.lists(st.sampled_from(ENCODERS[:1] + ENCODERS[3:4] + ENCODERS[5:6]), min_size=1, max_size=3),
)
def test_a_payload_is_found_in_any_context_through_encoders_in_a_row(before: str, after: str, encoders: list[object]) -> None:
    """base64, hex and HTML references with any context added once, around the whole."""
    text = PAYLOAD
    for encoder in encoders:
        text = encoder(text)  # type: ignore[operator]
    views = read_views(before + text + after, automaton=AUTOMATON)
    assert views.exhausted or any(hit.phrase == 0 for hit in views.phrase_hits)
