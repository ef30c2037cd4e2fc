"""One request as the evaluator sees it: what was on the wire, cut into its parts once."""

from __future__ import annotations

from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec

from ringwall.policies.waf.decodings import url_decode

Address = IPv4Address | IPv6Address


class RequestView(msgspec.Struct, frozen=True, dict=True):
    """A request to judge.

    path: as on the wire, still percent-encoded, without the query; query: without the question mark.
    headers: in the order of the wire; names in lower case, values as the bytes of the wire.
    body: whole; what of it is looked at, the web ACL's limit says.
    client_ip: the peer's address; "" where there is none (a local socket).
    """

    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    client_ip: str

    @cached_property
    def address(self) -> Address | None:
        """The peer's address."""
        return read_address(self.client_ip)

    @cached_property
    def arguments(self) -> tuple[tuple[bytes, bytes], ...]:
        """Names and values of the query, as on the wire."""
        return tuple(_pair(part) for part in self.query.split(b"&") if part)

    @cached_property
    def cookies(self) -> tuple[tuple[bytes, bytes], ...]:
        """Names and values of all `Cookie` headers (RFC 6265, section 5.4)."""
        return tuple(_pair(part.strip(b" \t")) for header in self.header("cookie") for part in header.split(b";") if part.strip(b" \t"))

    def header(self, name: str) -> tuple[bytes, ...]:
        """Return a header's values (`name` in lower case)."""
        return tuple(value for key, value in self.headers if key == name)

    def argument(self, name: bytes) -> tuple[bytes, ...]:
        """Return the values of a query argument, `name` in lower case; a name that is percent-encoded is found too."""
        return tuple(value for key, value in self.arguments if key.lower() == name or url_decode(key).lower() == name)


def read_address(text: str) -> Address | None:
    """Read an address, with or without a port or brackets; an IPv4 address inside an IPv6 one counts as itself."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _pair(part: bytes) -> tuple[bytes, bytes]:
    name, _, value = part.partition(b"=")
    return name, value
