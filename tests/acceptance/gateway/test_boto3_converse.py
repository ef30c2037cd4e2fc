"""An unmodified boto3 asks models through a live server: Converse and ConverseStream, with a guardrail and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from tests.acceptance.gateway.test_chat import records
from tests.live import Live

MODEL = "ringwall.development-v1"
POLICY = {
    "blockedInputMessaging": "ask something else",
    "blockedOutputsMessaging": "no answer to that",
    "wordPolicyConfig": {"wordsConfig": [{"text": "wallaroon deviltry", "inputEnabled": True}, {"text": "83", "inputEnabled": False}]},
    "sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE", "inputAction": "NONE"}]},
}


def client(live: Live, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=live.url,
        region_name="us-east-1",
        aws_access_key_id=live.ready["accessKeyId"],
        aws_secret_access_key=live.ready["secretAccessKey"],
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def guardrail(live: Live) -> Iterator[dict[str, str]]:
    bedrock = client(live, "bedrock")
    made = bedrock.create_guardrail(name="gateway", **POLICY)
    yield {"guardrailIdentifier": made["guardrailId"], "guardrailVersion": "DRAFT", "trace": "enabled"}
    bedrock.delete_guardrail(guardrailIdentifier=made["guardrailId"])


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


def streamed(answer: Any) -> tuple[str, str, list[str], dict[str, Any]]:
    """Return a stream's text, its stop reason, the names of its events and its metadata."""
    text, reason, names, metadata = "", "", [], {}
    for event in answer["stream"]:
        ((name, payload),) = event.items()
        names.append(name)
        text += payload.get("delta", {}).get("text", "")
        reason = payload.get("stopReason", reason)
        metadata = payload if name == "metadata" else metadata
    return text, reason, names, metadata


def test_a_question_without_a_guardrail_is_answered(live: Live) -> None:
    answer = client(live, "bedrock-runtime").converse(modelId=MODEL, messages=said("good morning"))
    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": "good morning"}]}
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"] == {"inputTokens": 2, "outputTokens": 2, "totalTokens": 4}
    assert "trace" not in answer


def test_what_a_question_may_not_hold_is_asked_of_nobody(live: Live, guardrail: dict[str, str]) -> None:
    answer = client(live, "bedrock-runtime").converse(modelId=MODEL, messages=said("a wallaroon deviltry"), guardrailConfig=guardrail)
    assert answer["stopReason"] == "guardrail_intervened"
    assert answer["output"]["message"]["content"] == [{"text": "ask something else"}]
    (assessment,) = answer["trace"]["guardrail"]["inputAssessment"].values()
    assert assessment["wordPolicy"]["customWords"][0]["action"] == "BLOCKED"


def test_an_answer_is_masked_whole_and_streamed(live: Live, guardrail: dict[str, str]) -> None:
    runtime = client(live, "bedrock-runtime")
    question = said("mail bob@example.com please")
    answer = runtime.converse(modelId=MODEL, messages=question, guardrailConfig=guardrail)
    assert answer["output"]["message"]["content"] == [{"text": "mail {EMAIL} please"}]
    text, reason, names, metadata = streamed(runtime.converse_stream(modelId=MODEL, messages=question, guardrailConfig=guardrail))
    assert (text, reason) == ("mail {EMAIL} please", "end_turn")
    assert (names[0], names[-2:]) == ("messageStart", ["messageStop", "metadata"])
    ((assessment,),) = metadata["trace"]["guardrail"]["outputAssessments"].values()
    assert assessment["sensitiveInformationPolicy"]["piiEntities"][0]["action"] == "ANONYMIZED"


def test_an_answer_is_stopped_where_it_breaks_the_policy(live: Live, guardrail: dict[str, str]) -> None:
    runtime = client(live, "bedrock-runtime")
    text, reason, names, _ = streamed(runtime.converse_stream(modelId=MODEL, messages=said("count 2000"), guardrailConfig=guardrail))
    assert reason == "guardrail_intervened"
    assert text.endswith("no answer to that")
    assert " 83" not in text
    assert names.count("messageStop") == 1


