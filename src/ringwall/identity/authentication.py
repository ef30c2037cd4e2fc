"""Who is calling: signatures and bearer keys checked against stored credentials.

1. An unknown key, an inactive one and a forged session token are verified against a decoy secret, so they take the way of a wrong
   signature, and its time, and give its error.
2. Opened secrets are kept in memory for one storage generation at most, and never logged.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

import msgspec

from ringwall.crypto import sha256
from ringwall.errors import RingwallError
from ringwall.identity.cache import GenerationCache
from ringwall.identity.caller import Caller, Session, caller_of, root_of
from ringwall.identity.entities import AccessKey, ApiKey, KeyUse, User
from ringwall.identity.names import secret_access_key
from ringwall.identity.ports import Sealer
from ringwall.identity.records import Records
from ringwall.vocabulary import Clock
from ringwall.wire import BearerClaim, HttpRequest, SigV4Claim, parse_credentials, verify_sigv4
from ringwall.wire.errors import ExpiredToken, MissingAuthenticationToken, UnrecognizedClient

TOKEN_CONTEXT = "sts-session-token"  # noqa: S105 # the name of a purpose
_DECOY_CONTEXT = "access-key/decoy"
_TOKEN_CHARS = 32_768
_BEARER_CHARS = 1_024


class Credential(msgspec.Struct, frozen=True):
    """A secret ready to check with; `caller` is None for a decoy."""

    secret_access_key: str
    caller: Caller | None
    expires_at: int = 0

    def __repr__(self) -> str:
        return "Credential(...)"


def access_key_context(account_id: str, access_key_id: str) -> str:
    """Return the sealing context of an access key's secret: moved to another key or account it does not open."""
    return f"access-key/{account_id}/{access_key_id}"


def bearer_digest(token: str) -> str:
    """Return what is stored of an API key and looked up by: a guess learns nothing from how long the look-up takes."""
    return sha256(token.encode()).hex()


class Authentication:
    """Checks credentials."""

    def __init__(self, records: Records, sealer: Sealer, clock: Clock) -> None:
        self._records = records
        self._sealer = sealer
        self._clock = clock
        self._known: GenerationCache[str, Credential] = GenerationCache(8192)
        self._unknown: GenerationCache[str, Credential] = GenerationCache(1024)
        self._sealed_decoy = sealer.seal(secret_access_key().encode(), context=_DECOY_CONTEXT)
        self._bearers: GenerationCache[str, tuple[Caller, int]] = GenerationCache(4096)
        self.uses: dict[str, KeyUse] = {}

    async def authenticate(self, request: HttpRequest, claim: SigV4Claim | BearerClaim | None = None) -> Caller:
        """Return who signed the request.

        Args:
            request: as it came.
            claim: what `parse_credentials` said of it, where it has been asked already.

        Raises:
            NotAuthenticated: no credentials, or credentials that do not hold (`ringwall.wire.errors` has the kinds).
        """
        claim = claim or parse_credentials(request)
        if claim is None:
            raise MissingAuthenticationToken("Missing Authentication Token")
        now = self._clock()
        if isinstance(claim, BearerClaim):
            return await self._bearer(claim, now)
        credential = await self._credential(claim)
        verify_sigv4(claim, request, credential.secret_access_key, now)
        if credential.caller is None:
            raise UnrecognizedClient("The security token included in the request is invalid.")
        if credential.expires_at and now.timestamp() >= credential.expires_at:
            raise ExpiredToken("The security token included in the request is expired")
        self._note_use(claim, credential.caller, now)
        return credential.caller

    async def _credential(self, claim: SigV4Claim) -> Credential:
        generation = await self._records.generation()
        name = claim.session_token or claim.access_key_id
        found = self._known.get(generation, name) or self._unknown.get(generation, name)
        if found is None:
            found = await (self._from_token(claim.session_token) if claim.session_token else self._from_storage(claim.access_key_id))
            (self._unknown if found.caller is None else self._known).put(generation, name, found)
        if found.caller is not None and found.caller.access_key_id != claim.access_key_id:
            return self._decoy()  # a token that belongs to another key; what is kept under the token stays right
        return found

    async def _from_storage(self, access_key_id: str) -> Credential:
        key = await self._records.find(AccessKey, access_key_id)
        if key is None or key.status != "Active":
            return self._decoy()
        caller = await self._owner(key)
        if caller is None:
            return self._decoy()
        secret = self._sealer.open(key.sealed, context=access_key_context(key.account_id, key.name))
        return Credential(secret.decode(), caller)

    async def _owner(self, key: AccessKey) -> Caller | None:
        if not key.user_name:
            return root_of(key.account_id, key.name, guardrail=key.guardrail)
        user = await self._records.get(User, key.account_id, key.user_name)
        if user is None or key.name not in user.entity.access_keys:
            return None
        return caller_of(user.entity, key.name, guardrail=key.guardrail)

    async def _from_token(self, token: str) -> Credential:
        session = self._open_token(token)
        if session is None:
            return self._decoy()
        return Credential(session.secret_access_key, await self._under_parent(session.caller), session.expires_at)

    async def _under_parent(self, caller: Caller) -> Caller:
        """Return a session's caller under the guardrail that its parent key has now; of a key that is gone, under what it had then."""
        key = await self._records.find(AccessKey, caller.parent_key_id) if caller.parent_key_id else None
        return caller if key is None else msgspec.structs.replace(caller, guardrail=key.guardrail)

    def _open_token(self, token: str) -> Session | None:
        if len(token) > _TOKEN_CHARS:
            return None
        try:
            sealed = base64.b64decode(token, validate=True)
            return msgspec.msgpack.decode(self._sealer.open(sealed, context=TOKEN_CONTEXT), type=Session)
        except (binascii.Error, RingwallError, msgspec.DecodeError, ValueError):
            return None  # whatever is wrong with it, it is not a token that we issued

    def _decoy(self) -> Credential:
        return Credential(self._sealer.open(self._sealed_decoy, context=_DECOY_CONTEXT).decode(), None)

    async def _bearer(self, claim: BearerClaim, now: datetime) -> Caller:
        refused = UnrecognizedClient("Authentication failed: Please make sure your API Key is valid.")
        if len(claim.token) > _BEARER_CHARS:
            raise refused
        digest = bearer_digest(claim.token)
        generation = await self._records.generation()
        found = self._bearers.get(generation, digest)
        if found is None:
            found = await self._find_bearer(digest)
            if found is None:
                raise refused
            self._bearers.put(generation, digest, found)
        caller, expires = found
        if expires and now.timestamp() >= expires:
            raise refused
        return caller

    async def _find_bearer(self, digest: str) -> tuple[Caller, int] | None:
        key = await self._records.find(ApiKey, digest)
        if key is None or key.status != "Active":
            return None
        user = await self._records.get(User, key.account_id, key.user_name)
        if user is None or key.name not in user.entity.api_keys:
            return None
        return caller_of(user.entity, key.name, bearer=True, guardrail=key.guardrail), key.expires

    def _note_use(self, claim: SigV4Claim, caller: Caller, now: datetime) -> None:
        """Remember the last use of long-term keys, in memory; `AccessKeys.save_uses` writes it down now and then."""
        if caller.issued_at:
            return
        self.uses[claim.access_key_id] = KeyUse(
            account_id=caller.account_id,
            name=claim.access_key_id,
            created=int(now.timestamp()),
            region=claim.region,
            service=claim.service,
        )
