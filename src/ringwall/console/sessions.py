"""Console sessions: who is signed in, and the proof that a form came from our page.

Upholds: a session id is 256 random bits and is stored only as a hash; the credential that was signed in with is sealed under a context that
holds the id itself, so neither the database nor the root key opens it without the cookie; every request authenticates with it anew, so a
key that was revoked ends its sessions at once; ids change at sign-in; a session ends after LIFETIME, used or not.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

import msgspec

from ringwall.api.rooms import Rooms
from ringwall.errors import IntegrityError, NotAuthenticated, RingwallError
from ringwall.storage import Delete, Document, Insert
from ringwall.vocabulary import Principal
from ringwall.wire import HttpRequest, SigningKey, sign_request

LIFETIME_S = 12 * 60 * 60
KIND = "console-session"
OWNER = "ringwall"
"""The owner, in storage, of what belongs to no account."""

_ID_BYTES = 32
_ID_CHARS = 64


class SignInRefused(NotAuthenticated, code="sign-in-refused"):
    """These credentials do not open the console."""

    remedy = "use the key that `ringwall up` printed at its first start, or make one with `ringwall key create`"


class Credential(msgspec.Struct, frozen=True):
    """What a person signed in with; an API key has no access key id."""

    access_key_id: str
    secret: str

    def __repr__(self) -> str:
        return "Credential(...)"

    @property
    def mark(self) -> bytes:
        """What it is known by where failures are counted."""
        return hashlib.sha256(f"console\0{self.access_key_id}\0{self.secret}".encode("utf-8", "surrogatepass")).digest()


class Visitor(msgspec.Struct, frozen=True):
    """A signed-in person, for the length of one request."""

    principal: Principal
    session_id: str
    csrf: str

    def __repr__(self) -> str:
        return f"Visitor({self.principal.arn})"


class Sessions:
    """Starts, recognises and ends sessions."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def check(self, credential: Credential) -> Principal:
        """Return whose credential it is.

        Raises:
            SignInRefused: it does not hold.
        """
        try:
            return await self._authenticate(credential)
        except NotAuthenticated:
            raise SignInRefused("this key, or its secret, is not valid") from None

    async def start(self, credential: Credential) -> str:
        """Start a session for a credential that was checked, and return its id."""
        session_id = secrets.token_hex(_ID_BYTES)
        sealed = self._rooms.keys.seal(msgspec.json.encode(credential), context=_context(session_id))
        name = _hash(session_id)
        expires_at = int(self._rooms.clock().timestamp()) + LIFETIME_S
        await self._rooms.storage.apply(Insert(Document(account_id=OWNER, kind=KIND, id=name, body=sealed, expires_at=expires_at)))
        return session_id

    async def recognise(self, session_id: str) -> Visitor | None:
        """Return who a session belongs to; None for one that is unknown, over, or whose key no longer holds."""
        if len(session_id) != _ID_CHARS or not session_id.isalnum() or not session_id.isascii():
            return None
        document = await self._rooms.storage.get(OWNER, KIND, _hash(session_id))
        if document is None:
            return None
        try:
            opened = self._rooms.keys.open(document.body, context=_context(session_id))
            principal = await self._authenticate(msgspec.json.decode(opened, type=Credential))
        except (NotAuthenticated, IntegrityError):
            return None
        return Visitor(principal, session_id, csrf_token(session_id))

    async def sign_out(self, session_id: str) -> None:
        """End a session."""
        await self._rooms.storage.apply(Delete(OWNER, KIND, _hash(session_id)))

    async def _authenticate(self, credential: Credential) -> Principal:
        """Ask identity, with a request such as the credential's holder would send."""
        now = self._rooms.clock()
        try:
            request = _signed(credential, self._rooms.region, now) if credential.access_key_id else _bearing(credential)
        except (ValueError, RingwallError):
            raise SignInRefused("the key has characters that a key has not") from None
        principal: Principal = await self._rooms.identity.authenticate(request)
        return principal


def _signed(credential: Credential, region: str, now: datetime) -> HttpRequest:
    plain = HttpRequest("GET", b"/console", b"", (("host", "console"),), b"", secure=False)
    return sign_request(plain, SigningKey(credential.access_key_id, credential.secret, region, "ringwall"), now)


def _bearing(credential: Credential) -> HttpRequest:
    return HttpRequest("GET", b"/console", b"", (("host", "console"), ("authorization", f"Bearer {credential.secret}")), b"", secure=False)


def csrf_token(session_id: str) -> str:
    """Return the token that a session's forms carry; it cannot be made without the cookie, and does not tell it."""
    return hmac.digest(session_id.encode(), b"ringwall console form", hashlib.sha256).hex()


def csrf_matches(visitor: Visitor, form: dict[str, Any]) -> bool:
    """Say whether a form was filled in on a page of this session."""
    given = form.get("csrf", "")
    return isinstance(given, str) and hmac.compare_digest(given.encode(), visitor.csrf.encode())


def _context(session_id: str) -> str:
    return f"console-session/{session_id}"


def _hash(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
