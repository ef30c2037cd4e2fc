"""Scores, confidence levels, strengths and windows."""

from __future__ import annotations

import base64
import math
import random
import string
from collections.abc import Sequence

import pytest

from ringwall.guardrails import Block, compile_guardrail, evaluate, parse_config
from ringwall.guardrails.learned import (
    STRIDE,
    WINDOW,
    Reading,
    breaches,
    confidence_of,
    score_categories,
    severity_of,
    windows,
)
from ringwall.guardrails.passages import passages_of, runs_of_words
from ringwall.guardrails.scan import readings_of
from ringwall.text.detectors import DetectorConfig, compile_detectors
from ringwall.vocabulary import Limits, Span
from tests.unit.guardrails.scorers import SCORERS, SpokenScorer, Unreliable, config, content_policy

THRESHOLDS = (0.3, 0.6, 0.9)


@pytest.mark.parametrize(
    ("score", "confidence"),
    [(0.0, "NONE"), (0.299, "NONE"), (0.3, "LOW"), (0.599, "LOW"), (0.6, "MEDIUM"), (0.899, "MEDIUM"), (0.9, "HIGH"), (1.0, "HIGH")],
)
def test_a_score_reaches_the_level_whose_threshold_it_reaches(score: float, confidence: str) -> None:
    assert confidence_of(score, THRESHOLDS) == confidence


@pytest.mark.parametrize(
    ("strength", "detected"),
    [("NONE", []), ("LOW", ["HIGH"]), ("MEDIUM", ["MEDIUM", "HIGH"]), ("HIGH", ["LOW", "MEDIUM", "HIGH"])],
)
def test_a_stronger_filter_detects_less_certain_content(strength: str, detected: list[str]) -> None:
    assert [level for level in ("NONE", "LOW", "MEDIUM", "HIGH") if breaches(level, strength)] == detected


@pytest.mark.parametrize(
    ("score", "severity"),
    [(0.0, 0.0), (0.14, 0.0), (0.15, 0.2), (0.29, 0.2), (0.3, 0.4), (0.6, 0.6), (0.9, 0.8), (0.94, 0.8), (0.95, 1.0), (1.0, 1.0)],
)
def test_severity_rises_in_steps_that_meet_the_levels(score: float, severity: float) -> None:
    assert severity_of(score, THRESHOLDS) == severity


@pytest.mark.parametrize("length", [0, 1, WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + STRIDE, 5 * STRIDE + 7])
def test_windows_cover_every_character_at_fixed_offsets(length: int) -> None:
    text = "".join(chr(0x100 + index) for index in range(length))
    cut = list(windows(text))
    assert all(piece == text[index * STRIDE : index * STRIDE + WINDOW] for index, piece in enumerate(cut))
    assert set().union(*cut) == set(text)
    assert all(len(piece) <= WINDOW for piece in cut)


def test_a_passage_at_a_window_border_is_whole_in_one_window() -> None:
    text = "x" * (WINDOW - 5) + " hate at 95 " + "x" * 400
    assert score_categories(SpokenScorer(), [Reading((), text)])["HATE"].score == 0.95


def test_the_worst_reading_counts_and_is_named() -> None:
    worst = score_categories(
        SpokenScorer(), [Reading((), "hate at 10"), Reading(("base64",), "hate at 80"), Reading(("fold",), "hate at 20")]
    )
    assert (worst["HATE"].score, worst["HATE"].chain) == (0.8, ("base64",))


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.1, 1.5])
def test_a_number_that_is_no_score_raises(score: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        score_categories(Unreliable({"HATE": score}), [Reading((), "text")])


LANGUAGE = {
    "words in a row among noise": ("x9k..\x01 how do I make it at home quickly zz|%%", "how do I make it at home quickly zz"),
    "words of another alphabet": ("7%$ как сделать это дома быстро и тихо %%", "как сделать это дома быстро и тихо"),
    "a script without spaces": ("a1\u0003你好世界你好世界你好%%", "你好世界你好世界你好"),
    "four words are too few": ("one two three four", ""),
    "single letters are noise": ("a b c d e f g h", ""),
    "one long run is noise": ("a" * 200, ""),
    "words with cases and digits within are noise": ("RgtQ0M zwGdG rrGUx PxPa l Z0Sr9fumXdUKA V", ""),
    "words of several scripts at once are noise": ("qzwgju\u05edzZf zvw\u0491wv \u0491r26ndN tz\u0434\u05d0b E\u4330\u84d0", ""),
    "one character over and over is noise": ("\u0413\u0413\u0413\u0413\u0413 ddddd \u0682\u0682\u0682\u0682\u0682 fffff jjjjj", ""),
    "accents, capitals and numbers are language": ("Bitte sag mir den Schlüssel für Tür 1200", "Bitte sag mir den Schlüssel für Tür 1200"),
    "one word in leet among others is language": ("kill them all with p0is0n in the town", "kill them all with p0is0n in the town"),
    "lone surrogates": ("\ud800 one two three four five", "one two three four five"),
    "nothing": ("", ""),
}


def cut(text: str, spans: Sequence[Span]) -> list[str]:
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize("case", LANGUAGE, ids=LANGUAGE.keys())
def test_what_reads_like_language_in_a_decoded_text(case: str) -> None:
    text, passages = LANGUAGE[case]
    assert "\n".join(cut(text, passages_of(text, set()))) == passages


@pytest.mark.parametrize("mixed", [0, 1, 2])
def test_a_hidden_message_in_mixed_cases_is_language(mixed: int) -> None:
    message = "this message says something that nobody ought to read, and hides it well"
    written = "".join(letter.upper() if (i + mixed) % (2 + mixed) else letter for i, letter in enumerate(message))
    assert passages_of(written, set()) == [Span(0, len(written))]


APART = "One two three four five / six seven eight nine ten / any other words stand over here / the last of all these passages"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        pytest.param(
            "nine", ["One two three four five", "six seven eight NINE ten", "any other words stand over here"], id="neighbours too"
        ),
        pytest.param("last", ["any other words stand over here", "the LAST of all these passages"], id="at the end"),
        pytest.param("/", [], id="nothing new"),
    ],
)
def test_of_a_decoded_text_only_what_is_new_is_scored(changed: str, told: list[str]) -> None:
    decoded = APART.replace(changed, changed.upper())
    known = set(cut(APART, runs_of_words(APART)))
    assert cut(decoded, passages_of(decoded, known)) == told
    assert passages_of(decoded, known) == []


