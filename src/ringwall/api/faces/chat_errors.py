"""Refusals in the shapes of other vendors' APIs, so that their clients raise the exceptions that their users expect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ringwall.errors import NotAuthenticated, RingwallError

ErrorStyle = Callable[[RingwallError, str], dict[str, Any]]
"""Error and request id to the body of an answer."""

_OPENAI = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
    501: "invalid_request_error",
}
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    501: "invalid_request_error",
    503: "overloaded_error",
}


def status_of(error: RingwallError) -> int:
    """Return the status: these vendors answer 401 to whoever is not known, where AWS answers 403."""
    return 401 if isinstance(error, NotAuthenticated) else error.status


def _message(error: RingwallError) -> str:
    return f"{error.message} ({error.how_to_mend.rstrip('.')})" if error.how_to_mend and error.status < 500 else error.message


def openai_error(error: RingwallError, request_id: str) -> dict[str, Any]:  # noqa: ARG001 - the style of another vendor has it
    """Source: OpenAI API reference, "Error codes"; openai-python `APIError`."""
    kind = _OPENAI.get(status_of(error), "api_error" if error.status >= 500 else "invalid_request_error")
    return {"error": {"message": _message(error), "type": kind, "param": None, "code": error.code}}


def anthropic_error(error: RingwallError, request_id: str) -> dict[str, Any]:
    """Source: Anthropic API reference, "Errors"."""
    kind = _ANTHROPIC.get(status_of(error), "api_error" if error.status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": _message(error)}, "request_id": request_id}


STYLES: Mapping[str, ErrorStyle] = {"openai": openai_error, "anthropic": anthropic_error}
