"""What this room refuses, each with the name that AWS gives it.

    CallerError
     +-- InvalidRequest
     |    +-- MalformedRequest         the bytes are not what the protocol says they are
     |    +-- ConstraintsViolated      the values are not what the operation takes; every violation is listed
     |    +-- UnsupportedEncoding      a content encoding that this operation does not take
     +-- NotFound
     |    +-- UnknownOperation         no such operation in a service that is served
     +-- Unserved
     |    +-- UnservedService          a service that is not served
     +-- NotAuthenticated
          +-- MissingAuthenticationToken, IncompleteSignature, SignatureDoesNotMatch, SignatureExpired, PayloadHashMismatch,
              UnrecognizedClient, ExpiredToken, PresignedUrlRefused, StreamingPayloadRefused, UnsignedPayloadRefused

`aws_code` is the code in JSON and CBOR protocols, `query_code` the one in the query protocol, which is older and has names of its own.
"""

from __future__ import annotations

from typing import ClassVar

from ringwall.errors import Bug, InvalidRequest, NotAuthenticated, NotFound, Unserved


class MalformedRequest(InvalidRequest):
    """The request could not be read."""

    code = "malformed-request"
    aws_code: ClassVar[str] = "SerializationException"
    query_code: ClassVar[str] = "MalformedInput"


class ConstraintsViolated(InvalidRequest):
    """The request does not satisfy the operation's constraints."""

    code = "constraints-violated"
    aws_code: ClassVar[str] = "ValidationException"
    query_code: ClassVar[str] = "ValidationError"

    def __init__(self, violations: tuple[str, ...]) -> None:
        count = len(violations)
        message = f"{count} validation error{'' if count == 1 else 's'} detected: {'; '.join(violations)}"
        super().__init__(message)
        self.violations = violations


class UnsupportedEncoding(InvalidRequest):
    """The request's content encoding is not taken here."""

    code = "unsupported-encoding"
    status = 415
    remedy = "send the body as it is, without a content-encoding header"
    aws_code: ClassVar[str] = "UnsupportedMediaTypeException"
    query_code: ClassVar[str] = "InvalidContentType"


class UnknownOperation(NotFound):
    """The service has no such operation."""

    code = "unknown-operation"
    remedy = "check the endpoint, the method and the path, or the operation's name"
    aws_code: ClassVar[str] = "UnknownOperationException"
    query_code: ClassVar[str] = "InvalidAction"


class UnservedService(Unserved):
    """ringwall does not serve this service."""

    code = "unserved-service"
    remedy = "point this client at an endpoint that serves the service"
    aws_code: ClassVar[str] = "UnknownOperationException"
    query_code: ClassVar[str] = "InvalidAction"


class UntranslatablePattern(Bug):
    """A service model holds a pattern that cannot be matched in linear time."""

    code = "untranslatable-pattern"
    remedy = "add the pattern to the rewritten ones in ringwall.wire.pattern"


class MissingAuthenticationToken(NotAuthenticated):
    """The request carries no credentials."""

    code = "missing-authentication-token"
    remedy = "sign the request with AWS Signature Version 4, or send an API key as a bearer token"
    aws_code: ClassVar[str] = "MissingAuthenticationTokenException"
    query_code: ClassVar[str] = "MissingAuthenticationToken"


class IncompleteSignature(NotAuthenticated):
    """The request's signature is incomplete or cannot be read."""

    code = "incomplete-signature"
    aws_code: ClassVar[str] = "IncompleteSignatureException"
    query_code: ClassVar[str] = "IncompleteSignature"


class SignatureDoesNotMatch(NotAuthenticated):
    """The request's signature is not the one that its secret key makes."""

    code = "signature-does-not-match"
    remedy = "check the secret access key and that nothing between you and ringwall changes the request"
    aws_code: ClassVar[str] = "InvalidSignatureException"
    query_code: ClassVar[str] = "SignatureDoesNotMatch"


class SignatureExpired(SignatureDoesNotMatch):
    """The request was signed too long ago, or in the future."""

    code = "signature-expired"
    remedy = "set this machine's clock"


class PayloadHashMismatch(SignatureDoesNotMatch):
    """The body is not the one whose hash was signed."""

    code = "payload-hash-mismatch"
    remedy = "check that nothing between you and ringwall changes the body"


class UnrecognizedClient(NotAuthenticated):
    """The request's credentials are not valid."""

    code = "unrecognized-client"
    aws_code: ClassVar[str] = "UnrecognizedClientException"
    query_code: ClassVar[str] = "InvalidClientTokenId"


class ExpiredToken(NotAuthenticated):
    """The request's session token has expired."""

    code = "expired-token"
    remedy = "assume the role or fetch the session token again"
    aws_code: ClassVar[str] = "ExpiredTokenException"
    query_code: ClassVar[str] = "ExpiredToken"


class PresignedUrlRefused(IncompleteSignature):
    """Presigned URLs are not accepted."""

    code = "presigned-url-refused"
    remedy = "sign the request's headers: a presigned URL is a credential that anyone who reads a log can use"


class StreamingPayloadRefused(IncompleteSignature):
    """Payloads that are signed in chunks are not accepted."""

    code = "streaming-payload-refused"
    remedy = "sign the whole body (x-amz-content-sha256: its SHA-256 in hexadecimal)"


class UnsignedPayloadRefused(IncompleteSignature):
    """An unsigned body is accepted only over TLS."""

    code = "unsigned-payload-refused"
    remedy = "sign the body, or use HTTPS"