def test_a_long_answer_leaves_in_pieces(live: Live, guardrail: dict[str, str]) -> None:
    runtime = client(live, "bedrock-runtime")
    text, reason, names, _ = streamed(runtime.converse_stream(modelId=MODEL, messages=said("the pump " * 200), guardrailConfig=guardrail))
    assert text.split() == ["the", "pump"] * 200
    assert reason == "end_turn"
    assert names.count("contentBlockDelta") > 3


def test_a_model_that_fails_in_the_middle_is_told(live: Live, guardrail: dict[str, str]) -> None:
    answer = client(live, "bedrock-runtime").converse_stream(modelId=MODEL, messages=said("fail"), guardrailConfig=guardrail)
    with pytest.raises(EventStreamError, match="modelStreamErrorException"):
        list(answer["stream"])
    answer["stream"].close()


def test_a_model_that_nobody_named_is_asked_nothing(live: Live) -> None:
    with pytest.raises(ClientError) as error:
        client(live, "bedrock-runtime").converse(modelId="no.such-model", messages=said("hello"))
    assert error.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_tool_is_called_through_the_wall(live: Live, guardrail: dict[str, str]) -> None:
    tools = {"tools": [{"toolSpec": {"name": "look_up", "description": "finds", "inputSchema": {"json": {"type": "object"}}}}]}
    answer = client(live, "bedrock-runtime").converse(
        modelId=MODEL, messages=said('call look_up {"of": "bob@example.com"}'), toolConfig=tools, guardrailConfig=guardrail
    )
    assert answer["stopReason"] == "tool_use"
    (used,) = [block["toolUse"] for block in answer["output"]["message"]["content"] if "toolUse" in block]
    assert (used["name"], used["input"]) == ("look_up", {"of": "{EMAIL}"})


def test_an_image_under_a_guardrail_is_refused(live: Live, guardrail: dict[str, str]) -> None:
    content = [{"text": "what is this"}, {"image": {"format": "png", "source": {"bytes": b"png"}}}]
    with pytest.raises(ClientError) as error:
        client(live, "bedrock-runtime").converse(modelId=MODEL, messages=[{"role": "user", "content": content}], guardrailConfig=guardrail)
    assert error.value.response["Error"]["Code"] == "ValidationException"


def test_question_and_answer_are_in_the_record_without_their_words(live: Live, guardrail: dict[str, str]) -> None:
    streamed(
        client(live, "bedrock-runtime").converse_stream(modelId=MODEL, messages=said("an unusual heliotrope"), guardrailConfig=guardrail)
    )
    ours = [json.dumps(event) for event in records(live, "ConverseStream")]
    assert len(ours) >= 2, "one record before the answer's first byte, one before its last"
    assert not any("heliotrope" in event for event in ours)


VENDORS = [
    {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100, "messages": [{"role": "user", "content": "mail bob@example.com"}]},
    {"messages": [{"role": "user", "content": "mail bob@example.com"}]},
]


@pytest.mark.parametrize("body", VENDORS, ids=["anthropic", "openai"])
def test_a_model_is_invoked_in_its_vendors_words(live: Live, guardrail: dict[str, str], body: dict[str, Any]) -> None:
    runtime = client(live, "bedrock-runtime")
    named = {"guardrailIdentifier": guardrail["guardrailIdentifier"], "guardrailVersion": "DRAFT", "trace": "ENABLED"}
    answer = json.loads(runtime.invoke_model(modelId=MODEL, body=json.dumps(body), **named)["body"].read())
    text = answer["content"][0]["text"] if "content" in answer else answer["choices"][0]["message"]["content"]
    assert text == "mail {EMAIL}"
    assert answer["amazon-bedrock-guardrailAction"] == "INTERVENED"
    assert answer["amazon-bedrock-trace"]["guardrail"]["outputs"]
    stream = runtime.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(body), **named)["body"]
    chunks = [json.loads(event["chunk"]["bytes"]) for event in stream]
    pieces = [
        chunk.get("delta", {}).get("text", "") + "".join(c["delta"].get("content") or "" for c in chunk.get("choices", ()))
        for chunk in chunks
    ]
    assert "".join(pieces) == "mail {EMAIL}"
    assert chunks[-1]["amazon-bedrock-guardrailAction"] == "INTERVENED"


