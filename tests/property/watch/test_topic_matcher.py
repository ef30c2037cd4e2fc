"""Whatever the text: units cover it, and a text's score does not depend on what it is asked with."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.guardrails.ports import AskedTopic
from ringwall.watch import lexical
from ringwall.watch.sentences import LONGEST
from ringwall.watch.topic_matcher import load_topic_matcher

SCORER = load_topic_matcher()
WORDS = st.sampled_from(
    ["shares", "buy", "bread", "Why?", "Yes.", "\n", "caf\u00e9", "\u4f60\u597d", "\U0001f600", "\ud800", "\u200b", "a" * 150, "1,000"]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=60).map(" ".join))
TOPICS = st.builds(
    AskedTopic,
    st.text(min_size=1, max_size=50),
    st.text(min_size=1, max_size=100),
    st.lists(st.text(min_size=1, max_size=50), max_size=2).map(tuple),
)


@given(TEXTS)
def test_units_hold_every_word_in_order_and_none_is_too_long(text: str) -> None:
    units = SCORER._encoder.units(text)
    assert all(0 < len(unit.ids) <= LONGEST or not unit.ids for unit in units)
    held = [word for unit in units for word in lexical.words(unit.text)]
    assert "".join(held) == "".join(lexical.words(text))


@settings(max_examples=40)
@given(st.lists(TEXTS, min_size=1, max_size=3), TOPICS)
def test_a_score_is_a_share_and_the_same_in_any_company(texts: list[str], topic: AskedTopic) -> None:
    together = SCORER.score_topics(texts, [topic])[0]
    assert all(0.0 <= score <= 1.0 for score in together)
    assert [SCORER.score_topics([text], [topic])[0][0] for text in texts] == together
