"""AWS Signature Version 4 and bearer API keys: read the claim a request makes, check it, and sign requests.

What is refused, and why (docs/wire/signatures.md): presigned URLs, payloads signed in chunks, unsigned payloads without TLS, SigV4A,
a `host` or any `x-amz-*` header that is not signed, and a date more than 15 minutes from now, in either direction.

Source: AWS General Reference, "Create a signed AWS API request"; the 31 applicable vectors of the `aws4_testsuite`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from ringwall.wire.canonical import QUERY_BYTES, canonical_path, canonical_query, folded
from ringwall.wire.errors import (
    IncompleteSignature,
    PayloadHashMismatch,
    PresignedUrlRefused,
    SignatureDoesNotMatch,
    SignatureExpired,
    StreamingPayloadRefused,
    UnsignedPayloadRefused,
)
from ringwall.wire.message import HttpRequest
from ringwall.wire.timestamp import RFC822, moment_from_text

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
SKEW = timedelta(minutes=15)
BEARER_CHARS = 8192
SIGNED_HEADERS = 128

_CREDENTIAL = re.compile(r"(\w{1,128})/(\d{8})/([a-z0-9-]{1,64})/([A-Za-z0-9_.-]{1,64})/aws4_request", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIGNED_NAMES = re.compile(r"(?::authority|[!#$%&'*+.^_`|~0-9a-z-]+)(?:;(?::authority|[!#$%&'*+.^_`|~0-9a-z-]+))*", re.ASCII)
_USUAL = re.compile(  # as every SDK writes it
    rf"Credential={_CREDENTIAL.pattern}, SignedHeaders=([^\s,=]+), Signature=([0-9a-f]{{64}})", re.ASCII
)
_AMZ_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*", re.ASCII)
_PRESIGNED = re.compile(rb"(?:^|&)(?:X-Amz-(?:Signature|Credential|Algorithm)|AWSAccessKeyId|Signature)=", re.IGNORECASE)


class SigV4Claim(msgspec.Struct, frozen=True):
    """What a signed request says of itself; nothing here is checked yet."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    session_token: str = ""


class BearerClaim(msgspec.Struct, frozen=True):
    """An API key, sent as `Authorization: Bearer KEY`; not checked yet."""

    token: str


def parse_credentials(request: HttpRequest) -> SigV4Claim | BearerClaim | None:
    """Read who the request says it is from.

    Returns:
        the claim, to be checked with the secret it names; None when the request carries no credentials at all.

    Raises:
        IncompleteSignature: credentials are there but cannot be read, or are of a kind that is refused.
    """
    values = request.header_values("authorization")
    if not values:
        if request.query and _PRESIGNED.search(request.query):
            raise PresignedUrlRefused("presigned URLs are not accepted here; sign the request's headers instead")
        return None
    if len(values) > 1:
        raise IncompleteSignature("the request has more than one Authorization header")
    scheme, _, rest = values[0].strip().partition(" ")
    if scheme == ALGORITHM:
        return _parse_sigv4(request, rest)
    if scheme.lower() == "bearer":
        token = rest.strip()
        if len(token) > BEARER_CHARS or not _TOKEN.fullmatch(token):
            raise IncompleteSignature("the bearer token is empty, too long, or has characters that a token has not (RFC 6750 section 2.1)")
        return BearerClaim(token)
    if scheme.startswith("AWS4-"):
        raise IncompleteSignature(f"signing algorithm `{scheme[:40]}` is not supported; use {ALGORITHM}")
    raise IncompleteSignature(f"the Authorization header must start with `{ALGORITHM}` or `Bearer`")


def _parse_sigv4(request: HttpRequest, text: str) -> SigV4Claim:
    access_key_id, date, region, service, names, signature = _read_sigv4(text)
    tokens = request.header_values("x-amz-security-token")
    if len(tokens) > 1:
        raise IncompleteSignature("the request has more than one X-Amz-Security-Token header")
    return SigV4Claim(access_key_id, date, region, service, names, signature, tokens[0].strip() if tokens else "")


@lru_cache(maxsize=64)  # routing and authentication both read it
def _read_sigv4(text: str) -> tuple[str, str, str, str, tuple[str, ...], str]:
    usual = _USUAL.fullmatch(text)
    if usual is not None:
        access_key_id, date, region, service, signed, signature = usual.groups()
        return access_key_id, date, region, service, _signed_names(signed), signature
    credential, signed, signature = _sigv4_fields(text)
    scope = _CREDENTIAL.fullmatch(credential)
    if scope is None:
        raise IncompleteSignature("Credential must be ACCESS-KEY-ID/YYYYMMDD/REGION/SERVICE/aws4_request")
    if not _SIGNATURE.fullmatch(signature):
        raise IncompleteSignature("Signature must be 64 hexadecimal digits in lower case")
    access_key_id, date, region, service = scope.groups()
    return access_key_id, date, region, service, _signed_names(signed), signature


