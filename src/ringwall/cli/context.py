"""What every command is given: the parsed command line, the effective settings, and a client when it asks for one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringwall.bootstrap.settings import Settings, Sourced
from ringwall.cli.client import Client, connect
from ringwall.cli.output import print_json
from ringwall.errors import InvalidRequest, LimitExceeded


@dataclass(frozen=True, slots=True)
class Context:
    """One run of the command line."""

    arguments: argparse.Namespace
    sourced: Sourced

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        return self.sourced.settings

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Open a client for the duration of a block."""
        client = await connect(self.settings, self.arguments.account)
        try:
            yield client
        finally:
            await client.close()

    def show(self, value: Any, readable: str) -> None:
        """Print `value` as JSON with `--json`, else the readable form."""
        if self.arguments.json:
            print_json(value)
        else:
            print(readable)

    def read_text(self, argument: str) -> str:
        """Return the argument itself, or standard input for `-`.

        Raises:
            LimitExceeded: longer than `limits.text_chars`. InvalidRequest: not UTF-8.
        """
        return argument if argument != "-" else decode_text(sys.stdin.buffer.read(self.settings.limits.body_bytes + 1), self.settings)

    def read_file(self, argument: str) -> bytes:
        """Return a file's bytes, or standard input's for `-`.

        Raises:
            InvalidRequest: the file cannot be read. LimitExceeded: larger than `limits.body_bytes`.
        """
        limit = self.settings.limits.body_bytes
        try:
            if argument == "-":
                read = sys.stdin.buffer.read(limit + 1)
            else:
                with Path(argument).open("rb") as file:
                    read = file.read(limit + 1)
        except OSError as error:
            raise InvalidRequest(f"cannot read `{argument}`: {error.strerror}") from error
        if len(read) > limit:
            raise LimitExceeded(f"`{argument}` has more than {limit} bytes")
        return read


def decode_text(read: bytes, settings: Settings) -> str:
    """Turn standard input into text, within the limits."""
    if len(read) > settings.limits.body_bytes:
        raise LimitExceeded(f"the text has more than {settings.limits.body_bytes} bytes")
    try:
        return read.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the text is not UTF-8 at byte {error.start}") from error
