"""Customer keys, from settings: which ones accounts may name, and where KMS is."""

from __future__ import annotations

from urllib.parse import urlsplit

from ringwall.bootstrap.settings import Settings
from ringwall.errors import SettingsError
from ringwall.keys import Keys
from ringwall.keys.aws_kms import AwsKms
from ringwall.keys.customer_keys import CustomerKeys, KeyProvider
from ringwall.keys.local_keyring import LocalKeyring
from ringwall.storage import Storage

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class KmsEndpointRefused(SettingsError, code="kms-endpoint-refused"):
    """The address in `kms_endpoint` cannot be used."""

    remedy = "write https://HOST:PORT; data keys pass over it in the clear, so plain http is for this machine only"


def open_customer_keys(settings: Settings, storage: Storage, keys: Keys) -> CustomerKeys:
    """Return the table of customer keys' providers.

    Raises:
        SettingsError: a key of no known scheme, an address that cannot be used, or the library for KMS is missing.
    """
    providers: dict[str, KeyProvider] = {"local": LocalKeyring(storage, keys)}
    if any(key.startswith("aws-kms:") for key in settings.customer_keys):
        providers["aws-kms"] = AwsKms(endpoint=_checked(settings.kms_endpoint))
    return CustomerKeys(providers, settings.customer_keys)


def _checked(endpoint: str) -> str:
    if not endpoint:
        return ""
    try:
        address = urlsplit(endpoint)
        host, _ = address.hostname, address.port
    except ValueError:
        raise KmsEndpointRefused("`kms_endpoint` is no address") from None
    if not host or address.username is not None or address.query or address.fragment:
        raise KmsEndpointRefused("`kms_endpoint` is no address of a server, or holds more than one")
    if address.scheme != "https" and not (address.scheme == "http" and host in _LOOPBACK):
        raise KmsEndpointRefused("`kms_endpoint` is not under TLS, and not on this machine")
    return endpoint
