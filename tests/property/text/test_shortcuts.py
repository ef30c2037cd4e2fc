"""What the C interpreter leaves out or does at once is what the Python interpreter does step by step: lanes that cannot hold a run, lanes that
emit what others do, walks of the phrase automaton, scrambled words, and views that nobody asked for.
"""

from __future__ import annotations

import base64
import codecs
import random
from collections.abc import Callable

import msgspec
import pytest

from ringwall.text import PhraseAutomaton, read_views
from ringwall.text.interpreters import Interpreter, Match
from ringwall.text.native_interpreter import NativeInterpreter, native_is_built
from ringwall.text.python_interpreter import PythonInterpreter
from ringwall.text.read import escape_characters
from ringwall.text.tables import load_tables
from ringwall.text.tokens import Change, pig_latin

pytestmark = pytest.mark.skipif(not native_is_built(), reason="c: the extension is not built")

PHRASES = ["open sesame", "ass", "stop!", "a1a1a1a1", "aaaaaaaaaa", "abababababab", "敏感词敏感词", "Москва сегодня", "three little words"]
AUTOMATON = PhraseAutomaton.compile(PHRASES)
PROSE = (
    "The ferry leaves the northern pier at seven, and a friend of mine - I think - comes back before there is a tide. U.S. 0x4f 50 e.g. "
)
ALPHABETS = (
    "ABCDEFGHabcdefgh0123456789+/=-_",
    "0123456789abcdefABCDEFxX ",
    ".-/_* |\n",
    ".- ",
    "a b.c-",
    "aAbB ",
    "".join(map(chr, range(32, 127))),
    "Open SESAME opensesame3$4@!|",
    "\u0430\u200b\ud800\x00\U0001f600éß한ﬁ敏感词\u0301a5s.",
)
ENCODERS: tuple[Callable[[bytes], str], ...] = (
    lambda b: base64.b64encode(b).decode(),
    lambda b: base64.b32encode(b).decode(),
    lambda b: base64.b85encode(b).decode(),
    lambda b: base64.a85encode(b).decode(),
    lambda b: b.hex(),
    lambda b: " ".join(base64.b64encode(word).decode() for word in b.split()),
    lambda b: " ".join(base64.b85encode(word).decode() for word in b.split()),
    lambda b: " ".join(b.decode("utf-8", "replace")),
    lambda b: ".".join(b.decode("utf-8", "replace")),
)


def payload(rng: random.Random) -> bytes:
    """Bytes near the border of what is a run: text, any bytes, any characters, and mixtures that nearly are UTF-8."""
    kind = rng.randrange(4)
    if kind == 0:
        start = rng.randrange(len(PROSE) - 20)
        return PROSE[start : start + rng.randrange(1, 60)].encode()
    if kind == 1:
        return rng.randbytes(rng.randrange(40))
    if kind == 2:
        ranges = ((0, 128), (0x80, 0x800), (0x800, 0xD800), (0x10000, 0x110000))
        return "".join(chr(rng.randrange(*rng.choice(ranges))) for _ in range(rng.randrange(30))).encode()
    return bytes(rng.choice(b"\x00\x01A .\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\xc0\xf5\xed\xa0") for _ in range(rng.randrange(60)))


def texts(seed: str, count: int) -> list[str]:
    """Prose, dense nonsense and encoded payloads side by side, at times backwards or rotated."""
    rng, made = random.Random(seed), []
    for _ in range(count):
        text = ""
        for _ in range(rng.randrange(1, 5)):
            kind = rng.randrange(4)
            if kind == 0:
                alphabet = rng.choice(ALPHABETS)
                text += "".join(rng.choice(alphabet) for _ in range(rng.randrange(60)))
            elif kind == 1:
                start = rng.randrange(len(PROSE))
                text += PROSE[start : start + rng.randrange(90)]
            else:
                text += rng.choice(ENCODERS)(payload(rng))
        text = codecs.encode(text, "rot13") if rng.random() < 0.3 else text
        made.append(text[::-1] if rng.random() < 0.3 else text)
    return made


