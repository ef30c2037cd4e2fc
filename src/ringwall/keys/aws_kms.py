"""Customer keys in AWS KMS, asked through boto3 (an extra, loaded when it is first needed).

Data keys are made by KMS's `GenerateDataKey` and opened by its `Decrypt`, both bound to an encryption context: KMS's own record
(CloudTrail) names account and period of each, and a key policy can ask for them (`kms:EncryptionContext:ringwall:account`). A data key's
plaintext passes over the wire from KMS's endpoint, under TLS; the customer key never leaves KMS.

Credentials are boto3's usual ones for this process. `AWS_ENDPOINT_URL` does not count: where ringwall runs it often points at ringwall.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from ringwall.errors import IntegrityError, InvalidRequest, SettingsError
from ringwall.keys.customer_keys import CustomerKeyUnavailable, Wrapped

CONNECT_TIMEOUT_S: Final = 2.0
READ_TIMEOUT_S: Final = 4.0
_ATTEMPTS: Final = 2
_THREADS: Final = 4
REGIONS: Final = 32
"""Regions whose clients are kept; the one that was asked longest ago makes room: an account may name keys of regions that do not exist."""
# An alias may be pointed at another key, which would not open what the first one wrapped: a key is named by its own ARN.
_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:kms:(?P<region>[a-z0-9-]{1,40}):[0-9]{12}:key/[A-Za-z0-9-]{1,100}\Z", re.ASCII)
_ALTERED = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})

_Result = TypeVar("_Result")


class KmsLibraryMissing(SettingsError, code="kms-library-missing"):
    """Customer keys in AWS KMS need the library boto3."""

    remedy = "install ringwall[kms], or take the `aws-kms:` keys out of `customer_keys`"


class AwsKms:
    """The provider of `aws-kms:` keys."""

    def __init__(self, *, endpoint: str = "", regions: int = REGIONS) -> None:
        """Take the address of the server; empty: AWS's own for the key's region.

        Args:
            endpoint: the address.
            regions: for how many of them clients are kept.

        Raises:
            KmsLibraryMissing: boto3 is not installed.
        """
        if importlib.util.find_spec("boto3") is None:
            raise KmsLibraryMissing("customer keys in AWS KMS are configured, and the library `boto3` is not installed")
        self._endpoint = endpoint or None
        self._regions = regions
        self._clients: OrderedDict[str, Any] = OrderedDict()
        self._making = threading.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="ringwall-kms")

    def check(self, name: str) -> None:
        """Refuse what is no key's ARN."""
        _region(name)

    async def generate(self, account_id: str, name: str, context: Mapping[str, str]) -> Wrapped:
        """Have KMS make a data key.

        Raises:
            CustomerKeyUnavailable: KMS refuses, or does not answer.
        """
        bound = _bound(account_id, context)

        def ask() -> Wrapped:
            made = self._client(name).generate_data_key(KeyId=name, KeySpec="AES_256", EncryptionContext=bound)
            return Wrapped(made["Plaintext"], made["CiphertextBlob"])

        return await self._ask(ask)

    async def unwrap(self, account_id: str, name: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Have KMS open a data key.

        Raises:
            CustomerKeyUnavailable: KMS refuses, or does not answer.
            IntegrityError: the wrapped key was altered, or belongs to another key, account or context.
        """
        bound = _bound(account_id, context)

        def ask() -> bytes:
            opened: bytes = self._client(name).decrypt(KeyId=name, CiphertextBlob=wrapped, EncryptionContext=bound)["Plaintext"]
            return opened

        return await self._ask(ask)

    async def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in self._clients.values():
            client.close()

    async def _ask(self, ask: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _translated, ask)

    def _client(self, name: str) -> Any:
        region = _region(name)
        with self._making:  # boto3's sessions are not made for threads; its clients are
            if region not in self._clients:
                config = importlib.import_module("botocore.config").Config(
                    connect_timeout=CONNECT_TIMEOUT_S,
                    read_timeout=READ_TIMEOUT_S,
                    retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
                    ignore_configured_endpoint_urls=True,
                )
                session = importlib.import_module("boto3").session.Session()
                self._clients[region] = session.client("kms", region_name=region, endpoint_url=self._endpoint, config=config)
                if len(self._clients) > self._regions:
                    self._clients.popitem(last=False)  # not closed: a thread may be asking it
            self._clients.move_to_end(region)
            return self._clients[region]


def _translated(ask: Callable[[], _Result]) -> _Result:
    """Do what asks KMS, and say in ringwall's words what went wrong; KMS's message stays out: it may name what is none of the caller's."""
    errors = importlib.import_module("botocore.exceptions")
    try:
        return ask()
    except errors.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))[:80]
        if code in _ALTERED:
            raise IntegrityError("the wrapped data key was altered or belongs elsewhere", remedy="restore a backup") from None
        raise CustomerKeyUnavailable(f"KMS refuses the customer key: {code}", kms=code) from None
    except errors.BotoCoreError as error:
        raise CustomerKeyUnavailable(f"KMS cannot be asked: {type(error).__name__}") from None


def _region(name: str) -> str:
    matched = _ARN.match(name)
    if matched is None:
        raise InvalidRequest("a key in KMS is named by its ARN, `arn:aws:kms:REGION:ACCOUNT:key/ID`; aliases are not taken")
    return matched["region"]


def _bound(account_id: str, context: Mapping[str, str]) -> dict[str, str]:
    return {"ringwall:account": account_id, **{f"ringwall:{name}": value for name, value in context.items()}}
