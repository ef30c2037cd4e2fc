"""What is refused of a body of numbers; what cannot be read at all is a `MalformedRequest`."""

from __future__ import annotations

from ringwall.errors import InvalidRequest


class UnreadMedia(InvalidRequest, code="unread-media", status=415, aws="UnsupportedMediaTypeException"):
    """The body is of a media type that ringwall does not read numbers from."""

    remedy = "send application/json, text/csv or application/x-npy"
