"""From ringwall's errors to AWS's exceptions, per operation, through one table.

An operation answers with an exception of its own model where one fits, else with one of the errors that every AWS service may answer
with. Which: the error's own AWS name (`aws_code`, or `query_code` in the query protocol), then what the table has for its code, then for
the codes of the classes it is made from. Each of these is a row of names: the first that the operation models, else the first that is
common to all services; where a row has neither, the next one decides.
Invariant: every error class of the package x every served operation gives a modelled or common name (tests/unit/api/test_aws_errors.py).

Source: botocore's service models; AWS "Common Error Types" of Amazon Bedrock and IAM; research of the Bedrock exceptions' status codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from ringwall.errors import RingwallError
from ringwall.wire import load_service

COMMON_JSON = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "IncompleteSignatureException": 403,
    "InternalFailure": 500,
    "InvalidSignatureException": 403,
    "MalformedHttpRequestException": 400,
    "MissingAuthenticationTokenException": 403,
    "RequestEntityTooLargeException": 413,
    "RequestTimeoutException": 408,
    "SerializationException": 400,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
    "UnsupportedMediaTypeException": 415,
    "ValidationException": 400,
}
"""What any operation of a JSON or CBOR service may answer with, and its status."""

COMMON_QUERY = {
    "AccessDenied": 403,
    "ExpiredToken": 403,
    "IncompleteSignature": 403,
    "InternalFailure": 500,
    "InvalidAction": 400,
    "InvalidClientTokenId": 403,
    "InvalidContentType": 415,
    "MalformedInput": 400,
    "MissingAuthenticationToken": 403,
    "RequestEntityTooLarge": 413,
    "RequestTimeout": 408,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "Throttling": 400,
    "UnknownOperation": 404,
    "ValidationError": 400,
}
"""What any operation of a query service may answer with, and its status."""

TABLE: dict[str, tuple[str, ...]] = {
    "error": ("InternalServerException", "ServiceFailure", "InternalFailure"),
    "caller-error": ("ValidationException", "InvalidInput", "ValidationError"),
    "invalid-request": ("ValidationException", "InvalidInput", "ValidationError"),
    "limit-exceeded": ("ValidationException", "RequestEntityTooLargeException", "RequestEntityTooLarge", "ValidationError"),
    "too-many-headers": ("RequestEntityTooLargeException", "RequestEntityTooLarge"),
    "receive-timeout": ("RequestTimeoutException", "RequestTimeout"),
    "not-found": ("ResourceNotFoundException", "NoSuchEntity", "ValidationException", "ValidationError"),
    "conflict": ("ConflictException", "EntityAlreadyExists", "ConcurrentModification", "ValidationException", "ValidationError"),
    "throttled": ("ThrottlingException", "Throttling"),
    "unserved": ("UnknownOperationException", "InvalidAction"),
    "not-authenticated": ("UnrecognizedClientException", "InvalidClientTokenId"),
    "access-denied": ("AccessDeniedException", "AccessDenied", "AccessForbidden"),
    "malformed-answer": ("ModelError",),
    "upstream-failed": ("ModelError",),
    "upstream-refused": ("ModelError",),
    "upstream-broke-off": ("ModelError",),
    "upstream-timeout": ("ModelError",),
    "answer-unread": ("ModelError",),
    "dependency-error": ("ServiceUnavailableException", "ServiceUnavailable"),
    "integrity-error": ("InternalServerException", "ServiceFailure", "InternalFailure"),
    "settings-error": ("InternalServerException", "ServiceFailure", "InternalFailure"),
    "bug": ("InternalServerException", "ServiceFailure", "InternalFailure"),
}
"""Error code to AWS names in order of preference: JSON services' names first, then the older ones of query services."""

KEEPS_STATUS = frozenset({501, 503})
"""Statuses that say more than the exception's own: not served, and answer withheld."""


class AwsError(msgspec.Struct, frozen=True):
    """How one error looks on the AWS wire."""

    code: str
    status: int
    fault: Literal["client", "server"]


def aws_error(error: RingwallError, service: str, operation: str, protocol: str) -> AwsError:
    """Name an error for an operation; `service` or `operation` empty: no operation was found, common names only."""
    query = protocol == "query"
    common = COMMON_QUERY if query else COMMON_JSON
    modelled = load_service(service).operation(operation).errors if service and operation else {}
    for names in _rows(error, query=query):
        for name in names:
            if name in modelled:
                shape, code = modelled[name]
                # awsJson models carry no status: every fault of the caller is 400 there (Smithy, awsJson 1.1, "Error responses").
                return _with_status(code, _modelled_status(service, shape) or (error.status if error.status >= 500 else 400), error)
        for name in names:
            if name in common:
                return _with_status(name, common[name], error)
    return _with_status("InternalFailure", 500, error)


def _with_status(code: str, status: int, error: RingwallError) -> AwsError:
    chosen = error.status if error.status in KEEPS_STATUS else status
    return AwsError(code, chosen, "client" if chosen < 500 else "server")


def _rows(error: RingwallError, *, query: bool) -> Iterator[tuple[str, ...]]:
    """Yield an error's AWS names in rows: its own, then its classes' from the narrowest to the widest."""
    own = (error.query_code if query else error.aws_code) or error.facts.get("aws_code", "")
    if isinstance(own, str) and own:
        yield (own,)
    for kind in type(error).__mro__:
        if issubclass(kind, RingwallError):
            yield TABLE.get(kind.code, ())


def _modelled_status(service: str, shape: str) -> int:
    return load_service(service).shapes[shape].error.http_status_code
