"""Sets that statements refer to: IP addresses, and patterns on google-re2."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

import re2

from ringwall.policies.waf.errors import InvalidWafDocument
from ringwall.policies.waf.request import Address

ADDRESSES_MAX = 10_000  # AWS WAF quotas: addresses per IP set
PATTERNS_MAX = 10  # AWS WAF quotas: patterns per regex pattern set
PATTERN_MAX = 512  # WAFV2 API reference, Regex$RegexString
_PATTERN_MEMORY_BYTES = 1 << 20


class IpSet:
    """Networks of one IP version, looked up by prefix length."""

    __slots__ = ("_by_length", "_version")

    def __init__(self, version: int, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._version = version
        found: dict[int, set[int]] = {}
        for network in networks:
            shift = network.max_prefixlen - network.prefixlen
            found.setdefault(shift, set()).add(int(network.network_address) >> shift)
        self._by_length = tuple((shift, frozenset(starts)) for shift, starts in found.items())

    def __contains__(self, address: Address) -> bool:
        """Say whether an address is in one of the networks."""
        number = int(address)
        return address.version == self._version and any(number >> shift in starts for shift, starts in self._by_length)


def compile_ip_set(version: str, addresses: Sequence[str]) -> IpSet:
    """Compile the addresses of an IP set.

    Args:
        version: IPV4 or IPV6.
        addresses: in CIDR notation, any length but 0, as AWS takes them.

    Raises:
        InvalidWafDocument: an address is malformed, of the other version, listed twice, or there are too many.
    """
    if len(addresses) > ADDRESSES_MAX:
        raise InvalidWafDocument(f"an IP set has at most {ADDRESSES_MAX} addresses")
    number = {"IPV4": 4, "IPV6": 6}.get(version)
    if number is None:
        raise InvalidWafDocument("`IPAddressVersion` must be IPV4 or IPV6")
    networks: dict[IPv4Network | IPv6Network, None] = {}
    for text in addresses:
        try:
            network = ip_network(text)
        except ValueError as error:
            raise InvalidWafDocument("`Addresses` must hold addresses in CIDR notation, without host bits") from error
        if "/" not in text or network.version != number or network.prefixlen == 0:
            raise InvalidWafDocument(f"`{text[:64]}` must be of {version}, with a prefix length that is not 0")
        if network in networks:
            raise InvalidWafDocument(f"`{text[:64]}` is listed twice")
        networks[network] = None
    return IpSet(number, tuple(networks))


class Patterns:
    """Patterns of which any may match."""

    __slots__ = ("_compiled",)

    def __init__(self, patterns: Sequence[str], path: str) -> None:
        self._compiled = tuple(_compile(pattern, path) for pattern in patterns)

    def match(self, value: bytes) -> bool:
        """Say whether a pattern is found in a value."""
        return any(pattern.search(value) is not None for pattern in self._compiled)


def compile_patterns(patterns: Sequence[str]) -> Patterns:
    """Compile the patterns of a regex pattern set.

    Raises:
        InvalidWafDocument: a pattern is malformed or not regular, or there are none or too many.
    """
    if not 1 <= len(patterns) <= PATTERNS_MAX:
        raise InvalidWafDocument(f"a regex pattern set has 1 to {PATTERNS_MAX} patterns")
    return Patterns(patterns, "RegularExpressionList")


def _compile(pattern: str, path: str) -> re2.Pattern:
    if not 1 <= len(pattern) <= PATTERN_MAX or not pattern.isascii():
        raise InvalidWafDocument(
            f"`{path}` must hold patterns of 1 to {PATTERN_MAX} ASCII characters",
            remedy="write other characters as \\x and two digits per byte",
        )
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes of the wire, which may be no UTF-8
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY_BYTES
    try:
        return re2.compile(pattern.encode("ascii"), options)
    except re2.error as error:
        raise InvalidWafDocument(
            f"`{path}` holds a pattern that is malformed, too large, or not regular", remedy="look-around and back-references are not taken"
        ) from error
