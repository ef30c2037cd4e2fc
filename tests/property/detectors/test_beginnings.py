"""What may be the beginning of a pattern's match: every beginning of every match is one, forwards and backwards."""

from __future__ import annotations

import random

import pytest

from ringwall.errors import InvalidRequest
from ringwall.text.detectors import DetectorConfig, compile_detectors, plain_end
from ringwall.text.detectors.beginnings import Beginnings
from ringwall.text.detectors.engine import compile_pattern
from ringwall.text.detectors.registry import PII_BY_TYPE, SECRETS
from ringwall.text.detectors.unfinished import REACH
from tests.unit.detectors.test_pii import FOUND

PATTERNS = tuple(pattern.regex for detector in (*PII_BY_TYPE.values(), *SECRETS) for pattern in detector.patterns)
SAID = (*(text for examples in FOUND.values() for text, _ in examples), "password: 'not my own one'", "token = abcdefgh12345678ABCD")
CUSTOM = (
    "TCK-[0-9]{4,400}",
    "(?i)order +(?:no|number)s? *:? *([0-9]{3,})",
    "^first",
    "last$",
    "a.*b",
    r"(?s)x.{2,30}y",
    r"\bq(?:u|v)+(?P<name>w|z{2})?\B",
    r"[^a-c]\d\W[\w.]*",
    "(?:ab?c){2,3}|d{0,2}e",
)


def matches(pattern: str, text: str) -> list[tuple[int, int]]:
    data = text.encode()
    spans = [match.span() for match in compile_pattern(pattern).finditer(data)]
    return [(len(data[:start].decode()), len(data[:end].decode())) for start, end in spans]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_beginning_of_every_match_is_seen(pattern: str) -> None:
    begun, turned = Beginnings([pattern]), Beginnings([], [pattern])
    for text in SAID:
        for start, end in matches(pattern, text):
            for cut in range(start + 1, end + 1):
                assert begun.begin(text[:cut]) <= start, (text, cut)
            backwards = text[::-1]
            first, last = len(text) - end, len(text) - start
            for cut in range(first + 1, last + 1):
                assert turned.begin(backwards[:cut]) <= first, (text, cut)


@pytest.mark.parametrize("pattern", CUSTOM)
def test_every_beginning_of_a_customers_pattern_is_seen(pattern: str) -> None:
    rng = random.Random(3)
    begun, turned, seen = Beginnings([pattern]), Beginnings([], [pattern]), 0
    letters = "abcdeqvuwzxy.- 0129TCK-order no: firstlast\n"
    for _ in range(600):
        text = "".join(rng.choice(letters) for _ in range(rng.randrange(14))) + rng.choice(
            ["", "TCK-12345", "Order number: 123", "first", "last", "ab", "a b", "x12345y", "quvvwa", "x1.w", "abcac", "qvzzq"]
        )
        for start, end in matches(pattern, text):
            seen += 1
            for cut in range(start + 1, end + 1):
                assert begun.begin(text[:cut]) <= start, (text, cut)
            for cut in range(len(text) - end + 1, len(text) - start + 1):
                assert turned.begin(text[::-1][:cut]) <= len(text) - end, (text, cut)
    assert seen > 2


def test_of_ordinary_words_none_is_the_beginning_of_an_address_or_a_key() -> None:
    begun = Beginnings([pattern.regex for name in ("EMAIL", "CREDIT_DEBIT_CARD_NUMBER", "PHONE") for pattern in PII_BY_TYPE[name].patterns])
    said = "they have been stable since then, and nobody hears "
    assert begun.begin(said) == len(said)
    assert begun.begin(said + "from bob.the") == len(said + "from ")


@pytest.mark.parametrize("pattern", [r"\pN+x", "[[:alpha:]]b", r"\Qa.b\Ec", "a{,3}b", r"a \\x{3} of"])
def test_what_is_read_in_two_ways_is_not_guessed_at(pattern: str) -> None:
    with pytest.raises(InvalidRequest):
        Beginnings([pattern])
    detectors = compile_detectors(DetectorConfig(regexes=(("odd", pattern),)))
    assert detectors.unfinished is not None
    assert detectors.unfinished.border("it was so and it is so ", 3) == 3


def test_attack_rules_are_not_followed() -> None:
    assert compile_detectors(DetectorConfig(attacks=True)).unfinished is None


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("so it was", len("so it ")),
        ("so it was. ", len("so it was. ")),
        ("so it was (100", len("so it was ")),
        ("a b c d e", 0),
        ("x", 0),
        ("", 0),
        ("&amp", 0),
        ("大きな変化", len("大きな変化")),
        ("it is 大き", len("it is ")),
    ],
)
def test_a_plain_end_stands_behind_a_word(text: str, end: int) -> None:
    assert plain_end(text) == end


@pytest.mark.parametrize(
    "open_segment",
    [
        "w%61llaroon it ",
        "b&#111;mb and ",
        "50% of them so ",
        "s p e l l e d out so ",
        "wlalaroon of old ",
        "d2FsbGFyb29uIGlzIGl0IG5vdA and ",
    ],
)
def test_what_is_not_followed_holds_back_what_is_near_it(open_segment: str) -> None:
    detectors = compile_detectors(DetectorConfig(words=("wallaroon deviltry",)))
    unfinished = detectors.unfinished
    assert unfinished is not None
    near = f"and the readings of it are stable since then. {open_segment}"
    chains = detectors.scan(near).views
    assert unfinished.border(near, 0, chains) <= near.index(open_segment.partition(" ")[0])
    far = near + "they have not been looked at since then, as nobody asks. " * 6
    assert len(far) - len(near) > REACH
    assert unfinished.border(far, len(near), detectors.scan(far).views) > len(near)