def test_what_was_found_in_a_passage_is_told_where_it_stands() -> None:
    hidden = "".join(f"%{ord(letter):02x}" for letter in "hate")
    plain = "Nothing at all is said in the first part. " * 3
    text = f"{plain} / this one says {hidden} at 95 and then no more / {plain}"
    guardrail = compile_guardrail(parse_config(config(**content_policy(("HATE", "LOW", "LOW")))), SCORERS)
    verdict = evaluate(guardrail, "INPUT", [Block(text)], Limits()).verdicts[0]
    assert verdict.action == "BLOCK"
    assert verdict.place is not None
    assert hidden in text[verdict.place.span.start : verdict.place.span.end]


def test_a_long_page_with_some_escapes_is_scored_without_reading_it_again() -> None:
    words = " / ".join(f"Item {number} of the list is described in these few words" for number in range(1_000))
    text = words.replace("Item 500", "I%74em 500").replace("Item 600", "&#73;tem 600").replace("Item 700", "Ite=6D 700")
    readings = readings_of(compile_detectors(DetectorConfig()).scan_views(text, limits=Limits())[1])
    raw, *decoded = readings
    assert raw.text == text
    assert decoded
    assert sum(len(each.text) for each in decoded) < len(text) / 10


@pytest.mark.parametrize(
    ("written", "told"),
    [
        pytest.param("nothing is changed here", {(): "nothing is changed here"}, id="nothing folds"),
        pytest.param("\u201cno\u201d \u2013 that\u2019s all", {("fold",): '"no" - that\'s all'}, id="signs: the fold stands for the text"),
        pytest.param("how\ufe0f to\u200b \u2060hide", {("fold",): "how to hide"}, id="what nobody sees, between words"),
        pytest.param(
            "please \uff4b\uff49\uff4c\uff4c it",
            {(): "please \uff4b\uff49\uff4c\uff4c it", ("fold",): "please kill it"},
            id="wide letters: both",
        ),
        pytest.param("please k\u200bill it", {(): "please k\u200bill it", ("fold",): "please kill it"}, id="what nobody sees, in a word"),
        pytest.param("\u200b\u200b", {(): "\u200b\u200b"}, id="nothing but what nobody sees"),
        pytest.param("\u2026\u2026", {(): "\u2026\u2026", ("fold",): "......"}, id="no word at all"),
    ],
)
def test_a_text_or_its_fold_is_scored_and_both_where_words_differ(written: str, told: dict[tuple[str, ...], str]) -> None:
    readings = readings_of(compile_detectors(DetectorConfig()).scan_views(written, limits=Limits())[1])
    assert {each.chain: each.text for each in readings} == told


def test_of_a_long_fold_only_the_windows_that_differ_are_scored() -> None:
    text = "plain words " * 2_000 + "please \uff4b\uff49\uff4c\uff4c it " + "\u201cplain\u201d words " + "plain words " * 2_000
    raw, folded = readings_of(compile_detectors(DetectorConfig()).scan_views(text, limits=Limits())[1])
    assert raw.text == text
    assert "please kill it" in folded.text
    assert len(folded.text) <= 3 * WINDOW
    at = folded.text.index("kill")
    place = folded.place(at, at + 4)
    assert text[place.span.start : place.span.end] == "\uff4b\uff49\uff4c\uff4c"


def test_random_letters_are_hardly_ever_language() -> None:
    rng = random.Random(7)
    noise = [" ".join("".join(rng.choices(string.ascii_letters, k=rng.randint(3, 8))) for _ in range(8)) for _ in range(1_000)]
    assert sum(bool(passages_of(text, set())) for text in noise) <= 10


def test_a_harmful_message_in_base64_is_scored() -> None:
    hidden = base64.b64encode(b"this message says hate at 95 and no more").decode()
    guardrail = compile_guardrail(parse_config(config(**content_policy(("HATE", "LOW", "LOW")))), SCORERS)
    evaluation = evaluate(guardrail, "INPUT", [Block(f"please read {hidden} now")], Limits())
    assert evaluation.outcome.action == "BLOCK"
    assert "base64" in " ".join(evaluation.verdicts[0].chain)
