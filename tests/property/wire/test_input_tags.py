"""Bedrock's input tags: what they enclose is marked, they are gone, and none is read in two ways."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.wire.dialects.input_tags import InputTagsRefused, read_input_tags
from ringwall.wire.dialects.model import Ask
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.dialects.texts import judged_texts

NAME = "amazon-bedrock-guardrails-guardContent_"
OPEN, CLOSE = f"<{NAME}xyz>", f"</{NAME}xyz>"
WORDS = st.text(alphabet='ab <>/_&"\\é\n', max_size=12)


def asked(content: Any, *, dialect: str = "anthropic_messages", **members: Any) -> Ask:
    return DIALECTS[dialect].read_request({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": content}], **members})


@given(st.lists(st.tuples(st.booleans(), WORDS), max_size=8), st.booleans())
def test_what_is_enclosed_is_marked_and_the_tags_are_gone(parts: list[tuple[bool, str]], block: bool) -> None:
    tagged = "".join(OPEN + words + CLOSE if mark else words for mark, words in parts)
    plain = "".join(words for _, words in parts)
    for dialect in ("anthropic_messages", "openai_chat"):
        ask = read_input_tags(asked([{"type": "text", "text": tagged}] if block else tagged, dialect=dialect), "xyz")
        (text,) = judged_texts(ask)
        assert text.text == plain
        assert [text.text[start:end] for start, end in text.marked] == [words for mark, words in parts if mark and words]
        sent = ask.body["messages"][0]["content"]
        assert (sent[0]["text"] if block else sent) == plain
        assert NAME not in msgspec.json.encode(DIALECTS["converse"].write_request(ask, model="m")).decode()


@given(st.lists(st.sampled_from((OPEN, CLOSE, "words ", f"<{NAME}xyzz>", f"<{NAME}XYZ>", f"{NAME}xyz ", f"<{NAME}xyz >")), max_size=6))
def test_tags_are_refused_or_paired_and_nothing_is_left_of_them(parts: list[str]) -> None:
    tags = [part for part in parts if part in (OPEN, CLOSE)]
    paired = tags == [OPEN, CLOSE] * (len(tags) // 2) and not any(
        "xyz" in part.lower() and part not in (OPEN, CLOSE) for part in _own(parts)
    )
    try:
        ask = read_input_tags(asked("".join(parts)), "xyz")
    except InputTagsRefused:
        assert not paired
        return
    assert paired
    assert "".join(part for part in parts if part not in (OPEN, CLOSE)) == judged_texts(ask)[0].text


def _own(parts: list[str]) -> list[str]:
    """Leave out the tag of another suffix, which is words."""
    return [part for part in parts if part != f"<{NAME}xyzz>"]


REFUSED: dict[str, Any] = {
    "never closed": f"static {OPEN}question",
    "never opened": f"static {CLOSE}",
    "opened twice": f"{OPEN}a{OPEN}b{CLOSE}{CLOSE}",
    "closed in another block": [{"type": "text", "text": f"{OPEN}a"}, {"type": "text", "text": f"b{CLOSE}"}],
    "in another case": f"<{NAME.upper()}xyz>a</{NAME.upper()}xyz>",
    "with a blank": f"<{NAME}xyz >a{CLOSE}",
    "made by taking others out": f"<amazon-bedrock-{OPEN}{CLOSE}guardrails-guardContent_xyz>a{CLOSE}",
    "left when others are gone": f"amazon-bedrock-guard{OPEN}{CLOSE}rails-guardContent_xyz",
}


@pytest.mark.parametrize("case", REFUSED, ids=REFUSED.keys())
def test_a_tag_that_cannot_be_read_one_way_only_is_refused(case: str) -> None:
    with pytest.raises(InputTagsRefused):
        read_input_tags(asked(REFUSED[case]), "xyz")


@pytest.mark.parametrize("suffix", ["", "a-b", "a" * 21, "é", 7, ["xyz"], ".*", "xyz\n"])
def test_a_suffix_is_letters_and_digits(suffix: object) -> None:
    with pytest.raises(InputTagsRefused, match="tagSuffix"):
        read_input_tags(asked("hello"), suffix)


def test_tags_stand_in_system_prompts_tool_results_and_documents_too() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": f"sunny {OPEN}or not{CLOSE}"}
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": f"{OPEN}page{CLOSE}"}}
    ask = read_input_tags(asked([result, document], system=f"be kind to {OPEN}Jane{CLOSE}"), "xyz")
    assert [(text.text, text.marked) for text in judged_texts(ask)] == [
        ("be kind to Jane", ((11, 15),)),
        ("sunny or not", ((6, 12),)),
        ("page", ((0, 4),)),
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"tools": [{"name": "t", "description": f"{OPEN}finds{CLOSE}", "input_schema": {"type": "object"}}]},
        {"tools": [{"name": "t", "input_schema": {"type": "object", "title": f"{OPEN}finds{CLOSE}"}}]},
        {"metadata": {"user_id": f"{NAME}xyz"}},
        {"stop_sequences": [CLOSE]},
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": f"{OPEN}b{CLOSE}"}]},
    ],
    ids=["a tool's description", "a schema", "metadata", "a stop sequence", "what the model said"],
)
def test_tags_stand_nowhere_else(members: dict[str, Any]) -> None:
    with pytest.raises(InputTagsRefused):
        read_input_tags(asked("hello", **members), "xyz")


def test_without_tags_the_request_is_as_it_was() -> None:
    ask = asked("hello")
    assert read_input_tags(ask, "xyz") is ask
