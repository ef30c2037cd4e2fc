"""The one place that opens connections to models: a session for each reach, kept for as long as the process lives.

Rules it upholds: an address is judged before it is connected to (`reach.py`); no redirect is followed, no proxy or netrc of the
environment is read, no cookie is kept; TLS is verified; an answer's head has bounds; what goes wrong is one of `errors.py`, made
apart from the client's own exception, which holds the request's headers.
"""

from __future__ import annotations

import asyncio
import io
import ipaddress
import ssl
from functools import lru_cache

import aiohttp
from yarl import URL

from ringwall.errors import RingwallError
from ringwall.inference.upstreams.doors import Call, Headers
from ringwall.inference.upstreams.errors import (
    AddressRefused,
    UpstreamTimeout,
    UpstreamUnreachable,
    UpstreamUnverified,
)
from ringwall.inference.upstreams.reach import GuardedResolver, Lookup, Reach, allows, socket_factory, system_lookup
from ringwall.inference.upstreams.row import Address, ModelRow, Timeouts
from ringwall.telemetry import noting
from ringwall.wire.dialects.errors import MalformedAnswer

HEAD_LINE_BYTES = 8 * 1024
HEAD_COUNT = 100
BUFFER_BYTES = 64 * 1024
"""What is read ahead of the reader is at most twice this, and what the kernel holds."""

WHOLE_BYTES = 256 * 1024
"""What is sent in one piece at most."""

KEEPALIVE_S = 30.0
_PER_HOST = 512  # `states.py` lets no more through; this is the net below it


def reach_of(row: ModelRow, address: Address) -> Reach:
    """Return how far a row's connections go."""
    if not row.allow_private:
        return Reach.PUBLIC
    return Reach.PRIVATE_TOO if address.secure else Reach.PRIVATE_ONLY


class Connections:
    """Sessions, made when they are first needed. `tls`: the authorities that are trusted; None: the machine's."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, lookup: Lookup = system_lookup) -> None:
        self._tls = tls
        self._lookup = lookup
        self._sessions: dict[Reach, aiohttp.ClientSession] = {}
        self._closed = False

    async def send(self, call: Call, row: ModelRow, address: Address, *, left_s: float) -> aiohttp.ClientResponse:
        """Send a request and return the answer's head, whatever its status.

        Args:
            call: the request.
            row: for its timeouts.
            address: for its reach.
            left_s: seconds that are left for everything.

        Raises:
            AddressRefused, UpstreamUnreachable, UpstreamUnverified, UpstreamTimeout, MalformedAnswer.
        """
        times = row.timeouts
        reach = reach_of(row, address)
        if not _is_within(reach, address.host):
            raise AddressRefused("the upstream is at an address that its row does not allow")
        head_s = times.connect_s + times.first_byte_s  # bytes that are no head do not make it longer
        failure: RingwallError
        try:
            async with asyncio.timeout(min(left_s, head_s)):
                response = await self._session(reach).post(
                    _url(call.url), data=_in_pieces(call.body), headers=_headers(call), allow_redirects=False, timeout=_until_head(times)
                )
        except aiohttp.ConnectionTimeoutError:
            failure = timed_out("connect", times)
        except aiohttp.ServerTimeoutError:
            failure = timed_out("first-byte", times)
        except TimeoutError:
            failure = timed_out("first-byte" if left_s > head_s else "total", times)
        except (aiohttp.ClientError, OSError) as error:
            failure = _failure_before(error)
        else:
            if response.connection is not None and (protocol := response.connection.protocol) is not None:
                protocol.read_timeout = None  # whoever reads the body keeps time from here
                protocol.start_timeout()
            return response
        raise failure

    def _session(self, reach: Reach) -> aiohttp.ClientSession:
        if self._closed:
            raise UpstreamUnreachable("ringwall is shutting down")
        session = self._sessions.get(reach)
        if session is None:
            session = self._sessions[reach] = _open_session(reach, self._tls, self._lookup)
        return session

    async def close(self) -> None:
        """Close every connection."""
        self._closed = True
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()


def _in_pieces(body: bytes) -> bytes | io.BytesIO:
    """Return a large body so that it is sent piece by piece: in one it would hold up the event loop."""
    return body if len(body) <= WHOLE_BYTES else io.BytesIO(body)


def _headers(call: Call) -> Headers:
    """Return a request's headers, with the trace that it belongs to where it is followed, and note that it is sent."""
    notes = noting.get()
    if notes is None:
        return call.headers
    notes.attempts += 1
    return call.headers if notes.trace is None else (*call.headers, *notes.trace.outbound())


def _open_session(reach: Reach, tls: ssl.SSLContext | None, lookup: Lookup) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        ssl=tls if tls is not None else True,
        resolver=GuardedResolver(reach, lookup),
        socket_factory=socket_factory(reach),
        limit=0,
        limit_per_host=_PER_HOST,
        keepalive_timeout=KEEPALIVE_S,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"user-agent": "ringwall"},
        auto_decompress=False,
        trust_env=False,
        read_bufsize=BUFFER_BYTES,
        max_line_size=HEAD_LINE_BYTES,
        max_field_size=HEAD_LINE_BYTES,
        max_headers=HEAD_COUNT,
    )


@lru_cache(maxsize=1024)
def _url(url: str) -> URL:
    return URL(url, encoded=True)


@lru_cache(maxsize=1024)
def _until_head(times: Timeouts) -> aiohttp.ClientTimeout:
    """Return what to wait for until an answer's head is there; the first byte's time begins when the question was sent."""
    return aiohttp.ClientTimeout(total=None, connect=times.connect_s, sock_connect=times.connect_s, sock_read=times.first_byte_s)


@lru_cache(maxsize=1024)
def _is_within(reach: Reach, host: str) -> bool:
    """Say whether an address that stands in the URI itself is within reach; names are judged when they are resolved."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return allows(reach, host)


def timed_out(phase: str, times: Timeouts, *, slow_reader: bool = False) -> UpstreamTimeout:
    """Return the error of one phase. `slow_reader`: the time went by while nobody took the answer's events."""
    seconds = {"connect": times.connect_s, "first-byte": times.first_byte_s, "idle": times.idle_s, "total": times.total_s}[phase]
    return UpstreamTimeout(
        f"the upstream was not done in time: {phase}, {seconds:g} s", phase=phase, sent=phase != "connect", slow_reader=slow_reader
    )


def _failure_before(error: Exception) -> RingwallError:
    """Return what went wrong before an answer's head was there. `sent` is in the facts where the request may have arrived."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return UpstreamUnverified("the upstream's TLS certificate does not hold, or it does not speak TLS")
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, PermissionError) and error.os_error.errno is None:  # raised by `socket_factory`
            return AddressRefused("the upstream is at an address that its row does not allow")
        return UpstreamUnreachable("no connection to the upstream could be made")
    if isinstance(error, aiohttp.ClientResponseError):
        return MalformedAnswer("the upstream's answer does not begin as HTTP does, or its head is too large", sent=True)
    return UpstreamUnreachable("the upstream ended the connection without an answer", sent=True)
