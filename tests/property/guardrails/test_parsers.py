"""Whatever JSON arrives where a policy, a content, checks or messages are expected: it is read as it was meant, or refused with a typed error."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import CallerError
from ringwall.guardrails import normalise, parse_config
from ringwall.guardrails.checks import parse_checks, parse_messages
from ringwall.inference.content import read_blocks
from ringwall.inference.enforced import parse_enforced
from ringwall.inference.naming import guardrail_arn, guardrail_id, read_tags, version_word
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import config, content_policy

Read = TypeVar("Read")
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(("TEXT", "BLOCK", "HIGH", "NONE", "HATE"))
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
)

POLICY = config(
    **content_policy(("HATE", "LOW", "HIGH"), ("PROMPT_ATTACK", "LOW", "NONE")),
    topicPolicyConfig={"topicsConfig": [{"name": "t", "definition": "d", "type": "DENY", "examples": ["e"]}]},
    wordPolicyConfig={"wordsConfig": [{"text": "alpha"}], "managedWordListsConfig": [{"type": "PROFANITY"}]},
    sensitiveInformationPolicyConfig={
        "piiEntitiesConfig": [{"type": "EMAIL", "action": "BLOCK"}],
        "regexesConfig": [{"name": "r", "pattern": "a", "action": "BLOCK"}],
    },
    contextualGroundingPolicyConfig={"filtersConfig": [{"type": "GROUNDING", "threshold": 0.5}]},
)
POLICY["contentPolicyConfig"]["originStrengths"] = {"TOOL_RESULT": {"HATE": "HIGH"}, "DOCUMENT": {"PROMPT_ATTACK": "NONE"}}  # type: ignore[index]
CONTENT = {"content": [{"text": {"text": "a", "qualifiers": ["query"]}}, {"text": {"text": "b", "origin": "DOCUMENT"}}]}
CHECKS = {"contentFilter": {"categories": [{"category": "HATE"}]}, "sensitiveInformation": {"entities": [{"type": "EMAIL"}]}}
MESSAGES = {"messages": [{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]}
ENFORCED = {"guardrailIdentifier": "a", "guardrailVersion": "1", "modelEnforcement": {"includedModels": ["ALL"], "excludedModels": []}}


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in members:
        found += places(inner, (*at, key))
    return found


def mutated(valid: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A valid document with something else in one to three places."""

    @st.composite
    def build(draw: st.DrawFn) -> Any:
        document = copy.deepcopy(valid)
        for _ in range(draw(st.integers(1, 3))):
            *path, last = draw(st.sampled_from(places(document)))
            holder = document
            for key in path:
                holder = holder[key]
            holder[last] = draw(JSON)
        return document

    return build()


def read_or_refuse(read: Callable[..., Read], *args: Any) -> Read | None:
    """Return what was read; None where it was refused, in words that a caller can do something with."""
    try:
        return read(*args)
    except CallerError as error:
        refusal = error
    assert refusal.message
    assert 400 <= refusal.status < 500
    return None


def again(value: Any) -> Any:
    """What was read, as somebody would send it."""
    return json.loads(msgspec.json.encode(value))


def test_what_is_valid_is_read() -> None:
    """The documents that the others change: a parser that refuses all and sundry passes none of these."""
    assert parse_config(POLICY).words[0].text == "alpha"
    assert [block.text for block in read_blocks(CONTENT["content"])] == ["a", "b"]
    assert parse_checks(CHECKS).harms == ("HATE",)
    assert [each.text for each in parse_messages(MESSAGES["messages"], Limits())] == ["a", "b"]
    assert parse_enforced(ENFORCED).guardrail_version == "1"


@given(mutated(POLICY))
def test_a_policy_that_is_read_checks_something_and_is_read_again_as_it_is(document: dict[str, Any]) -> None:
    parsed = read_or_refuse(parse_config, document)
    if parsed is not None:
        assert parse_config(again(parsed)) == parsed
        assert any(filter_.is_enabled(source) for filter_ in parsed.filters for source in ("INPUT", "OUTPUT"))


@given(mutated(POLICY) | JSON)
def test_a_short_form_is_made_whole_once(document: Any) -> None:
    made = read_or_refuse(lambda: normalise(document, generated_name="n"))
    if made is None:
        assert not isinstance(document, dict)
        return
    twice = normalise(made.config, generated_name="other")
    assert repr(twice.config) == repr(made.config)  # by their words: what is no number equals nothing
    assert twice.warnings == ()
    parsed = read_or_refuse(parse_config, made.config)
    assert parsed is None or parsed.name == made.config["name"]


@given(mutated(CONTENT))
def test_contents_are_read_block_by_block(document: dict[str, Any]) -> None:
    blocks = read_or_refuse(read_blocks, document["content"])
    if blocks is not None:
        sent = [each["text"] for each in document["content"]]
        assert [block.text for block in blocks] == [each["text"] for each in sent]
        assert [block.qualifiers for block in blocks] == [frozenset(each.get("qualifiers") or ()) for each in sent]
        assert [block.origin for block in blocks] == [each.get("origin") or "" for each in sent]


@given(mutated(CHECKS))
def test_checks_are_those_that_were_asked_for(document: dict[str, Any]) -> None:
    checks = read_or_refuse(parse_checks, document)
    if checks is not None:
        asked = {member: value for member, value in document.items() if value is not None}
        harms = asked.get("contentFilter", {}).get("categories", ())
        assert list(checks.harms) == [each["category"] for each in harms]
        assert list(checks.entities) == [each["type"] for each in asked.get("sensitiveInformation", {}).get("entities", ())]
        assert checks.harms or checks.attacks or checks.entities


@given(mutated(MESSAGES))
def test_messages_are_read_text_by_text(document: dict[str, Any]) -> None:
    texts = read_or_refuse(parse_messages, document["messages"], Limits())
    if texts is not None:
        sent = [
            (index, at, block["text"]) for index, message in enumerate(document["messages"]) for at, block in enumerate(message["content"])
        ]
        assert [(each.message, each.content, each.text) for each in texts] == sent


@given(mutated(ENFORCED))
def test_an_enforcement_that_is_read_is_read_again_as_it_is(document: dict[str, Any]) -> None:
    parsed = read_or_refuse(parse_enforced, document)
    if parsed is not None:
        assert parse_enforced(again(parsed)) == parsed
        assert parsed.guardrail_identifier == document["guardrailIdentifier"]


@given(st.text(max_size=40) | st.from_regex(r"(arn:aws:bedrock:us-east-1:111122223333:guardrail/)?[a-z0-9:/-]{0,60}", fullmatch=True))
def test_an_identifier_is_the_end_of_what_was_sent_and_a_version_is_a_number(text: str) -> None:
    identifier = read_or_refuse(lambda: guardrail_id(text, account_id="111122223333", region="us-east-1"))
    if identifier is not None:
        assert re.fullmatch("[a-z0-9]{1,64}", identifier)
        assert text in {identifier, guardrail_arn("us-east-1", "111122223333", identifier)}
    version = read_or_refuse(version_word, text)
    assert version is None or version == "DRAFT" or (version == text and int(version) >= 1)


TAG = st.fixed_dictionaries({"key": LEAVES | st.sampled_from(("a", "b", "aws:c")), "value": LEAVES})


@given(st.lists(TAG, max_size=4))
def test_tags_are_those_that_were_sent(tags: list[dict[str, Any]]) -> None:
    read = read_or_refuse(read_tags, tags)
    if read is not None:
        assert list(read.items()) == [(tag["key"], tag["value"]) for tag in tags]
        assert not any(key.lower().startswith("aws:") for key in read)