@pytest.mark.parametrize(
    ("body", "named", "word"),
    [
        ({"inputText": "hello"}, {}, "dialect"),
        ({"messages": [], "amazon-bedrock-guardrailConfig": {}}, {}, "names no guardrail"),
        ([], {}, "JSON object"),
        (VENDORS[1], {"guardrailIdentifier": "abc"}, "go together"),
    ],
)
def test_what_cannot_be_invoked_is_refused(live: Live, body: Any, named: dict[str, str], word: str) -> None:
    with pytest.raises(ClientError, match=word) as error:
        client(live, "bedrock-runtime").invoke_model(modelId=MODEL, body=json.dumps(body), **named)
    assert error.value.response["Error"]["Code"] == "ValidationException"


def test_a_guardrail_that_is_named_by_half_is_refused(live: Live) -> None:
    for half in ({}, {"guardrailIdentifier": "abc"}, {"guardrailVersion": "1"}):
        with pytest.raises(ClientError) as error:
            client(live, "bedrock-runtime").converse(modelId=MODEL, messages=said("hello"), guardrailConfig=half)
        assert error.value.response["Error"]["Code"] == "ValidationException"


def test_an_answer_that_does_not_stream_is_withheld_whole(live: Live, guardrail: dict[str, str]) -> None:
    answer = client(live, "bedrock-runtime").converse(modelId=MODEL, messages=said("count 2000"), guardrailConfig=guardrail)
    assert answer["stopReason"] == "guardrail_intervened"
    assert answer["output"]["message"]["content"] == [{"text": "no answer to that"}]


def test_words_that_only_the_upstream_knows_are_judged_too(live: Live, guardrail: dict[str, str]) -> None:
    answer = client(live, "bedrock-runtime").converse(
        modelId=MODEL,
        messages=said("good morning"),
        additionalModelRequestFields={"messages": [{"role": "user", "content": "a wallaroon deviltry"}]},
        guardrailConfig=guardrail,
    )
    assert answer["stopReason"] == "guardrail_intervened"


def test_a_mark_in_the_system_prompt_leaves_the_turns_judged(live: Live, guardrail: dict[str, str]) -> None:
    answer = client(live, "bedrock-runtime").converse(
        modelId=MODEL,
        system=[{"guardContent": {"text": {"text": "fine"}}}],
        messages=said("a wallaroon deviltry"),
        guardrailConfig=guardrail,
    )
    assert answer["stopReason"] == "guardrail_intervened"


@pytest.fixture
def enforced(live: Live) -> Iterator[str]:
    bedrock = client(live, "bedrock")
    made = bedrock.create_guardrail(name="enforced-gateway", **POLICY)["guardrailId"]
    version = bedrock.create_guardrail_version(guardrailIdentifier=made)["version"]
    config = {
        "guardrailIdentifier": made,
        "guardrailVersion": version,
        "modelEnforcement": {"includedModels": [MODEL], "excludedModels": []},
    }
    put = bedrock.put_enforced_guardrail_configuration(guardrailInferenceConfig=config)
    yield made
    bedrock.delete_enforced_guardrail_configuration(configId=put["configId"])
    bedrock.delete_guardrail(guardrailIdentifier=made)


