"""Customer keys: what wraps an account's data keys. A table of providers by URI scheme; settings say which keys accounts may name.

    local:NAME              a key of the account's own, sealed under the root key (local_keyring.py); `local:` is the one without a name
    aws-kms:KEY-ARN         a key in AWS KMS (aws_kms.py)

Rules this file upholds: a key that settings do not name wraps nothing; a wrapped data key opens only for the context it was wrapped for; no
key and no plaintext is in a message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from ringwall.errors import DependencyError, InvalidRequest, SettingsError
from ringwall.keys.envelope import KEY_BYTES

NAME_CHARS: Final = 512
_WRAPPED_BYTES: Final = 6_144  # KMS: a ciphertext blob has at most that


class CustomerKeyNotAllowed(InvalidRequest, code="customer-key-not-allowed"):
    """The settings do not let accounts use this customer key."""

    remedy = "name a key that the setting `customer_keys` has, or have the operator add it"


class CustomerKeyUnavailable(DependencyError, code="customer-key-unavailable"):
    """The customer key cannot be used now."""

    remedy = "see that its provider answers, that the key is enabled, and that ringwall may use it"


class InvalidCustomerKeys(SettingsError, code="invalid-customer-keys"):
    """The setting `customer_keys` names what is no customer key."""

    remedy = "write `local:`, `local:NAME` or `aws-kms:` and the ARN of a key; a `*` at the end stands for any rest"


class Wrapped(NamedTuple):
    """A fresh data key: as it is, never to be stored, and as it is stored."""

    plaintext: bytes
    wrapped: bytes

    def __repr__(self) -> str:
        return "Wrapped(...)"


class KeyProvider(Protocol):
    """Makes and opens data keys under customer keys of one scheme. `name` is what follows the scheme."""

    def check(self, name: str) -> None:
        """Raise `InvalidRequest` where this cannot be a key's name."""
        ...

    async def generate(self, account_id: str, name: str, context: Mapping[str, str]) -> Wrapped:
        """Draw a data key and wrap it. Raises CustomerKeyUnavailable."""
        ...

    async def unwrap(self, account_id: str, name: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Open a wrapped data key. Raises CustomerKeyUnavailable, IntegrityError."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


class CustomerKeys:
    """The table of providers, and which keys accounts may name."""

    def __init__(self, providers: Mapping[str, KeyProvider], allowed: Sequence[str]) -> None:
        """Take the table.

        Args:
            providers: by scheme.
            allowed: keys as `SCHEME:NAME`; a `*` at the end stands for any rest of the name.

        Raises:
            InvalidCustomerKeys: one of `allowed` has a scheme that is not in the table, or no possible name.
        """
        self._providers = dict(providers)
        self._allowed = tuple(allowed)
        for key in self._allowed:
            scheme, separator, name = key.partition(":")
            if not separator or scheme not in self._providers:
                raise InvalidCustomerKeys(f"`{key[:NAME_CHARS]}` has no scheme that this ringwall has a provider for")
            if not name.endswith("*"):
                try:
                    self._providers[scheme].check(name)
                except InvalidRequest as error:
                    raise InvalidCustomerKeys(f"`{key[:NAME_CHARS]}`: {error.message}") from None

    def check(self, key: str) -> None:
        """Refuse a customer key that accounts may not name.

        Raises:
            CustomerKeyNotAllowed, InvalidRequest: as their names say.
        """
        provider, name = self._find(key)
        provider.check(name)

    async def generate(self, account_id: str, key: str, context: Mapping[str, str]) -> Wrapped:
        """Draw a data key and wrap it under a customer key.

        Raises:
            CustomerKeyNotAllowed: the settings do not name it (any more). CustomerKeyUnavailable: it cannot be used.
        """
        provider, name = self._find(key)
        made = await provider.generate(account_id, name, context)
        if len(made.plaintext) != KEY_BYTES or not 0 < len(made.wrapped) <= _WRAPPED_BYTES:
            raise CustomerKeyUnavailable("the key's provider answered with what is no data key")
        return made

    async def unwrap(self, account_id: str, key: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Open a data key.

        A key that settings do not name any more still opens what it wrapped, as long as its scheme has a provider.

        Raises:
            CustomerKeyUnavailable: it cannot be used. IntegrityError: the wrapped key was altered or belongs elsewhere.
        """
        scheme, _, name = key.partition(":")
        if scheme not in self._providers:
            raise CustomerKeyUnavailable(f"this ringwall has no provider for `{scheme[:40]}:` keys", remedy="name one in `customer_keys`")
        plaintext = await self._providers[scheme].unwrap(account_id, name, wrapped, context)
        if len(plaintext) != KEY_BYTES:
            raise CustomerKeyUnavailable("the key's provider answered with what is no data key")
        return plaintext

    async def close(self) -> None:
        """Let go of every provider."""
        for provider in self._providers.values():
            await provider.close()

    def _find(self, key: str) -> tuple[KeyProvider, str]:
        if len(key) > NAME_CHARS or not any(_matches(key, allowed) for allowed in self._allowed):
            raise CustomerKeyNotAllowed("accounts may not use this customer key")
        scheme, _, name = key.partition(":")
        return self._providers[scheme], name


def _matches(key: str, allowed: str) -> bool:
    return key.startswith(allowed[:-1]) if allowed.endswith("*") else key == allowed
