"""A ringwall of its own process, and boto3 clients for it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

CALLED: set[tuple[str, str]] = set()
"""Service and operation of every call that a client of this process has made and that was answered."""


@dataclass
class Server:
    url: str
    account: str
    keys: tuple[str, str]

    def client(self, service: str, keys: tuple[str, ...] | None = None) -> Any:
        chosen = keys or self.keys
        client = boto3.session.Session().client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=chosen[0],
            aws_secret_access_key=chosen[1],
            aws_session_token=chosen[2] if len(chosen) > 2 else None,
            config=Config(retries={"total_max_attempts": 1}),
        )
        client.meta.events.register("after-call.*.*", _note)
        return client


def _note(http_response: Any, model: Any, **_: Any) -> None:
    if http_response.status_code == 200:
        CALLED.add((model.service_model.service_name, model.name))


@contextmanager
def running(directory: Path) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "RINGWALL_"))}
    command = [sys.executable, "-m", "ringwall", "up", "--port", str(port), "--data-dir", str(directory), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield Server(ready["url"], ready["accountId"], (ready["accessKeyId"], ready["secretAccessKey"]))
        finally:
            process.terminate()
            process.wait(timeout=30)
