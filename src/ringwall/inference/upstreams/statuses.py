"""What the head of an upstream's answer means. Of a refusal nothing is read: its text may quote the question, or the credential."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime
from typing import Any

import aiohttp

from ringwall.errors import RingwallError
from ringwall.inference.upstreams.errors import (
    UpstreamBrokeOff,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from ringwall.wire.dialects.errors import MalformedAnswer, UpstreamFailed

OK = 200
JSON_TYPE = "application/json"

_UNHEALTHY = (UpstreamUnreachable, UpstreamTimeout, UpstreamBrokeOff, UpstreamFailed, MalformedAnswer)
_BUSY = frozenset({429, 503, 529})  # 529: Anthropic, overloaded
_MOST_S = 24 * 3600.0
_CREDENTIAL = "check the row's credential, and what it may be used for"


def is_unhealthy(error: RingwallError) -> bool:
    """Say whether an upstream in order would not have done this: a refusal, too many requests or a slow reader say nothing of it."""
    return isinstance(error, _UNHEALTHY) and not error.facts.get("slow_reader")


def refusal(status: int, retry_after: str, now: datetime) -> RingwallError:
    """Return what a status other than 200 means.

    Args:
        status: of the answer.
        retry_after: its Retry-After header; "" where there is none.
        now: aware, for a Retry-After that is a date.
    """
    if status in _BUSY:
        seconds = retry_after_s(retry_after, now)
        facts: dict[str, Any] = {"upstream_status": status} | ({} if seconds is None else {"retry_after_s": seconds})
        return UpstreamBusy(f"the upstream takes no more requests for now: status {status}", **facts)
    if 300 <= status < 400:
        return UpstreamRefused(
            f"the upstream answered with a redirect, status {status}; none is followed",
            remedy="let the row's URI name the place itself",
            upstream_status=status,
        )
    if 400 <= status < 500:
        remedy = _CREDENTIAL if status in {401, 402, 403} else ""
        return UpstreamRefused(f"the upstream refused the request: status {status}", remedy=remedy, upstream_status=status)
    if status >= 500:
        return UpstreamFailed(f"the upstream failed: status {status}", upstream_status=status)
    return MalformedAnswer(f"the upstream answered with status {status}, which is no answer to a question", upstream_status=status)


def retry_after_s(text: str, now: datetime) -> float | None:
    """Read a Retry-After header (RFC 9110 section 10.2.3): seconds from now, at most a day; None where it says nothing."""
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit() and len(stripped) <= 9:
        return min(float(stripped), _MOST_S)
    try:
        moment = email.utils.parsedate_to_datetime(stripped)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), _MOST_S)


def refuse_other_type(response: aiohttp.ClientResponse, wanted: str) -> None:
    """Refuse an answer that is not of the media type that was asked for, or is packed.

    Raises:
        MalformedAnswer: it is not.
    """
    refuse_packed(response)
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != wanted:
        raise MalformedAnswer(f"the upstream's answer is not `{wanted}`")


def refuse_packed(response: aiohttp.ClientResponse) -> None:
    """Refuse an answer that is packed.

    Raises:
        MalformedAnswer: it is.
    """
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise MalformedAnswer("the upstream packed its answer, which it was not asked to")
