"""Whatever JSON arrives where a policy, a content, checks or messages are expected: it is read, or refused with a typed error."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import CallerError
from ringwall.guardrails import normalise, parse_config
from ringwall.guardrails.checks import parse_checks, parse_messages
from ringwall.inference.content import read_blocks
from ringwall.inference.enforced import parse_enforced
from ringwall.inference.naming import guardrail_id, read_tags, version_word
from ringwall.vocabulary import Limits
from tests.unit.guardrails.scorers import config, content_policy

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
CONTENT = {"content": [{"text": {"text": "a", "qualifiers": ["query"]}}, {"text": {"text": "b"}}]}
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


def read_or_refuse(read: Any, *args: Any) -> None:
    with suppress(CallerError):
        read(*args)


@given(mutated(POLICY))
def test_policies(document: dict[str, Any]) -> None:
    read_or_refuse(parse_config, document)
    read_or_refuse(lambda: parse_config(normalise(document, generated_name="n").config))


@given(JSON)
def test_anything_as_a_document(document: Any) -> None:
    read_or_refuse(lambda: parse_config(normalise(document, generated_name="n").config))


@given(mutated(CONTENT))
def test_contents(document: dict[str, Any]) -> None:
    read_or_refuse(read_blocks, document["content"])


@given(mutated(CHECKS))
def test_checks(document: dict[str, Any]) -> None:
    read_or_refuse(parse_checks, document)


@given(mutated(MESSAGES))
def test_messages(document: dict[str, Any]) -> None:
    read_or_refuse(parse_messages, document["messages"], Limits())


@given(mutated(ENFORCED))
def test_enforcements(document: dict[str, Any]) -> None:
    read_or_refuse(parse_enforced, document)


@given(st.text(max_size=40) | st.from_regex(r"arn:[a-z:0-9/-]{0,60}", fullmatch=True))
def test_identifiers_and_versions(text: str) -> None:
    read_or_refuse(lambda: guardrail_id(text, account_id="111122223333", region="us-east-1"))
    read_or_refuse(version_word, text)


@given(st.lists(st.fixed_dictionaries({"key": LEAVES, "value": LEAVES}), max_size=4))
def test_tags(tags: list[dict[str, Any]]) -> None:
    read_or_refuse(read_tags, tags)
