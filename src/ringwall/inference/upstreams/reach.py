"""Which addresses ringwall calls models at, judged by the address that a connection is made to, not by the name.

A row that names a public server reaches public addresses only; with `allow_private` loopback and private ones as well; in cleartext
nothing else than those. Link-local, metadata, multicast and reserved addresses are never called. An IPv6 address that carries an IPv4
address (mapped, 6to4, Teredo, NAT64) must pass with both.

Sources: IANA special-purpose address registries (as `ipaddress` has them); metadata addresses from the clouds' own manuals.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from enum import Enum
from functools import lru_cache

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from ringwall.inference.upstreams.errors import AddressRefused

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int, socket.AddressFamily], Awaitable[list[str]]]
"""From a host name, a port and a family to numeric addresses. Raises OSError."""

_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        (
            "169.254.169.254",  # AWS, Google, Azure and most others (link-local anyway)
            "fd00:ec2::254",  # AWS over IPv6
            "fd20:ce::254",  # Google over IPv6
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure's host node
            "192.0.0.192",  # Oracle, classic
        ),
    )
)
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "::1/128", "fc00::/7"))
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # where in such an address its network puts the IPv4 one, nobody can say (RFC 8215)


class Reach(Enum):
    """How far a row's connections go."""

    PUBLIC = "public"
    PRIVATE_TOO = "private too"
    PRIVATE_ONLY = "private only"


@lru_cache(maxsize=1024)
def allows(reach: Reach, text: str) -> bool:
    """Say whether an address may be called."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return all(_allows_one(reach, each) for each in _addresses_in(address))


def _addresses_in(address: IpAddress) -> list[IpAddress]:
    """Return what an address may lead to: the IPv4 addresses it carries, or itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    carried: list[IpAddress] = [address]
    if address.sixtofour is not None:
        carried.append(address.sixtofour)
    if address.teredo is not None:
        carried.extend(address.teredo)
    if address in _NAT64:
        carried = [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return carried


def _allows_one(reach: Reach, address: IpAddress) -> bool:
    if address in _METADATA or address in _LOCAL_NAT64 or (isinstance(address, ipaddress.IPv6Address) and address.is_site_local):
        return False
    if any(address in network for network in _PRIVATE if network.version == address.version):
        return reach is not Reach.PUBLIC
    return address.is_global and not address.is_multicast and not address.is_reserved and reach is not Reach.PRIVATE_ONLY


def socket_factory(reach: Reach) -> Callable[[AddrInfoType], socket.socket]:
    """Return what makes a connection's socket: the last look at the very address that is connected to."""

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, target = info
        if not allows(reach, str(target[0])):
            raise PermissionError("the address is not one that may be called")
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    return make


async def system_lookup(host: str, port: int, family: socket.AddressFamily) -> list[str]:
    """Ask the machine's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses those with any address that may not be called: connections are made to what was judged."""

    def __init__(self, reach: Reach, lookup: Lookup = system_lookup) -> None:
        self._reach = reach
        self._lookup = lookup

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Return a name's addresses.

        Raises:
            AddressRefused: one of them is out of reach.
            OSError: there are none.
        """
        addresses = await self._lookup(host, port, family)
        if not addresses:
            raise OSError("the name has no address")
        if not all(allows(self._reach, address) for address in addresses):
            raise AddressRefused("the upstream's name leads to an address that its row does not allow")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""
