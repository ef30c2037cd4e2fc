"""HTTP messages as values: what a face hands to this room and what it gets back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import cached_property

import msgspec


class HttpRequest(msgspec.Struct, frozen=True, dict=True):
    """One whole request.

    raw_path: the path as it stood on the wire, still percent-encoded, without the query.
    query: the query as it stood on the wire, without the question mark.
    headers: names in lower case, values decoded as Latin-1, in the order of the wire; an HTTP/2 request keeps `:authority`, and has a
        `host` that was made from it where the client sent none.
    secure: the request came over TLS.
    """

    method: str
    raw_path: bytes
    query: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    secure: bool

    @cached_property
    def index(self) -> dict[str, list[str]]:
        """The headers' values by name, in the order of the wire."""
        found: dict[str, list[str]] = {}
        for name, value in self.headers:
            if name in found:
                found[name].append(value)
            else:
                found[name] = [value]
        return found

    def header(self, name: str) -> str | None:
        """Return the first value of a header (`name` in lower case), or None."""
        values = self.index.get(name)
        return values[0] if values else None

    def header_values(self, name: str) -> list[str]:
        """Return every value of a header (`name` in lower case), in the order of the wire."""
        return self.index.get(name, [])


class HttpResponse(msgspec.Struct, frozen=True):
    """One answer; header names are in lower case, `content-length` is left to the server.

    stream: what follows `body`, piece by piece, where the answer is not whole yet; closed by whoever sends it, sent to the end or not.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    stream: AsyncGenerator[bytes, None] | None = None

    def header(self, name: str) -> str | None:
        """Return the first value of a header (`name` in lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None
