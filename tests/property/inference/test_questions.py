"""Which words of a question a guardrail judges, and how they come back masked: marks choose, enforced guardrails do not ask them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.guardrails import Applied, Block, compile_guardrail, parse_config
from ringwall.guardrails.content import guarded_indices
from ringwall.inference.compiled import Ready
from ringwall.inference.gateway.gateway import Guard
from ringwall.inference.gateway.questions import masked, pieces_of
from ringwall.wire.dialects.input_tags import read_input_tags
from ringwall.wire.dialects.model import Ask, Text
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.dialects.texts import judged_texts
from tests.unit.guardrails.scorers import SCORERS, config

NAME = "amazon-bedrock-guardrails-guardContent_x"
READY = Ready(
    compile_guardrail(parse_config(config(wordPolicyConfig={"wordsConfig": [{"text": "jane"}]})), SCORERS),
    Applied(guardrail_id="g", version="1", arn="arn"),
)
NAMED = Guard(ready=READY)
ENFORCED = Guard(ready=READY, every_turn=True, system=True)
BY_KEY = Guard(ready=READY, every_turn=True)
SYSTEM_TOO = Guard(ready=READY, system=True)

WORDS = st.text(alphabet="abc \n", min_size=1, max_size=6)
TEXTS = st.lists(st.tuples(st.booleans(), WORDS), min_size=1, max_size=5)


def tagged(parts: list[tuple[bool, str]]) -> str:
    return "".join(f"<{NAME}>{words}</{NAME}>" if mark else words for mark, words in parts)


def asked(turns: list[str], system: str = "", **members: Any) -> Ask:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [{"type": "text", "text": t}]} for t in turns]}
    ask = DIALECTS["anthropic_messages"].read_request({**body, **({"system": system} if system else {}), **members})
    return read_input_tags(ask, "x")


def judged(ask: Ask, guard: Guard) -> list[str]:
    blocks = [piece.block for piece in pieces_of(ask, guard)]
    return [blocks[at].text for at in guarded_indices("INPUT", blocks)]


def plain(parts: list[tuple[bool, str]]) -> str:
    return "".join(words for _, words in parts)


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_exactly_what_is_enclosed_is_judged_where_anything_is(turns: list[list[tuple[bool, str]]]) -> None:
    ask = asked([tagged(parts) for parts in turns])
    marked = [words for parts in turns for mark, words in parts if mark]
    found = judged(ask, NAMED)
    assert "".join(found) == "".join(marked) if marked else found == [plain(parts) for parts in turns]


@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
def test_an_enforced_guardrail_judges_all_whatever_is_enclosed(turns: list[list[tuple[bool, str]]], system: list[tuple[bool, str]]) -> None:
    ask = asked([tagged(parts) for parts in turns], tagged(system))
    assert judged(ask, ENFORCED) == [plain(system), *map(plain, turns)]
    assert judged(ask, BY_KEY)[-len(turns) :] == [plain(parts) for parts in turns]
    assert judged(ask, SYSTEM_TOO)[0] == plain(system)


def test_a_mark_in_a_system_prompt_adds_the_marked_part_of_it() -> None:
    ask = asked(["a question"], tagged([(False, "be kind to "), (True, "jane")]))
    assert judged(ask, NAMED) == ["jane", "a question"]
    assert judged(asked([tagged([(False, "say: "), (True, "hi")])], "be kind"), NAMED) == ["hi"]


@given(st.lists(TEXTS, min_size=1, max_size=3), st.data())
def test_masks_leave_the_rest_as_it_was_and_marks_where_they_were(turns: list[list[tuple[bool, str]]], data: st.DataObject) -> None:
    ask = asked([tagged(parts) for parts in turns])
    pieces = pieces_of(ask, NAMED)
    guarded = guarded_indices("INPUT", [piece.block for piece in pieces])
    news = {at: data.draw(st.sampled_from((pieces[at].block.text, "{MASK}", "", "longer than it was"))) for at in guarded}
    done = masked(ask, pieces, news)
    texts = judged_texts(done)
    wanted: dict[int, str] = {}
    for at, piece in enumerate(pieces):
        wanted[piece.place] = wanted.get(piece.place, "") + news.get(at, piece.block.text)
    assert [text.text for text in texts] == [wanted[at] for at in range(len(texts))]
    assert [message["content"][0]["text"] for message in done.body["messages"]] == [text.text for text in texts]
    if any(mark for parts in turns for mark, _ in parts) and any(news.values()):
        assert "".join(judged(done, NAMED)) == "".join(news[at] for at in guarded)  # the next guardrail judges the same words


def test_what_an_enforced_guardrail_masked_is_judged_whole_by_the_next() -> None:
    ask = asked([tagged([(False, "mail bob@example.com "), (True, "jane")]), "not marked"])
    pieces = pieces_of(ask, ENFORCED)
    done = masked(ask, pieces, {0: "mail {EMAIL} jane"})
    assert judged(done, NAMED) == ["mail {EMAIL} jane"]


@pytest.mark.parametrize(("origin", "block"), [("user", ""), ("tool", "TOOL_RESULT"), ("document", "DOCUMENT"), ("assistant", "")])
def test_a_text_keeps_its_origin(origin: Any, block: str) -> None:
    (piece,) = pieces_of(Ask(model="m", elsewhere=(Text("sunny", origin),)), NAMED)
    assert piece.block == Block("sunny", frozenset(), block)  # type: ignore[arg-type]


def test_members_that_only_a_dialect_knows_are_judged_whatever_is_marked() -> None:
    ask = asked([tagged([(False, "say: "), (True, "hi")])], metadata={"user_id": "ask jane"})
    found = judged(ask, NAMED)
    assert found[0] == "hi"
    assert any("jane" in text for text in found[1:])
