"""Signature Version 4 against the aws4_testsuite: each signed request must verify, and the same request altered must not.

aws = validated: AWS published the suite; botocore carries it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ringwall.errors import NotAuthenticated
from ringwall.wire import HttpRequest, IncompleteSignature, SignatureDoesNotMatch, SigV4Claim, parse_credentials, sigv4, verify_sigv4
from ringwall.wire.canonical import folded

pytestmark = pytest.mark.shared

NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOT_APPLICABLE = {
    "post-sts-header-after": "its token is not signed, which is refused: a token that anyone can swap is no credential",
    "get-vanilla-with-session-token": "its .sreq holds a placeholder where the signature should be; the canonical request is checked instead",
    "get-header-value-multiline": "folded header lines are obsolete (RFC 9112 section 5.2) and HTTP servers refuse them before us",
}


def read_request(path: Path) -> HttpRequest:
    """Read one `.sreq`: a request as text, its path and query not yet percent-encoded."""
    head, _, body = path.read_bytes().partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, rest = first.split(b" ", 1)
    raw_path, _, query = rest.rsplit(b" ", 1)[0].partition(b"?")
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in {b" ", b"\t"}:
            headers[-1] = (headers[-1][0], headers[-1][1] + "\n" + line.decode("latin-1"))
        else:
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name.lower(), value))
    return HttpRequest(method.decode(), raw_path, query, tuple(headers), body, secure=False)


def verify(request: HttpRequest) -> None:
    claim = parse_credentials(request)
    assert isinstance(claim, SigV4Claim)
    verify_sigv4(claim, request, SECRET, NOW)


def alterations(request: HttpRequest) -> list[HttpRequest]:
    """One request for each thing that a thief could change."""
    change = msgspec.structs.replace
    return [
        change(request, method="PUT"),
        change(request, raw_path=request.raw_path + b"x"),
        change(request, query=request.query + b"&x=y" if request.query else b"x=y"),
        change(request, body=request.body + b" "),
        change(request, headers=tuple((name, f"{value}x" if name == "host" else value) for name, value in request.headers)),
    ]


def test_31_of_the_31_applicable_vectors_verify_and_none_does_when_altered(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((shared / "vectors" / "botocore" / "aws4_testsuite").rglob("*.sreq"))
    assert len(files) == 34
    verified = 0
    for path in files:
        if path.stem in NOT_APPLICABLE:
            continue
        request = read_request(path)
        verify(request)
        verified += 1
        for altered in alterations(request):
            with pytest.raises(SignatureDoesNotMatch):
                verify(altered)
    with capsys.disabled():
        print(f"\naws4_testsuite: {verified} of {len(files) - len(NOT_APPLICABLE)} applicable vectors verify")
    assert verified == 31


def test_an_unsigned_session_token_is_refused(shared: Path) -> None:
    (path,) = (shared / "vectors" / "botocore" / "aws4_testsuite").rglob("post-sts-header-after.sreq")
    with pytest.raises(IncompleteSignature, match="x-amz-security-token"):
        verify(read_request(path))


def test_folded_header_lines_verify_when_a_server_lets_them_through(shared: Path) -> None:
    (path,) = (shared / "vectors" / "botocore" / "aws4_testsuite").rglob("get-header-value-multiline.sreq")
    verify(read_request(path))


def all_vectors(shared: Path) -> list[Path]:
    found = sorted((shared / "vectors" / "botocore" / "aws4_testsuite").rglob("*.sreq"))
    assert len(found) == 34
    return found


def test_every_vector_claims_the_same_key_and_service(shared: Path) -> None:
    for path in all_vectors(shared):
        try:
            claim = parse_credentials(read_request(path))
        except NotAuthenticated:
            assert path.stem in NOT_APPLICABLE
            continue
        assert isinstance(claim, SigV4Claim)
        assert (claim.access_key_id, claim.region, claim.service) == ("AKIDEXAMPLE", "us-east-1", "service")


def test_the_canonical_request_is_the_suites_own_for_all_34_vectors(shared: Path) -> None:
    for path in all_vectors(shared):
        request = read_request(path)
        claim = parse_credentials(request)
        assert isinstance(claim, SigV4Claim)
        present = {name: request.header_values(name) for name in claim.signed_headers}
        headers = {name: ",".join(map(folded, values)) for name, values in present.items()}
        made = sigv4._canonical_request(request, headers, sigv4._payload_hash(request), claim.service)
        assert made == path.with_suffix(".creq").read_bytes()
