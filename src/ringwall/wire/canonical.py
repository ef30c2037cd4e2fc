"""The parts of a request in the one form in which AWS signs them.

Source: AWS General Reference, "Create a signed AWS API request", step 1.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

QUERY_BYTES = 64 * 1024
"""A longer query is refused before any of it is read."""

_UNRESERVED = "-_.~"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.~-]*", re.ASCII)
_RUNS = re.compile(r"  |[\t\r\n]")
_SPACES = re.compile(r"[ \t\r\n]+")


def folded(value: str) -> str:
    """Trim a value and fold its white space."""
    trimmed = value.strip(" \t\r\n")
    return _SPACES.sub(" ", trimmed) if _RUNS.search(trimmed) else trimmed


def canonical_path(raw_path: bytes, service: str) -> str:
    """Return the path as it is signed: normalised and percent-encoded once more, save for S3, which signs it as it stands."""
    if service == "s3":
        return quote(unquote_to_bytes(raw_path), safe="/-_.~") or "/"
    path = raw_path
    if b"//" in path or b"/." in path:
        path = _remove_dot_segments(path)
    text = path.decode("latin-1")
    if _PLAIN_PATH.fullmatch(text):
        return text or "/"
    return quote(path, safe="/-_.~")


def _remove_dot_segments(path: bytes) -> bytes:
    """RFC 3986 section 5.2.4, and empty segments dropped, as every AWS signer does."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            if kept:
                kept.pop()
        elif segment not in {b"", b"."}:
            kept.append(segment)
    trailing = b"/" if kept and path.endswith(b"/") else b""
    return b"/" + b"/".join(kept) + trailing


def canonical_query(query: bytes) -> str:
    """Return the query as it is signed: each name and value percent-encoded, sorted by name, then value."""
    pairs = []
    for part in query.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_encode(name), _encode(value)))
    return "&".join([f"{name}={value}" for name, value in sorted(pairs)])


def _encode(part: bytes) -> str:
    return quote(unquote_to_bytes(part), safe=_UNRESERVED)
