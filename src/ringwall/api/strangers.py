"""Failed authentications, counted by where they come from: an address that fails too often is told to wait before its keys are looked at.

What it upholds:

1. Nobody learns which keys exist: over the limit every failure is the same 429, and takes as long. Only credentials that held from this
   very address while it was failing go on; who asks with their id and another secret gets that 429 too.
2. Whoever came with credentials that hold before others at the same address (behind one NAT) failed too often is not locked out.
3. Memory is bounded; of too many addresses the one whose last failure is longest ago is forgotten.
4. Networks that stand for many (a proxy's address is everyone's) are not counted.

Where nothing fails it costs the test of one dictionary. It counts for this process alone.
"""

from __future__ import annotations

import ipaddress
import logging
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from ringwall.crypto import sha256
from ringwall.errors import NotAuthenticated, Throttled
from ringwall.wire import BearerClaim, HttpRequest, SigV4Claim, parse_credentials, verify_sigv4

log = logging.getLogger("ringwall.api")

ADDRESSES_MAX = 4096
KNOWN_MAX = 32

Claim = SigV4Claim | BearerClaim


class TooManyFailures(Throttled, code="too-many-failures"):
    """Too many requests from this address came with credentials that do not hold.

    `retry_after_s` is in the facts.
    """

    remedy = "mend the credentials, and wait before you try again"


@dataclass(slots=True)
class _Address:
    """The failures of one address that have not decayed yet, and the credentials that held from it meanwhile, as digests."""

    level: float = 0.0
    at_s: float = 0.0
    told: bool = False
    known: OrderedDict[bytes, None] = field(default_factory=OrderedDict)


class Strangers:
    """Counts failures by address: `per_minute` at once, and as many a minute after them.

    Args:
        per_minute: 0 counts nothing.
        shared_networks: from these nothing is counted.
        addresses_max: of how many addresses failures are remembered.

    Raises:
        ValueError: one of the networks is none.
    """

    def __init__(self, per_minute: int, shared_networks: Sequence[str], *, addresses_max: int = ADDRESSES_MAX) -> None:
        self._per_minute = per_minute
        self._networks = tuple(ipaddress.ip_network(each) for each in shared_networks)
        self._max = addresses_max
        self._decoy = secrets.token_urlsafe(30)
        self._addresses: OrderedDict[str, _Address] = OrderedDict()

    def watches(self, source_ip: str) -> bool:
        """Say whether anything failed from an address lately: if not, who comes from there need not be looked at."""
        return bool(self._addresses) and _counted(source_ip) in self._addresses

    def admit(self, source_ip: str, mark: bytes, now_s: float) -> None:
        """Let a request go on to the check of its credentials.

        Raises:
            TooManyFailures: its address has failed too often, and these credentials did not hold there meanwhile.
        """
        found = self._addresses.get(_counted(source_ip))
        if found is None or mark in found.known:
            return
        wait_s = self._wait_s(found, now_s)
        if wait_s:
            raise TooManyFailures("too many requests from this address came with credentials that do not hold", retry_after_s=wait_s)

    def held(self, source_ip: str, mark: bytes) -> None:
        """Note credentials that hold, where somebody at the same address has failed."""
        found = self._addresses.get(_counted(source_ip))
        if found is None:
            return
        found.known[mark] = None
        found.known.move_to_end(mark)
        if len(found.known) > KNOWN_MAX:
            found.known.popitem(last=False)

    def failed(self, source_ip: str, now_s: float) -> None:
        """Count a failure.

        Raises:
            TooManyFailures: the address was over the limit already: known credentials of its own that do not hold any more, or another's.
        """
        address = _counted(source_ip)
        if not self._per_minute or not address or any(ipaddress.ip_address(address) in each for each in self._networks):
            return
        found = self._addresses.get(address)
        if found is None:
            found = self._addresses[address] = _Address()
            if len(self._addresses) > self._max:
                self._addresses.popitem(last=False)
        self._addresses.move_to_end(address)
        wait_s = self._wait_s(found, now_s)
        if wait_s:
            raise TooManyFailures("too many requests from this address came with credentials that do not hold", retry_after_s=wait_s)
        found.level, found.at_s = self._level(found, now_s) + 1, max(found.at_s, now_s)
        over = bool(self._wait_s(found, now_s))
        if over and not found.told:
            log.warning("api.strangers.limited %s", address)
        found.told = over

    def refuse_as_slowly(self, claim: Claim | None, request: HttpRequest, now: datetime) -> None:
        """Do for a request that is refused unseen what the check of a signature does, so that the time tells nothing."""
        if isinstance(claim, SigV4Claim):
            with suppress(NotAuthenticated):
                verify_sigv4(claim, request, self._decoy, now)

    def _level(self, found: _Address, now_s: float) -> float:
        return max(0.0, found.level - max(0.0, now_s - found.at_s) * self._per_minute / 60)

    def _wait_s(self, found: _Address, now_s: float) -> int:
        """Return 0 where one more failure fits, else the seconds until it does."""
        over = self._level(found, now_s) + 1 - self._per_minute
        return 0 if over <= 0 else int(over * 60 / self._per_minute) + 1


def claim_of(request: HttpRequest) -> Claim | None:
    """Return what a request says of who sent it, in any face's words; None for nothing, and for what cannot be read."""
    key = request.header("x-api-key")
    if key is not None and request.header("authorization") is None:
        return BearerClaim(key)
    with suppress(NotAuthenticated):
        return parse_credentials(request)
    return None


def mark_of(claim: Claim | None) -> bytes:
    """Return what credentials are known by: an API key as a whole, of a signature's the id and the session's token."""
    if isinstance(claim, BearerClaim):
        return sha256(b"bearer\0" + claim.token.encode("utf-8", "surrogatepass"))
    if claim is None:
        return b""
    return sha256(f"signature\0{claim.access_key_id}\0{claim.session_token or ''}".encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=4096)
def _counted(source_ip: str) -> str:
    """Return the address that is counted: of IPv6 the network of 64 bits that one customer has; nothing for what is no address."""
    try:
        address = ipaddress.ip_address(source_ip)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address) if address.is_loopback else str(ipaddress.ip_network((int(address) >> 64 << 64, 64)).network_address)
