"""The bodies of other vendors' requests, read."""

from __future__ import annotations

from typing import Any

from ringwall.api.exchange import Exchange
from ringwall.errors import InvalidRequest
from ringwall.vocabulary import Limits
from ringwall.wire.strict_json import decode_json


def read_object(exchange: Exchange, limits: Limits) -> dict[str, Any]:
    """Return the JSON object that a request's body is.

    Raises:
        InvalidRequest, LimitExceeded: it is none.
    """
    body = decode_json(exchange.request.body, limits.json_depth)
    if not isinstance(body, dict):
        raise InvalidRequest("the body must be a JSON object")
    return body
