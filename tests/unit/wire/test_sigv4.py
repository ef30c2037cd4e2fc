"""Signatures and bearer keys: what is refused, under which name."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ringwall.errors import NotAuthenticated
from ringwall.wire import (
    BearerClaim,
    HttpRequest,
    SigningKey,
    SigV4Claim,
    parse_credentials,
    sign_request,
    verify_sigv4,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = SigningKey("AKIDEXAMPLE", "secret/+", "us-east-1", "bedrock")
PLAIN = HttpRequest("POST", b"/a%3Ab/c", b"x=1&a=%20", (("host", "h:1"), ("content-type", "application/json")), b"{}", secure=False)


def change(request: HttpRequest, *, headers: tuple[tuple[str, str], ...] | None = None, **fields: object) -> HttpRequest:
    if headers is not None:
        fields["headers"] = headers
    return msgspec.structs.replace(request, **fields)


def with_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    return change(request, headers=(*request.headers, (name, value)))


def outcome(request: HttpRequest, now: datetime = NOW, secret: str = KEY.secret_access_key) -> str:
    try:
        claim = parse_credentials(request)
        assert isinstance(claim, SigV4Claim)
        verify_sigv4(claim, request, secret, now)
    except NotAuthenticated as error:
        return error.code
    return "accepted"


def test_a_signed_request_is_accepted_and_no_other() -> None:
    signed = sign_request(PLAIN, KEY, NOW)
    assert outcome(signed) == "accepted"
    assert outcome(signed, secret="other") == "signature-does-not-match"
    assert outcome(change(signed, query=b"a=%20&x=1")) == "accepted"  # order is not part of a query's meaning
    assert outcome(change(signed, query=b"x=2&a=%20")) == "signature-does-not-match"
    assert outcome(change(signed, raw_path=b"/a%3ab/c")) == "signature-does-not-match"
    assert outcome(change(signed, body=b"{ }")) == "signature-does-not-match"


@pytest.mark.parametrize(
    ("minutes", "expect"), [(0, "accepted"), (15, "accepted"), (-15, "accepted"), (15.1, "signature-expired"), (-15.1, "signature-expired")]
)
def test_a_date_may_be_fifteen_minutes_off_in_either_direction(minutes: float, expect: str) -> None:
    assert outcome(sign_request(PLAIN, KEY, NOW), NOW + timedelta(minutes=minutes)) == expect


def hashed(value: str) -> HttpRequest:
    return with_header(PLAIN, "x-amz-content-sha256", value)


def test_a_declared_hash_must_be_the_bodys() -> None:
    assert outcome(sign_request(hashed(hashlib.sha256(b"{}").hexdigest()), KEY, NOW)) == "accepted"
    signed = sign_request(hashed(hashlib.sha256(b"{}").hexdigest()), KEY, NOW)
    assert outcome(change(signed, body=b"[]")) == "payload-hash-mismatch"


def test_an_unsigned_payload_is_accepted_over_tls_only() -> None:
    over_tls = sign_request(change(hashed("UNSIGNED-PAYLOAD"), secure=True), KEY, NOW)
    assert outcome(over_tls) == "accepted"
    assert outcome(change(over_tls, body=b"anything")) == "accepted"
    assert outcome(change(over_tls, secure=False)) == "unsigned-payload-refused"


@pytest.mark.parametrize(
    "mode", ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-EVENTS"]
)
def test_payloads_signed_in_chunks_are_refused_by_name(mode: str) -> None:
    signed = sign_request(PLAIN, KEY, NOW)
    claim = parse_credentials(signed)
    assert isinstance(claim, SigV4Claim)
    request = with_header(signed, "x-amz-content-sha256", mode)
    covering = msgspec.structs.replace(claim, signed_headers=(*claim.signed_headers, "x-amz-content-sha256"))
    with pytest.raises(NotAuthenticated, match=mode):
        verify_sigv4(covering, request, "secret", NOW)


def test_every_x_amz_header_and_the_host_must_be_signed() -> None:
    signed = sign_request(PLAIN, KEY, NOW)
    assert outcome(with_header(signed, "x-amz-meta", "1")) == "incomplete-signature"
    assert outcome(with_header(signed, "x-amz-security-token", "1")) == "incomplete-signature"
    assert outcome(with_header(signed, "x-amzn-trace-id", "1")) == "accepted"
    no_host = (*signed.headers[:-1], (signed.headers[-1][0], signed.headers[-1][1].replace(";host", "")))
    assert outcome(change(signed, headers=no_host)) == "incomplete-signature"


def test_a_header_that_is_signed_must_be_there() -> None:
    signed = sign_request(with_header(PLAIN, "x-note", "1"), KEY, NOW)
    assert outcome(change(signed, headers=tuple(pair for pair in signed.headers if pair[0] != "x-note"))) == "signature-does-not-match"


def test_http2_signs_the_authority_in_the_hosts_stead() -> None:
    over_h2 = change(PLAIN, headers=((":authority", "h:1"), ("content-type", "application/json")))
    signed = sign_request(over_h2, KEY, NOW)
    assert ":authority;content-type" in signed.headers[-1][1]
    assert outcome(signed) == "accepted"
    assert outcome(with_header(signed, "host", "h:1")) == "accepted"  # as the server makes it
    assert outcome(with_header(signed, "host", "h:2")) == "incomplete-signature"


def test_session_tokens_are_signed_and_handed_on() -> None:
    signed = sign_request(PLAIN, SigningKey("AKIDEXAMPLE", "s", "us-east-1", "bedrock", "tok=="), NOW)
    claim = parse_credentials(signed)
    assert isinstance(claim, SigV4Claim)
    assert claim.session_token == "tok=="
    assert outcome(signed, secret="s") == "accepted"
    swapped = tuple((name, "other" if name == "x-amz-security-token" else value) for name, value in signed.headers)
    assert outcome(change(signed, headers=swapped), secret="s") == "signature-does-not-match"
    assert outcome(with_header(signed, "x-amz-security-token", "b"), secret="s") == "incomplete-signature"


def test_repeated_headers_and_white_space_are_folded() -> None:
    request = change(PLAIN, headers=(*PLAIN.headers, ("x-list", "  a   b "), ("x-list", "c")))
    signed = sign_request(request, KEY, NOW)
    folded = tuple(pair for pair in signed.headers if pair[0] != "x-list")
    assert outcome(change(signed, headers=(*folded, ("x-list", "a b"), ("x-list", " c ")))) == "accepted"
    assert outcome(change(signed, headers=(*folded, ("x-list", "c"), ("x-list", "a b")))) == "signature-does-not-match"


def test_the_date_header_stands_in_when_it_is_signed() -> None:
    dated = change(PLAIN, headers=(*PLAIN.headers, ("date", "Fri, 02 Jan 2026 03:04:05 GMT")))
    signed = sign_request(dated, KEY, NOW)
    assert outcome(signed) == "accepted"
    without = tuple(pair for pair in signed.headers if pair[0] != "x-amz-date")
    assert outcome(change(signed, headers=without)) == "signature-does-not-match"  # x-amz-date was signed


@pytest.mark.parametrize(
    ("date", "code"),
    [
        ("Fri, 02 Jan 2026 03:04:05 GMT", "signature-does-not-match"),
        ("20260102T030405Z", "signature-does-not-match"),
        ("Fri, 02 Jan 2026", "incomplete-signature"),
        ("Fri, 02 Jan 0000 03:04:05 GMT", "incomplete-signature"),
        ("yesterday", "incomplete-signature"),
    ],
)
def test_the_date_header_is_read_strictly(date: str, code: str) -> None:
    header = "AWS4-HMAC-SHA256 " + GOOD.replace("x-amz-date", "date")
    assert outcome(change(PLAIN, headers=(("host", "h"), ("date", date), ("authorization", header)))) == code
    unsigned = header.replace("host;date", "host")
    assert outcome(change(PLAIN, headers=(("host", "h"), ("date", date), ("authorization", unsigned)))) == "incomplete-signature"


@pytest.mark.parametrize("service", ["bedrock", "iam"])
def test_paths_are_normalised_and_encoded_twice_save_for_s3(service: str) -> None:
    key = msgspec.structs.replace(KEY, service=service)
    signed = sign_request(change(PLAIN, raw_path=b"/a/./b/../c%2Fd/"), key, NOW)
    assert outcome(change(signed, raw_path=b"/a/c%2Fd/")) == "accepted"
    s3 = sign_request(change(PLAIN, raw_path=b"/a/./b"), msgspec.structs.replace(KEY, service="s3"), NOW)
    assert outcome(s3) == "accepted"
    assert outcome(change(s3, raw_path=b"/a/b")) == "signature-does-not-match"


GOOD = "Credential=AKIDEXAMPLE/20260102/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + "a" * 64


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("AWS4-HMAC-SHA256", "incomplete-signature"),
        ("AWS4-HMAC-SHA256 " + GOOD.replace("Signature=", "Sig="), "incomplete-signature"),
        ("AWS4-HMAC-SHA256 " + GOOD.replace("a" * 64, "A" * 64), "incomplete-signature"),
        ("AWS4-HMAC-SHA256 " + GOOD.replace("aws4_request", "aws5_request"), "incomplete-signature"),
        ("AWS4-HMAC-SHA256 " + GOOD.replace("host;x-amz-date", "Host;x-amz-date"), "incomplete-signature"),
        ("AWS4-HMAC-SHA256 " + GOOD.replace("host;x-amz-date", "host;host"), "incomplete-signature"),
        ("AWS4-HMAC-SHA256 " + GOOD.replace("host;x-amz-date", ";".join(f"h{n}" for n in range(200))), "incomplete-signature"),
        ("AWS4-HMAC-SHA256 " + GOOD + ", Signature=" + "b" * 64, "incomplete-signature"),
        ("AWS4-HMAC-SHA256 " + GOOD.replace("20260102", "20260101"), "signature-does-not-match"),
        ("AWS4-HMAC-SHA256 " + GOOD, "signature-does-not-match"),
        ("AWS4-HMAC-SHA256 " + GOOD.replace(", ", ","), "signature-does-not-match"),
        ("AWS4-ECDSA-P256-SHA256 " + GOOD, "incomplete-signature"),
        ("Basic dXNlcjpwYXNz", "incomplete-signature"),
        ("Bearer ", "incomplete-signature"),
        ("Bearer a b", "incomplete-signature"),
        ("Bearer " + "a" * 9000, "incomplete-signature"),
    ],
)
def test_headers_that_are_wrong_are_refused_by_name(header: str, code: str) -> None:
    request = change(PLAIN, headers=(("host", "h"), ("x-amz-date", "20260102T030405Z"), ("authorization", header)))
    assert outcome(request) == code


@pytest.mark.parametrize("date", ["20260102T030405", "2026-01-02T03:04:05Z", "20261302T030405Z", "", "x" * 100])
def test_dates_that_are_wrong_are_refused(date: str) -> None:
    header = "AWS4-HMAC-SHA256 " + GOOD.replace("20260102", date[:8] if date[:8].isdigit() else "20260102")
    request = change(PLAIN, headers=(("host", "h"), ("x-amz-date", date), ("authorization", header)))
    assert outcome(request) in {"incomplete-signature", "signature-does-not-match"}


@pytest.mark.parametrize(
    "query", [b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=a", b"a=b&x-amz-signature=a", b"AWSAccessKeyId=a&Signature=b"]
)
def test_presigned_urls_are_refused_with_the_reason(query: bytes) -> None:
    with pytest.raises(NotAuthenticated, match="presigned") as refused:
        parse_credentials(change(PLAIN, query=query))
    assert "presigned" in refused.value.how_to_mend


def test_no_credentials_are_none_and_bearer_keys_are_read() -> None:
    assert parse_credentials(PLAIN) is None
    claim = parse_credentials(with_header(PLAIN, "authorization", "Bearer ABSKabc+/="))
    assert claim == BearerClaim("ABSKabc+/=")


def test_long_paths_and_queries_are_refused_before_they_are_read() -> None:
    signed = sign_request(PLAIN, KEY, NOW)
    assert outcome(change(signed, query=b"%41" * 100_000)) == "incomplete-signature"
    assert outcome(change(signed, raw_path=b"/" + b"%41" * 100_000)) == "incomplete-signature"


def test_two_authorization_headers_are_refused() -> None:
    signed = sign_request(PLAIN, KEY, NOW)
    assert outcome(with_header(signed, "authorization", "Bearer a")) == "incomplete-signature"


def test_a_changed_request_does_not_remember_the_former_headers() -> None:
    assert PLAIN.header("host") == "h:1"
    assert change(PLAIN, headers=(("host", "h:2"),)).header("host") == "h:2"