@lru_cache(maxsize=256)  # a client signs the same headers every time
def _signed_names(signed: str) -> tuple[str, ...]:
    names = tuple(signed.split(";"))
    if len(names) > SIGNED_HEADERS or len(set(names)) != len(names) or not _SIGNED_NAMES.fullmatch(signed):
        raise IncompleteSignature("SignedHeaders must be at most 128 header names in lower case, each once, separated by semicolons")
    return names


def _sigv4_fields(text: str) -> tuple[str, str, str]:
    """Read the header's fields in whatever order they stand."""
    fields: dict[str, str] = {}
    for part in text.split(","):
        key, separator, value = part.strip().partition("=")
        if not separator or key in fields or key not in {"Credential", "SignedHeaders", "Signature"}:
            raise IncompleteSignature(f"`{key[:40]}` is repeated, unknown, or no key=value pair in the Authorization header")
        fields[key] = value.strip()
    for key in ("Credential", "SignedHeaders", "Signature"):
        if key not in fields:
            raise IncompleteSignature(f"Authorization header requires '{key}' parameter")
    return fields["Credential"], fields["SignedHeaders"], fields["Signature"]


def verify_sigv4(claim: SigV4Claim, request: HttpRequest, secret_access_key: str, now: datetime, skew: timedelta = SKEW) -> None:
    """Check that the holder of the secret signed this very request, now.

    Args:
        now: aware; the signature's date may be at most `skew` before or after it.

    Raises:
        SignatureDoesNotMatch: and its kin; nothing is returned when the signature holds.
        IncompleteSignature: something that must be signed is not.
    Cost: O(body); about 10 us for a 200-byte body (benchmarks/wire.py).
    """
    if len(request.query) > QUERY_BYTES or len(request.raw_path) > QUERY_BYTES:
        raise IncompleteSignature("the path or the query is too long")
    headers = _signed_values(claim, request)
    amz_date = _signing_date(claim, request)
    payload = _payload_hash(request)
    _check_date(claim, amz_date, now, skew)
    canonical = _canonical_request(request, headers, payload, claim.service)
    expected = _signature(canonical, amz_date, (claim.date, claim.region, claim.service), secret_access_key)
    if not hmac.compare_digest(expected, claim.signature):
        raise SignatureDoesNotMatch(
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
        )


