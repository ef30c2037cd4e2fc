"""The committed vectors, which need nothing beside the repository: signatures by botocore's signer, requests by its serializers.

aws = modelled: botocore is the other side, not AWS.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ringwall.errors import RingwallError
from ringwall.vocabulary import Limits
from ringwall.wire import (
    HttpRequest,
    Match,
    Router,
    SigV4Claim,
    decode_input,
    encode_output,
    load_service,
    parse_credentials,
    sign_request,
    verify_sigv4,
)
from ringwall.wire.sigv4 import SigningKey

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
SIGNATURES = json.loads((VECTORS / "wire-sigv4.json").read_text(encoding="utf-8"))
PROTOCOLS = json.loads((VECTORS / "wire-protocols.json").read_text(encoding="utf-8"))


def request_of(case: dict[str, Any]) -> HttpRequest:
    headers = tuple((name, value) for name, value in case["headers"])
    raw = (case["raw_path"].encode(), case["query"].encode())
    return HttpRequest(case["method"], *raw, headers, base64.b64decode(case["body"]), secure=case.get("secure", False))


def value_of(value: Any) -> Any:
    """Read `$bytes` and `$moment` back."""
    if isinstance(value, dict):
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        if "$moment" in value:
            return datetime.fromisoformat(value["$moment"])
        return {key: value_of(item) for key, item in value.items()}
    return [value_of(item) for item in value] if isinstance(value, list) else value


def outcome(request: HttpRequest, now: datetime) -> str:
    try:
        claim = parse_credentials(request)
        assert isinstance(claim, SigV4Claim)
        verify_sigv4(claim, request, SIGNATURES["secret"], now)
    except RingwallError as error:
        return error.code
    return "accepted"


@pytest.mark.parametrize("case", SIGNATURES["cases"], ids=lambda case: case["name"])
def test_signatures_are_accepted_or_refused_as_the_vectors_say(case: dict[str, Any]) -> None:
    now = datetime.fromisoformat(SIGNATURES["signed_at"]) + timedelta(minutes=case.get("minutes", 0))
    assert outcome(request_of(case), now) == case["expect"]


def test_what_we_sign_is_what_botocore_signs() -> None:
    now = datetime.fromisoformat(SIGNATURES["signed_at"])
    checked = 0
    for case in SIGNATURES["cases"]:
        request = request_of(case)
        claim = parse_credentials(request)
        assert isinstance(claim, SigV4Claim)
        if case["expect"] != "accepted" or case.get("minutes") or "HTTP/2" in case["name"]:
            continue
        key = SigningKey(claim.access_key_id, SIGNATURES["secret"], claim.region, claim.service, claim.session_token)
        unsigned = frozenset(name for name, _ in request.headers) - set(claim.signed_headers)
        again = parse_credentials(sign_request(request, key, now, unsigned=unsigned))
        assert again == claim
        checked += 1
    assert checked >= 5


@pytest.mark.parametrize("case", PROTOCOLS["inputs"], ids=lambda case: f"{case['operation']}-{case['protocol']}")
def test_requests_are_routed_and_read(case: dict[str, Any]) -> None:
    router = Router(["bedrock", "bedrock-runtime", "iam", "sts", "cloudwatch"])
    request = request_of(case)
    match = router.match(request, load_service(case["service"]).signing_name)
    assert (match.service.name, match.operation.name, match.protocol) == (case["service"], case["operation"], case["protocol"])
    assert decode_input(match, request, Limits()) == value_of(case["input"])


@pytest.mark.parametrize("case", PROTOCOLS["outputs"], ids=lambda case: f"{case['operation']}-{case['protocol']}")
def test_answers_are_written_byte_for_byte(case: dict[str, Any]) -> None:
    service = load_service(case["service"])
    match = Match(service, service.operations[case["operation"]], case["protocol"])
    answer = encode_output(match, value_of(case["output"]), "00000000-0000-4000-8000-000000000000")
    assert answer.status == case["status"]
    assert [list(pair) for pair in answer.headers] == case["headers"]
    assert answer.body == base64.b64decode(case["body"])