def interpreters(run_minimum: int | None) -> tuple[Interpreter, Interpreter]:
    """Both interpreters; with a run minimum, of tables in which every decoder has it, and runs wherever one of its symbols stands."""
    tables = load_tables()
    if run_minimum is not None:
        machines = tuple(msgspec.structs.replace(m, minimum=1, run_minimum=run_minimum) for m in tables.machines)
        tables = msgspec.structs.replace(tables, machines=machines)
    return PythonInterpreter(tables), NativeInterpreter(tables)


@pytest.mark.parametrize("run_minimum", [None, 1, 3, 7, 9, 13])
def test_lanes_that_are_left_out_would_have_found_nothing(run_minimum: int | None) -> None:
    python, native = interpreters(run_minimum)
    runs = 0
    for text in texts(f"lanes {run_minimum}", 120):
        expected = python.decode(text, mapped=True, sparse=True)
        assert native.decode(text, mapped=True, sparse=True) == expected, ascii(text)
        runs += len(expected or ())
    assert runs > 50


@pytest.mark.slow
def test_runs_far_into_a_long_text_are_mapped_to_the_characters_they_were_made_from() -> None:
    python, native = interpreters(None)
    for number, encode in enumerate(ENCODERS[:5]):
        text = (
            PROSE * 70
            + " " * number
            + encode(b"open sesame, three little words")
            + " "
            + PROSE * 40
            + encode(b"and once more, far behind it")
        )
        found = native.decode(text, mapped=True, sparse=True)
        assert found == python.decode(text, mapped=True, sparse=True)
        assert any("open sesame" in run.text and run.starts[0] > 4096 for run in found or ())


def test_walking_where_a_phrase_may_begin_finds_what_walking_everywhere_does() -> None:
    python, native = interpreters(None)
    rng, hits = random.Random("walks"), 0
    for text in texts("walks", 150):
        phrase = rng.choice(PHRASES)
        place = rng.randrange(len(text) + 1)
        turned = phrase[::-1] if rng.random() < 0.5 else phrase
        hidden = (
            text[:place]
            + codecs.encode(turned[: rng.randrange(3, len(turned) + 1)], "rot13")
            + turned
            + "ab" * rng.randrange(12)
            + text[place:]
        )
        expected = sorted(python.scan(AUTOMATON, hidden))
        assert sorted(native.scan(AUTOMATON, hidden)) == expected, ascii(hidden)
        hits += len(expected)
    assert hits > 100


def test_both_interpreters_put_words_in_place_of_scrambled_ones() -> None:
    python, native = interpreters(None)
    rng, found = random.Random("words"), 0
    words = [
        "sesame",
        "there",
        "Three",
        "lttile",
        "wrods",
        "ssmeae",
        "open",
        "opne",
        "SESMAE",
        "x",
        "sesame5",
        "éopen",
        "littleé",
        "w" * 70,
    ]
    for text in [*texts("words", 60), *(" -."[i % 3].join(rng.choices(words, k=12)) for i in range(60))]:
        expected = python.scrambled(AUTOMATON, text)
        assert native.scrambled(AUTOMATON, text) == expected, ascii(text)
        found += bool(expected)
    assert found > 30


