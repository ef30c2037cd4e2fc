"""boto3 itself, unmodified but for its socket: its signed requests are verified, routed and read, and it reads our answers, errors and events.

aws = modelled: boto3 is the other side, not AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from ringwall.vocabulary import Limits
from ringwall.wire import (
    HttpRequest,
    Match,
    Router,
    SigV4Claim,
    decode_input,
    encode_error,
    encode_event,
    encode_exception_event,
    encode_output,
    parse_credentials,
    verify_sigv4,
)

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ROUTER = Router(["bedrock", "bedrock-runtime", "iam", "sts", "cloudwatch"])
Answer = Callable[[Match, dict[str, Any]], tuple[int, tuple[tuple[str, str], ...], bytes]]


class Raw(BytesIO):
    """A body as botocore expects it from urllib3."""

    def stream(self, amt: int = 1024, decode_content: bool = False) -> Any:
        del decode_content
        while chunk := self.read(amt):
            yield chunk


class Server:
    """Stands where the socket was."""

    def __init__(self, answer: Answer, secret: str = SECRET) -> None:
        self.answer = answer
        self.secret = secret
        self.seen: list[tuple[Match, dict[str, Any]]] = []

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        url = urlsplit(request.url)
        headers = [("host", url.netloc)]
        headers += [
            (name.lower(), value.decode("latin-1") if isinstance(value, bytes) else str(value)) for name, value in request.headers.items()
        ]
        body = request.body or b""
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else body.read()
        got = HttpRequest(request.method, url.path.encode(), url.query.encode(), tuple(headers), raw, secure=False)
        claim = parse_credentials(got)
        assert isinstance(claim, SigV4Claim)
        verify_sigv4(claim, got, self.secret, datetime.now(UTC))
        match = ROUTER.match(got, claim.service)
        value = decode_input(match, got, Limits())
        self.seen.append((match, value))
        status, answered, content = self.answer(match, value)
        return AWSResponse(request.url, status, dict(answered), Raw(content))


def client(service: str, server: Server, **extra: Any) -> Any:
    made = boto3.client(
        service,
        endpoint_url="http://127.0.0.1:8741",
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key=SECRET,
        config=Config(retries={"max_attempts": 0}),
        **extra,
    )
    made.meta.events.register("before-send", server)
    return made


def returning(value: dict[str, Any]) -> Answer:
    def answer(match: Match, _value: dict[str, Any]) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        made = encode_output(match, value, "r-1")
        return made.status, made.headers, made.body

    return answer


def failing(code: str) -> Answer:
    def answer(match: Match, _value: dict[str, Any]) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        made = encode_error(match, match.protocol, code, "no", 400, "client", "r-1")
        return made.status, made.headers, made.body

    return answer


CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GUARDRAIL = {"name": "g", "blockedInputMessaging": "a", "blockedOutputsMessaging": "b"}
CALLS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("bedrock", "create_guardrail", GUARDRAIL, {"guardrailId": "abc", "guardrailArn": "arn:x", "version": "DRAFT", "createdAt": CREATED}),
    ("bedrock", "list_guardrails", {"maxResults": 3}, {"guardrails": []}),
    ("bedrock", "delete_guardrail", {"guardrailIdentifier": "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc"}, {}),
    (
        "bedrock-runtime",
        "apply_guardrail",
        {"guardrailIdentifier": "abc", "guardrailVersion": "DRAFT", "source": "INPUT", "content": [{"text": {"text": "é 😀 a:b"}}]},
        {"action": "NONE", "outputs": [], "assessments": []},
    ),
    (
        "iam",
        "create_user",
        {"UserName": "bob", "Tags": [{"Key": "k", "Value": "a b+c=é"}]},
        {"User": {"UserName": "bob", "CreateDate": CREATED}},
    ),
    ("sts", "get_caller_identity", {}, {"Account": "123456789012", "Arn": "arn:x", "UserId": "u"}),
    ("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": [{"MetricName": "m", "Timestamp": CREATED, "Value": 1.5}]}, {}),
]


@pytest.mark.parametrize(("service", "method", "params", "answer"), CALLS, ids=[f"{call[0]}-{call[1]}" for call in CALLS])
def test_calls_arrive_and_answers_are_read(service: str, method: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
    server = Server(returning(answer))
    made = getattr(client(service, server), method)(**params)
    metadata = made.pop("ResponseMetadata")
    assert metadata["RequestId"] == "r-1"
    assert made == answer
    sent = {key: value for key, value in server.seen[0][1].items() if key != "clientRequestToken"}
    assert sent == params


@pytest.mark.parametrize(
    ("service", "method", "params", "code", "caught"),
    [
        ("bedrock", "get_guardrail", {"guardrailIdentifier": "abc"}, "ResourceNotFoundException", "ResourceNotFoundException"),
        ("bedrock-runtime", "invoke_model", {"modelId": "m", "body": b"{}"}, "ThrottlingException", "ThrottlingException"),
        ("iam", "get_user", {"UserName": "bob"}, "NoSuchEntity", "NoSuchEntityException"),
        (
            "sts",
            "assume_role",
            {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "session"},
            "ExpiredTokenException",
            "ExpiredTokenException",
        ),
        (
            "cloudwatch",
            "set_alarm_state",
            {"AlarmName": "a", "StateValue": "OK", "StateReason": "r"},
            "ResourceNotFound",
            "ResourceNotFound",
        ),
        ("bedrock", "list_guardrails", {}, "UnrecognizedClientException", ""),
    ],
)
def test_errors_become_boto3s_own_exceptions(service: str, method: str, params: dict[str, Any], code: str, caught: str) -> None:
    made = client(service, Server(failing(code)))
    kind = getattr(made.exceptions, caught) if caught else ClientError
    with pytest.raises(kind) as raised:
        getattr(made, method)(**params)
    assert raised.value.response["Error"]["Message"] == "no"
    assert raised.value.response["ResponseMetadata"]["RequestId"] == "r-1"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 400


def test_a_session_token_travels() -> None:
    server = Server(returning({"guardrails": []}))
    client("bedrock", server, aws_session_token="token//==").list_guardrails()
    assert len(server.seen) == 1


def test_event_streams_are_read_to_their_end_and_their_exceptions_raised() -> None:
    def answer(match: Match, _value: dict[str, Any]) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        head = encode_output(match, {}, "r-1")
        events = [
            encode_event(match.service, match.operation, "messageStart", {"role": "assistant"}),
            encode_event(match.service, match.operation, "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "hi"}}),
            encode_exception_event(match.service, match.operation, "validationException", "stop"),
        ]
        return head.status, head.headers, b"".join(events)

    streamed = client("bedrock-runtime", Server(answer)).converse_stream(
        modelId="m", messages=[{"role": "user", "content": [{"text": "x"}]}]
    )
    read: list[Any] = []
    with pytest.raises(EventStreamError, match="stop"):
        drain(streamed["stream"], read)
    assert read == [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "hi"}}},
    ]


def drain(stream: Any, read: list[Any]) -> None:
    for event in stream:
        read.append(event)  # noqa: PERF402 - what was read before the exception counts