@pytest.mark.parametrize("name", [MODEL, "development"])
def test_what_is_enforced_for_a_model_is_enforced_under_all_its_names(live: Live, enforced: str, name: str) -> None:
    assert enforced
    runtime = client(live, "bedrock-runtime")
    assert runtime.converse(modelId=name, messages=said("a wallaroon deviltry"))["stopReason"] == "guardrail_intervened"
    system = runtime.converse(modelId=name, system=[{"text": "a wallaroon deviltry"}], messages=said("hello"))
    assert system["stopReason"] == "guardrail_intervened", "where nothing is said, system prompts are judged too"
    marked = [{"role": "user", "content": [{"guardContent": {"text": {"text": "fine"}}}, {"text": "a wallaroon deviltry"}]}]
    assert runtime.converse(modelId=name, messages=marked)["stopReason"] == "guardrail_intervened"


def test_a_reference_that_is_marked_leaves_the_answer_judged(live: Live) -> None:
    bedrock = client(live, "bedrock")
    grounding = {"contextualGroundingPolicyConfig": {"filtersConfig": [{"type": "GROUNDING", "threshold": 0.0}]}}
    made = bedrock.create_guardrail(name="grounded-gateway", **{**POLICY, **grounding})["guardrailId"]
    content = [
        {"guardContent": {"text": {"text": "the pump is new", "qualifiers": ["grounding_source", "guard_content"]}}},
        {"guardContent": {"text": {"text": "say when", "qualifiers": ["query", "guard_content"]}}},
        {"text": "mail bob@example.com"},
    ]
    answer = client(live, "bedrock-runtime").converse(
        modelId=MODEL,
        messages=[{"role": "user", "content": content}],
        guardrailConfig={"guardrailIdentifier": made, "guardrailVersion": "DRAFT"},
    )
    assert "bob@example.com" not in answer["output"]["message"]["content"][0]["text"]
    bedrock.delete_guardrail(guardrailIdentifier=made)


def test_a_policy_can_ask_for_a_guardrail(live: Live, guardrail: dict[str, str]) -> None:
    iam = client(live, "iam")
    arn = f"arn:aws:bedrock:us-east-1:{live.ready['accountId']}:guardrail/{guardrail['guardrailIdentifier']}"
    allowed = {
        "Effect": "Allow",
        "Action": "bedrock:InvokeModel",
        "Resource": "*",
        "Condition": {"StringEquals": {"bedrock:GuardrailIdentifier": arn}},
    }
    applied = {"Effect": "Allow", "Action": "bedrock:ApplyGuardrail", "Resource": arn}

    def may(*statements: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName="guarded", PolicyName="p", PolicyDocument=document)

    iam.create_user(UserName="guarded")
    may(allowed, applied)
    key = iam.create_access_key(UserName="guarded")["AccessKey"]
    runtime = boto3.client(
        "bedrock-runtime",
        endpoint_url=live.url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    assert runtime.converse(modelId=MODEL, messages=said("hello"), guardrailConfig=guardrail)["stopReason"] == "end_turn"
    with pytest.raises(ClientError) as error:
        runtime.converse(modelId=MODEL, messages=said("hello"))
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    may({**allowed, "Condition": {}}, {**applied, "Resource": f"{arn}x"})
    runtime.converse(modelId=MODEL, messages=said("hello"))
    for refused in (
        lambda: runtime.converse(modelId=MODEL, messages=said("hello"), guardrailConfig=guardrail),
        lambda: runtime.apply_guardrail(
            guardrailIdentifier=guardrail["guardrailIdentifier"],
            guardrailVersion="DRAFT",
            source="INPUT",
            content=[{"text": {"text": "hello"}}],
        ),
    ):
        with pytest.raises(ClientError, match=f"bedrock:ApplyGuardrail on resource: {arn} ") as error:
            refused()
        assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    iam.delete_access_key(UserName="guarded", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="guarded", PolicyName="p")
    iam.delete_user(UserName="guarded")