def changes_of(rng: random.Random, text: str) -> list[Change]:
    """Replace some spans, near each other and far apart, by pieces of phrases."""
    places = sorted(rng.sample(range(len(text) + 1), k=min(len(text) + 1, 2 * rng.randrange(1, 5))))
    words = [piece for phrase in PHRASES for piece in (phrase, phrase[: len(phrase) // 2], phrase[::-1], codecs.encode(phrase, "rot13"))]
    return [(start, end, rng.choice(words)) for start, end in zip(places[::2], places[1::2], strict=False)]


def test_scanning_around_replaced_spans_finds_what_scanning_everything_does() -> None:
    python, native = interpreters(None)
    rng, hits, far = random.Random("changes"), 0, 0
    for number, text in enumerate(texts("changes", 300)):
        long = text + " " * rng.choice([0, 3, 200]) + rng.choice(PHRASES) + PROSE * (number % 3) + text
        changes = changes_of(rng, long)
        expected = sorted(python.scan_changed(AUTOMATON, long, changes))
        assert sorted(native.scan_changed(AUTOMATON, long, changes)) == expected, (ascii(long), changes)
        hits += len(expected)
        far += len(python.scan(AUTOMATON, long)) > 0
    assert hits > 300
    assert far > 100


def placed(match: Match) -> tuple[int, int, bool, int, int]:
    """Return a match but for the stream that it was found in."""
    return match.pattern, match.alphabet, match.backwards, match.start, match.end


def test_a_match_that_reaches_into_no_replaced_span_stands_in_the_text_itself() -> None:
    python, _ = interpreters(None)
    rng = random.Random("outside")
    for text in texts("outside", 60):
        changes = changes_of(rng, text + "open sesame")
        made = python.replaced(text + "open sesame", changes)
        assert made is not None
        inside = {placed(match) for match in python.scan_changed(AUTOMATON, text + "open sesame", changes)}
        alone = {placed(match)[:3] for match in python.scan(AUTOMATON, text + "open sesame")}
        for match in python.scan(AUTOMATON, made.text):
            assert match.bounded or placed(match) in inside or placed(match)[:3] in alone


def found_in(python: Interpreter, text: str, layers: int) -> bool:
    """Say whether the Python interpreter finds anything in a text, looked at in every way that a node is."""
    folded = python.fold("characters", text)
    base = text if folded is None else folded.text
    decoded = python.decode(base, mapped=layers > 1, sparse=False) if layers else []
    escapes = any(character in base for character in escape_characters())
    return bool(
        python.scan(AUTOMATON, base)
        or (escapes and python.mixtures(AUTOMATON, base) != ([], False))
        or pig_latin(base)
        or python.scrambled(AUTOMATON, base)
        or decoded
    )


def test_a_text_that_is_called_quiet_is_one_in_which_nothing_is_found() -> None:
    python, native = interpreters(None)
    rng, quiet, loud = random.Random("quiet"), 0, 0
    pieces = [
        "open sesame",
        "nepo",
        "%6f%70en sesame",
        "&#111;pen sesame",
        "opne ssemae",
        "U+006fpen sesame",
        "way may day",
        "=6fpen sesame",
        "%",
        "+",
    ]
    short = [
        rng.choice(["", "\n", "éß\x07"]).join(rng.choices([*pieces, text[:30], text[-20:], "XiVYFTZ"], k=2)) for text in texts("quiet", 500)
    ]
    for text in [*texts("quiet too", 60), *short]:
        for layers in (0, 1, 2):
            told = native.quiet(AUTOMATON, text, layers)
            quiet += told is not None
            found = found_in(python, text, layers)
            loud += found
            if told is not None:
                folded = python.fold("characters", text)
                assert told == (text if folded is None else folded.text)
                assert not found, (ascii(text), layers)
    assert quiet > 300
    assert loud > 300


def test_reading_for_hits_only_finds_the_same() -> None:
    hits = 0
    changed = [
        "three ltitle wrods, open sesame",
        PROSE + "opne smesae " + PROSE + "open sesame",
        "peno esamesay openay esamesay; open sesame",
    ]
    encoded = [encode(b"open sesame") + " " + PROSE for encode in ENCODERS]
    for text in [*texts("hits", 80), *changed, *encoded, "ﬁ open sesame " * 3, "emases nepo"]:
        told = []
        for interpreter in ("c", "python"):
            whole = read_views(text, automaton=AUTOMATON, interpreter=interpreter)
            bare = read_views(text, automaton=AUTOMATON, interpreter=interpreter, hits_only=True)
            assert (bare.exhausted, bare.characters_read) == (whole.exhausted, whole.characters_read)
            assert set(bare.phrase_hits) <= set(whole.phrase_hits)
            assert {(hit.phrase, hit.span) for hit in bare.phrase_hits} == {(hit.phrase, hit.span) for hit in whole.phrase_hits}
            told_again = set(whole.phrase_hits) - set(bare.phrase_hits)
            assert all({"unscrambled", "pig_latin"} & set(hit.chain) for hit in told_again)
            assert [view.chain for view in bare.views] == [()]
            told.append((bare.phrase_hits, bare.exhausted, bare.characters_read))
        assert told[0] == told[1], ascii(text)
        hits += len(told[0][0])
    assert hits > 10