def _signed_values(claim: SigV4Claim, request: HttpRequest) -> dict[str, str]:
    """Return the signed headers' values as they are signed, in the order of their names in the claim.

    Raises:
        IncompleteSignature: the host or an `x-amz-*` header is not signed, or the request names two hosts.
        SignatureDoesNotMatch: a header is signed and not there.
    """
    signed = claim.signed_headers
    if "host" not in signed and ":authority" not in signed:
        raise IncompleteSignature("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    index = request.index
    for name in index:
        if name.startswith("x-amz-") and name not in signed:
            raise IncompleteSignature(f"There were headers present in the request which were not signed: {name[:60]}")
    authority, host = index.get(":authority"), index.get("host")
    if authority is not None and host is not None and authority != host:
        raise IncompleteSignature("the Host header and the :authority of the request differ")
    values = {}
    for name in signed:
        found = index.get(name) or (host or authority if name in _HOST_NAMES else None)
        if found is None:
            raise SignatureDoesNotMatch(f"header `{name[:60]}` is signed but is not in the request")
        values[name] = folded(found[0]) if len(found) == 1 else ",".join([folded(value) for value in found])
    return values


_HOST_NAMES = frozenset({"host", ":authority"})  # HTTP/2 clients sign the pseudo-header in the header's stead


def _signing_date(claim: SigV4Claim, request: HttpRequest) -> str:
    if len(request.header_values("x-amz-date")) > 1 or len(request.header_values("date")) > 1:
        raise IncompleteSignature("the request has more than one date")
    amz_date = request.header("x-amz-date")
    if amz_date is not None:
        if not _AMZ_DATE.fullmatch(amz_date.strip(" \t")):
            raise IncompleteSignature("Date must be in ISO-8601 'basic format': YYYYMMDD'T'HHMMSS'Z'")
        return amz_date.strip(" \t")
    date = (request.header("date") or "").strip(" \t") or None
    if date is None or "date" not in claim.signed_headers:
        raise IncompleteSignature("Authorization header requires existence of either a 'X-Amz-Date' or a signed 'Date' header.")
    if _AMZ_DATE.fullmatch(date):
        return date
    try:
        return moment_from_text(date, RFC822).strftime("%Y%m%dT%H%M%SZ")
    except ValueError:
        raise IncompleteSignature("the Date header is not a date (RFC 9110 section 5.6.7)") from None


def _check_date(claim: SigV4Claim, amz_date: str, now: datetime, skew: timedelta) -> None:
    if amz_date[:8] != claim.date:
        raise SignatureDoesNotMatch(
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{claim.date}' != '{amz_date[:8]}'."
        )
    age = now - _moment(amz_date)
    if -skew <= age <= skew:
        return
    minutes = int(skew.total_seconds() // 60)
    if age > skew:
        window = f"{now - skew:%Y%m%dT%H%M%SZ} ({now:%Y%m%dT%H%M%SZ} - {minutes} min.)"
        raise SignatureExpired(f"Signature expired: {amz_date} is now earlier than {window}")
    window = f"{now + skew:%Y%m%dT%H%M%SZ} ({now:%Y%m%dT%H%M%SZ} + {minutes} min.)"
    raise SignatureExpired(f"Signature not yet current: {amz_date} is still later than {window}")


@lru_cache(maxsize=64)  # many requests are signed in one second
def _moment(amz_date: str) -> datetime:
    digits = amz_date
    try:
        return datetime(
            int(digits[0:4]), int(digits[4:6]), int(digits[6:8]), int(digits[9:11]), int(digits[11:13]), int(digits[13:15]), tzinfo=UTC
        )
    except ValueError:
        raise IncompleteSignature("Date must be in ISO-8601 'basic format': YYYYMMDD'T'HHMMSS'Z'") from None


def _payload_hash(request: HttpRequest) -> str:
    declared = request.header("x-amz-content-sha256")
    if declared is not None:
        declared = declared.strip(" \t")
    if declared == UNSIGNED_PAYLOAD:
        if not request.secure:
            raise UnsignedPayloadRefused(f"`{UNSIGNED_PAYLOAD}` is accepted only over TLS")
        return declared
    if declared is not None and declared.startswith("STREAMING-"):
        raise StreamingPayloadRefused(f"payload mode `{declared[:60]}` is not accepted; sign the whole body")
    actual = hashlib.sha256(request.body).hexdigest()
    if declared is not None and not hmac.compare_digest(declared.encode(), actual.encode()):
        raise PayloadHashMismatch("The provided 'x-amz-content-sha256' header does not match what was computed.")
    return actual


def _canonical_request(request: HttpRequest, headers: Mapping[str, str], payload: str, service: str) -> bytes:
    lines = "\n".join([f"{name}:{value}" for name, value in headers.items()])
    path = canonical_path(request.raw_path, service)
    query = canonical_query(request.query) if request.query else ""
    text = f"{request.method}\n{path}\n{query}\n{lines}\n\n{';'.join(headers)}\n{payload}"
    try:
        return text.encode("latin-1")  # header values were decoded as Latin-1: these are the bytes of the wire
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1024)
def _signing_key(secret_access_key: str, date: str, region: str, service: str) -> hmac.HMAC:
    key = ("AWS4" + secret_access_key).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, digestmod="sha256")  # begun once for all requests of a key and a day


def _signature(canonical: bytes, amz_date: str, scope: tuple[str, str, str], secret_access_key: str) -> str:
    date, region, service = scope
    digest = hashlib.sha256(canonical).hexdigest()
    text = f"{ALGORITHM}\n{amz_date}\n{date}/{region}/{service}/aws4_request\n{digest}"
    message = _signing_key(secret_access_key, date, region, service).copy()
    message.update(text.encode())
    return message.hexdigest()


class SigningKey(msgspec.Struct, frozen=True):
    """What a client signs with."""

    access_key_id: str
    secret_access_key: str
    region: str
    service: str
    session_token: str = ""


def sign_request(request: HttpRequest, key: SigningKey, now: datetime, *, unsigned: frozenset[str] = frozenset()) -> HttpRequest:
    """Return the request with its date, its token and its Authorization header.

    Every header is signed except those in `unsigned` (proxies change some: `user-agent`, `connection`) and a former Authorization.
    """
    amz_date = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    replaced = {"authorization", "x-amz-date", "x-amz-security-token"}
    plain = [pair for pair in request.headers if pair[0] not in replaced]
    plain.append(("x-amz-date", amz_date))
    if key.session_token:
        plain.append(("x-amz-security-token", key.session_token))
    dated = msgspec.structs.replace(request, headers=tuple(plain))
    present = {name for name, _ in plain} - unsigned
    names = tuple(sorted(present if "host" in present or ":authority" in present else present | {"host"}))
    claim = SigV4Claim(key.access_key_id, amz_date[:8], key.region, key.service, names, "")
    canonical = _canonical_request(dated, _signed_values(claim, dated), _payload_hash(dated), key.service)
    scope = (amz_date[:8], key.region, key.service)
    signature = _signature(canonical, amz_date, scope, key.secret_access_key)
    value = (
        f"{ALGORITHM} Credential={key.access_key_id}/{'/'.join(scope)}/aws4_request, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return msgspec.structs.replace(dated, headers=(*dated.headers, ("authorization", value)))
