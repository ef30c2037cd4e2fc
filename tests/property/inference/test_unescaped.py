"""What JSON hides behind its own escapes is judged decoded: in a tool's arguments, in a question's JSON, as it goes on and as it leaves."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.guardrails import Applied, compile_guardrail, parse_config
from ringwall.inference.compiled import Ready
from ringwall.inference.gateway.gateway import Gateway, Guard, Passed
from ringwall.inference.gateway.unescaped import unescaped
from ringwall.inference.workers import Workers
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.errors import Unmaskable
from ringwall.wire.dialects.model import BlockDelta, BlockKind, MessageStop
from ringwall.wire.dialects.table import DIALECTS
from tests.property.inference.test_guarding import events_of, pass_through, texts_of
from tests.unit.guardrails.scorers import SCORERS, config

POLICY = {
    "wordPolicyConfig": {"wordsConfig": [{"text": "bomb"}]},
    "sensitiveInformationPolicyConfig": {
        "piiEntitiesConfig": [{"type": "PASSWORD", "action": "BLOCK"}, {"type": "EMAIL", "action": "ANONYMIZE"}],
    },
}
APPLIED = Applied(guardrail_id="g", version="1", arn="arn")
READINGS = {
    readings: Ready(compile_guardrail(parse_config(config(**POLICY, readings=readings)), SCORERS), APPLIED) for readings in ("ALL", "RAW")
}
HIDDEN = {
    "a word behind a line's end": r'{"t":"x\nbomb"}',
    "a letter as its code": r'{"t":"\u0062omb"}',
    "a name": r'{"x\tbomb":1}',
    "quoted": r'{"t":"password=\"hunter2x!\""}',
    "in a list of lists": r'[["x\nbomb"]]',
    "in JSON in JSON": json.dumps({"t": json.dumps({"u": "x\nbomb"})}),
    "beside a name that comes twice": r'{"t":"x\nbomb","t":1}',
    "before something that is no JSON": r'{"t":"x\nbomb"',
}
VALUES = st.recursive(
    st.text(max_size=8) | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@given(st.lists(VALUES, max_size=4))
def test_every_string_and_name_is_said_as_it_decodes(value: list[Any]) -> None:
    written = json.dumps(value)
    said = unescaped(written)
    assert bool(said) <= ("\\" in written)
    if "\\" in written:
        assert all(each in said for each in strings_of(value))


def strings_of(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [each for name, item in value.items() for each in (name, *strings_of(item))]
    return [each for item in value for each in strings_of(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("plain", ["", "a text with a \\ in it", '{"a":"no escape"}', "{ not \\ JSON at all }"])
def test_what_has_no_strings_with_escapes_says_nothing_more(plain: str) -> None:
    assert not unescaped(plain)


@pytest.mark.parametrize("hold", [True, False], ids=["whole", "streamed"])
@pytest.mark.parametrize("readings", READINGS)
@pytest.mark.parametrize("arguments", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_call_whose_decoded_arguments_are_denied_does_not_leave(arguments: str, readings: str, *, hold: bool) -> None:
    for cut in (1, len(arguments)):
        pieces = [arguments[start : start + cut] for start in range(0, len(arguments), cut)]
        left = pass_through(READINGS[readings], events_of([("tool_use", pieces)]), hold=hold)
        assert all("bomb" not in text and "hunter2x" not in text and "\\" not in text for text in texts_of(left).values())
        assert [event.reason for event in left if isinstance(event, MessageStop)] == ["guardrail_intervened"]


def test_blocks_of_a_whole_answer_are_judged_together_too() -> None:
    cases: list[list[tuple[BlockKind, list[str]]]] = [
        [("text", ["mail bob@exa"]), ("text", ["mple.com ok"])],
        [("reasoning", ["a bo"]), ("text", ["well"]), ("reasoning", ["mb now"])],
    ]
    for answer in cases:
        left = pass_through(READINGS["ALL"], events_of(answer), hold=True)
        assert [event.reason for event in left if isinstance(event, MessageStop)] == ["guardrail_intervened"]
    left = pass_through(READINGS["ALL"], events_of([("text", ["mail "]), ("text", ["bob@example.com"])]), hold=True)
    assert list(texts_of(left).values()) == ["mail ", "{EMAIL}"]


@pytest.mark.parametrize("hold", [True, False], ids=["whole", "streamed"])
def test_harmless_escapes_leave_as_they_came(*, hold: bool) -> None:
    arguments = r'{"t":"one\ntwo \"three\" \u00fcber"}'
    left = pass_through(READINGS["ALL"], events_of([("tool_use", [arguments])]), hold=hold)
    assert "".join(event.text for event in left if isinstance(event, BlockDelta)) == arguments


def asked(value: str) -> Passed:
    message = {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "mail", "input": {"q": value}}]}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]}
    body = {
        "model": "m",
        "max_tokens": 9,
        "tools": [{"name": "mail", "input_schema": {"type": "object"}}],
        "messages": [{"role": "user", "content": "hi"}, message, result],
    }
    ask = DIALECTS["anthropic_messages"].read_request(body)

    class Keys:
        def digest(self, account_id: str, data: bytes, *, version: int = 0) -> str:
            return f"{account_id}{version}{len(data)}"

    async def run() -> Passed:
        no_upstream: Any = None  # a question is judged before anyone is asked
        workers = Workers(inline_characters=1_000_000)
        try:
            gateway = Gateway(no_upstream, workers=workers, keys=Keys(), limits=Limits())
            return await gateway.judge("1", ask, [Guard(ready=READINGS["ALL"], every_turn=True, system=True)])
        finally:
            workers.close()

    return asyncio.run(run())


@pytest.mark.parametrize("value", ["x\nbomb", 'password="hunter2x!"'])
def test_a_question_whose_decoded_json_is_denied_is_blocked(value: str) -> None:
    passed = asked(value)
    assert passed.blocked is not None
    assert passed.questions[-1].evaluation.outcome.action == "BLOCK"


def test_harmless_json_passes_and_what_only_decoding_shows_cannot_be_masked() -> None:
    assert asked('one\ntwo "three"').blocked is None
    with pytest.raises(Unmaskable):
        asked(json.dumps({"to": "\u00fc"})[:-1] + ', "b": "bob\\u0040example.com"}')
