"""Upstreams' credentials: rows hold references, values are read when they are used and stand nowhere else.

    env:NAME    a variable of the process; for the operator's rows only. Not one that begins with RINGWALL_.
    file:NAME   a file in DATA/upstreams (settings' rows) or DATA/upstreams/ACCOUNT (an account's rows), for its owner alone.

A value is one line: an API key; for Bedrock `ACCESS-KEY-ID:SECRET` or `ACCESS-KEY-ID:SECRET:SESSION-TOKEN`, or a Bedrock API key.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path

from ringwall.inference.upstreams.errors import CredentialMissing

FOLDER = "upstreams"
KEPT_S = 30.0
_BYTES = 16 * 1024
_MOST = 1000
_VALUE = re.compile(r"[\x21-\x7e]+")
_ACCOUNT = re.compile(r"[0-9]{12}")

ReadVariable = Callable[[str], str | None]


class Credentials:
    """Reads what references name; a value is kept for half a minute, so that a replaced file counts soon. `repr` shows nothing."""

    __slots__ = ("_folder", "_kept", "_timer", "_variable")

    def __init__(self, data_dir: Path, variable: ReadVariable, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._folder = data_dir / FOLDER
        self._variable = variable
        self._timer = timer
        self._kept: dict[tuple[str, str], tuple[float, str]] = {}

    def __repr__(self) -> str:
        return "Credentials()"

    async def read(self, owner: str, reference: str) -> str:
        """Return a credential; "" for no reference.

        Args:
            owner: the account whose row names it; "" for the settings' rows.
            reference: `env:NAME` or `file:NAME`.

        Raises:
            CredentialMissing: it is not there, others can read it, or it is not one line; no value is quoted.
        """
        if not reference:
            return ""
        kept = self._kept.get((owner, reference))
        now = self._timer()
        if kept is not None and now - kept[0] < KEPT_S:
            return kept[1]
        scheme, _, name = reference.partition(":")
        text = self._from_variable(name) if scheme == "env" else await asyncio.to_thread(self._from_file, owner, name)
        value = text.strip()
        if not _VALUE.fullmatch(value):
            raise CredentialMissing(f"the credential `{reference}` is empty, or has characters that a header cannot carry")
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[owner, reference] = (now, value)
        return value

    def _from_variable(self, name: str) -> str:
        value = None if name.startswith("RINGWALL_") else self._variable(name)
        if value is None:
            raise CredentialMissing(f"the variable `{name}` that a model's row names is not set")
        return value

    def _from_file(self, owner: str, name: str) -> str:
        if owner and not _ACCOUNT.fullmatch(owner):
            raise CredentialMissing("the row belongs to no account")
        path = self._folder / owner / name
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise CredentialMissing(f"others can read the credential `file:{name}`", remedy="chmod 600 it")
                return file.read(_BYTES).decode("ascii")
        except (OSError, UnicodeDecodeError):
            raise CredentialMissing(f"the credential `file:{name}` that a model's row names cannot be read") from None
