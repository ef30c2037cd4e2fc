"""The matcher of denied topics: what it finds, what it leaves alone, and what it refuses to start with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ringwall.errors import LimitExceeded
from ringwall.guardrails import ports
from ringwall.guardrails.ports import AskedTopic
from ringwall.vocabulary.patience import TakesLong, in_a_hurry
from ringwall.watch import WeightsRefused, lexical, shipped
from ringwall.watch.levels import load_topic_scorer
from ringwall.watch.sentences import BODY, LONGEST, SHORT
from ringwall.watch.topic_matcher import MATCHER, THRESHOLD, TopicMatcher, load_topic_matcher, packed, unpacked
from ringwall.watch.topics import LexicalTopicScorer

SCORER = load_topic_matcher()
INVESTMENT = AskedTopic(
    "Investment advice",
    "Questions about stocks, funds, bonds or portfolios and how to invest money.",
    ("Which shares should I buy?", "Is it better to invest in bonds or in a fund?"),
)
MEDICINE = AskedTopic(
    "Medical advice", "Symptoms, diagnoses, diseases, drugs and the treatment of patients.", ("Which drug treats a fever?",)
)


def score(text: str, topic: AskedTopic = INVESTMENT) -> float:
    port: ports.TopicScorer = SCORER
    return port.score_topics([text], [topic])[0][0]


ABOUT = {
    "an example itself": "Which shares should I buy?",
    "other forms of the words": "Should I be investing in stocks?",
    "none of the topic's words": "Would an ETF on the S&P 500 be a sensible choice for my savings?",
    "one sentence among others": "It rained all day. Which bonds are a good investment now? My dog likes the garden.",
    "a sentence in a long text": "We walked along the river and had lunch. " * 10
    + "How should I invest my money in funds? "
    + "Then we went home. " * 10,
    "in capitals": "WHICH STOCKS ARE GOOD TO BUY AND HOLD FOR TEN YEARS?",
}


@pytest.mark.parametrize("text", ABOUT.values(), ids=ABOUT)
def test_a_text_about_the_topic_reaches_the_threshold(text: str) -> None:
    assert SCORER.threshold <= score(text) <= 1.0


ELSEWHERE = {
    "another subject": "How do I bake a loaf of rye bread?",
    "the topic's words in another sense": "Bond, James Bond, is my favourite film hero, and he shares his flat with a cat.",
    "nothing": "",
    "no words": "?!",
    "only function words": "what is it that you would do",
}


@pytest.mark.parametrize("text", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_text_about_something_else_stays_below_the_threshold(text: str) -> None:
    assert 0.0 <= score(text) < SCORER.threshold


def test_a_topic_without_a_content_word_matches_nothing() -> None:
    assert score("How do I invest in funds?", AskedTopic("?", "!", ())) == 0.0


def test_all_topics_and_windows_are_answered_in_one_call_as_they_are_one_by_one() -> None:
    texts = ["Which shares should I buy?", "My throat hurts and I have a fever, what can I take?", "", "Hello there."]
    found = SCORER.score_topics(texts, [INVESTMENT, MEDICINE])
    assert [[score(text, topic) for text in texts] for topic in (INVESTMENT, MEDICINE)] == found
    assert found[0][0] >= THRESHOLD > found[1][0]
    assert found[1][1] >= THRESHOLD > found[0][1]


def test_no_text_and_no_topic_are_answered_too() -> None:
    assert SCORER.score_topics([], [INVESTMENT]) == [[]]
    assert SCORER.score_topics(["Which shares should I buy?"], []) == []
    assert SCORER.score_topics(["", "?"], [INVESTMENT]) == [[0.0, 0.0]]


def test_no_model_is_asked_in_a_hurry() -> None:
    with pytest.raises(TakesLong):
        in_a_hurry(lambda: score("Is gold a good thing to hold in these uncertain times?"))


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        score("a " * lexical.MAX_CHARACTERS)


def test_short_sentences_are_read_with_the_next_and_long_ones_cut() -> None:
    encoder = SCORER._encoder
    assert [unit.text for unit in encoder.units("No. Yes! It is a long walk from the station to the old harbour.")] == [
        "No. Yes! It is a long walk from the station to the old harbour."
    ]
    assert len(encoder.units("It is a long walk from the station to the old harbour. Why?")) == 1
    cut = encoder.units("tree " * 200)
    assert [len(unit.ids) for unit in cut] == [LONGEST, LONGEST, 200 - 2 * LONGEST]
    assert all(len(unit.ids) >= SHORT for unit in cut)


def test_the_model_id_carries_the_digest_and_the_measured_auroc() -> None:
    digest = shipped.checked(MATCHER)[1]
    assert SCORER.model_id == f"ringwall-topics/1@sha256:{digest[:16]},auroc:{SCORER.measured_auroc:.3f}"
    assert LexicalTopicScorer().measured_auroc < SCORER.measured_auroc < 1.0


def folder(tmp_path: Path, **changed: bytes) -> Path:
    """A folder with the shipped files, some of them changed, all pinned."""
    files = {name: (shipped.folder() / name).read_bytes() for name in (BODY, MATCHER)} | {
        name.replace("__", "-").replace("_", "."): data for name, data in changed.items()
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    pins = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    (tmp_path / shipped.PINS).write_text(pins)
    return tmp_path


def matcher(**members: object) -> bytes:
    return json.dumps(json.loads((shipped.folder() / MATCHER).read_bytes()) | members).encode()


WRONG = {
    "another encoder": {"sentences_sha256": "0" * 64},
    "another format": {"format": 2},
    "an unknown member": {"extra": 1},
    "another feature": {"weights": {"name": 1.0}},
    "a bank that is not base64": {"bank": "*"},
    "a bank of other rows": {"bank_rows": 7},
}


@pytest.mark.parametrize("members", WRONG.values(), ids=WRONG)
def test_a_wrong_matcher_is_refused_with_a_remedy(members: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused) as raised:
        load_topic_matcher(where=folder(tmp_path, topics__v1_json=matcher(**members)))
    assert raised.value.how_to_mend


@pytest.mark.parametrize("name", [BODY, MATCHER])
def test_a_missing_or_changed_file_is_refused(name: str, tmp_path: Path) -> None:
    where = folder(tmp_path)
    assert load_topic_matcher(where=where).model_id == SCORER.model_id
    data = (where / name).read_bytes()
    (where / name).write_bytes(data[:-1] + b"\n\n")
    with pytest.raises(WeightsRefused):
        load_topic_matcher(where=where)
    (where / name).unlink()
    with pytest.raises(WeightsRefused):
        load_topic_matcher(where=where)


def test_a_file_that_is_pinned_but_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused):
        load_topic_matcher(where=folder(tmp_path, sentences__v1_onnx=b"no model"))


def test_without_the_extra_words_alone_judge_and_the_model_id_says_so() -> None:
    assert isinstance(load_topic_scorer(), TopicMatcher)
    without = load_topic_scorer(("numpy", "a_package_that_is_not_there"))
    assert without.model_id.startswith("ringwall-topics-lexical/1")


def test_packed_rows_come_back_nearly_the_same() -> None:
    rows = SCORER._encoder.vectors([unit for text in ABOUT.values() for unit in SCORER._encoder.units(text)])
    again = unpacked(packed(rows), len(rows))
    assert (rows * again).sum(1).min() > 0.999
