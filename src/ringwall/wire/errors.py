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

from ringwall.errors import Bug, InvalidRequest, NotAuthenticated, NotFound, Unserved


class MalformedRequest(InvalidRequest, code="malformed-request", aws="SerializationException", query="MalformedInput"):
    """The request could not be read."""


class ConstraintsViolated(InvalidRequest, code="constraints-violated", aws="ValidationException", query="ValidationError"):
    """The request does not satisfy the operation's constraints."""

    def __init__(self, violations: tuple[str, ...]) -> None:
        count = len(violations)
        message = f"{count} validation error{'' if count == 1 else 's'} detected: {'; '.join(violations)}"
        super().__init__(message)
        self.violations = violations


class UnsupportedEncoding(
    InvalidRequest, code="unsupported-encoding", status=415, aws="UnsupportedMediaTypeException", query="InvalidContentType"
):
    """The request's content encoding is not taken here."""

    remedy = "send the body as it is, without a content-encoding header"


class UnknownOperation(NotFound, code="unknown-operation", aws="UnknownOperationException", query="InvalidAction"):
    """The service has no such operation."""

    remedy = "check the endpoint, the method and the path, or the operation's name"


class UnservedService(Unserved, code="unserved-service", aws="UnknownOperationException", query="InvalidAction"):
    """ringwall does not serve this service."""

    remedy = "point this client at an endpoint that serves the service"


class UntranslatablePattern(Bug, code="untranslatable-pattern"):
    """A service model holds a pattern that cannot be matched in linear time."""

    remedy = "add the pattern to the rewritten ones in ringwall.wire.pattern"


class MissingAuthenticationToken(
    NotAuthenticated, code="missing-authentication-token", aws="MissingAuthenticationTokenException", query="MissingAuthenticationToken"
):
    """The request carries no credentials."""

    remedy = "sign the request with AWS Signature Version 4, or send an API key as a bearer token"


class IncompleteSignature(NotAuthenticated, code="incomplete-signature", aws="IncompleteSignatureException", query="IncompleteSignature"):
    """The request's signature is incomplete or cannot be read."""


class SignatureDoesNotMatch(
    NotAuthenticated, code="signature-does-not-match", aws="InvalidSignatureException", query="SignatureDoesNotMatch"
):
    """The request's signature is not the one that its secret key makes."""

    remedy = "check the secret access key and that nothing between you and ringwall changes the request"


class SignatureExpired(SignatureDoesNotMatch, code="signature-expired"):
    """The request was signed too long ago, or in the future."""

    remedy = "set this machine's clock"


class PayloadHashMismatch(SignatureDoesNotMatch, code="payload-hash-mismatch"):
    """The body is not the one whose hash was signed."""

    remedy = "check that nothing between you and ringwall changes the body"


class UnrecognizedClient(NotAuthenticated, code="unrecognized-client", aws="UnrecognizedClientException", query="InvalidClientTokenId"):
    """The request's credentials are not valid."""


class ExpiredToken(NotAuthenticated, code="expired-token", aws="ExpiredTokenException", query="ExpiredToken"):
    """The request's session token has expired."""

    remedy = "assume the role or fetch the session token again"


class PresignedUrlRefused(IncompleteSignature, code="presigned-url-refused"):
    """Presigned URLs are not accepted."""

    remedy = "sign the request's headers: a presigned URL is a credential that anyone who reads a log can use"


class StreamingPayloadRefused(IncompleteSignature, code="streaming-payload-refused"):
    """Payloads that are signed in chunks are not accepted."""

    remedy = "sign the whole body (x-amz-content-sha256: its SHA-256 in hexadecimal)"


class UnsignedPayloadRefused(IncompleteSignature, code="unsigned-payload-refused"):
    """An unsigned body is accepted only over TLS."""

    remedy = "sign the body, or use HTTPS"
