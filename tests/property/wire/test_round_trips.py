"""What botocore writes, ringwall reads; what ringwall writes, botocore reads: every operation of the services that are served.

Inputs are valid by construction (patterns, enums, bounds), so a violation is a failure too. Values are drawn from a seed that hypothesis
chooses.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import HeadersDict
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ringwall.vocabulary import Limits
from ringwall.wire import HttpRequest, Match, Router, decode_input, encode_output, load_service
from ringwall.wire.canonical import canonical_query

from .shape_values import Maker, plain, without_empty

SERVICES = ("bedrock", "bedrock-runtime", "iam", "sts", "cloudwatch")  # the last for CBOR: it speaks three protocols
EXAMPLES = max(5, settings().max_examples // 20)
PHASES = (Phase.explicit, Phase.generate)  # a seed does not shrink to anything simpler
LIMITS = Limits()
SEEDS = st.integers(0, 2**32 - 1)

_loader = Loader()
MODELS = {name: ServiceModel(_loader.load_service_model(name, "service-2"), name) for name in SERVICES}
ROUTER = Router(SERVICES)
CASES = [
    (service, operation, protocol)
    for service in SERVICES
    for protocol in load_service(service).protocols
    for operation in MODELS[service].operation_names
]


def as_request(model: OperationModel, protocol: str, sent: dict[str, Any]) -> HttpRequest:
    """Turn what botocore's serializer made into what a server receives."""
    path, _, query = sent["url_path"].partition("?")
    headers = {name.lower(): str(value) for name, value in sent["headers"].items()}
    parameters = sent["query_string"]
    if isinstance(parameters, dict) and parameters:
        from botocore.compat import urlencode

        encoded = urlencode(parameters, doseq=True).replace("+", "%20")
        query = f"{query}&{encoded}" if query else encoded
    body = sent["body"]
    if isinstance(body, dict):
        from urllib.parse import urlencode as form

        body = form(body)
    raw = body.encode() if isinstance(body, str) else bytes(body or b"")
    if protocol == "query":
        headers["content-type"] = "application/x-www-form-urlencoded; charset=utf-8"
    return HttpRequest(model.http["method"], path.encode(), query.encode(), tuple(headers.items()), raw, secure=True)


@pytest.mark.parametrize(("service", "operation", "protocol"), CASES)
def test_what_botocore_writes_ringwall_reads(service: str, operation: str, protocol: str) -> None:
    model = MODELS[service].operation_model(operation)
    if model.has_event_stream_input:
        pytest.skip("the operation sends an event stream, which is refused by name")

    @settings(max_examples=EXAMPLES, phases=PHASES)
    @given(seed=SEEDS)
    def round_trip(seed: int) -> None:
        maker = Maker(seed, valid=True, sparse=protocol != "query")
        params = maker.value(model.input_shape) if model.input_shape is not None else {}
        sent = create_serializer(protocol, include_validation=True).serialize_to_request(params, model)
        request = as_request(model, protocol, sent)
        match = ROUTER.match(request, MODELS[service].signing_name)
        assert (match.service.name, match.operation.name, match.protocol) == (service, operation, protocol)
        decoded = plain(decode_input(match, request, LIMITS))
        wanted = plain(params)
        if protocol == "query":
            decoded, wanted = without_empty(decoded), without_empty(wanted)
        assert decoded == wanted
        canonical_query(request.query)

    round_trip()


@pytest.mark.parametrize(("service", "operation", "protocol"), CASES)
def test_what_ringwall_writes_botocore_reads(service: str, operation: str, protocol: str) -> None:
    model = MODELS[service].operation_model(operation)
    ours = load_service(service)

    @settings(max_examples=EXAMPLES, phases=PHASES)
    @given(seed=SEEDS)
    def round_trip(seed: int) -> None:
        value = Maker(seed, valid=False).value(model.output_shape) if model.output_shape is not None else {}
        answer = encode_output(Match(ours, ours.operations[operation], protocol), value, "request-1")
        assert answer.header("x-amzn-requestid") == "request-1"
        if model.has_event_stream_output:
            assert answer.header("content-type") == "application/vnd.amazon.eventstream"
            return
        body = BytesIO(answer.body) if model.has_streaming_output else answer.body
        received = {"status_code": answer.status, "headers": HeadersDict(dict(answer.headers)), "body": body}
        parsed = create_parser(protocol).parse(received, model.output_shape)
        parsed.pop("ResponseMetadata")
        assert plain(parsed) == plain(value)

    round_trip()
