"""A KMS that others wrote (moto), in an environment and a process of its own."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.environments import environment, install_python
from tests.live import free_port

LOCK = Path(__file__).parent / "integration" / "keys" / "moto" / "requirements.txt"
REGION = "eu-west-1"


@dataclass
class Kms:
    """A server that runs, and a client of its owner's."""

    url: str
    owner: Any

    def key(self) -> str:
        """Make a customer key and return its ARN."""
        return str(self.owner.create_key()["KeyMetadata"]["Arn"])

    def forget(self) -> None:
        """Delete every key, as KMS does when their waiting periods are over."""
        self.post("/moto-api/reset", b"")

    def post(self, path: str, body: bytes) -> None:
        """Tell moto something about itself."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        connection.request("POST", path, body)
        assert connection.getresponse().status == 200
        connection.close()


@contextmanager
def running() -> Iterator[Kms]:
    """Run a KMS for as long as the context lasts."""
    python, port = environment(LOCK, install_python) / "bin" / "python", free_port()
    command = [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port, process)
            url = f"http://127.0.0.1:{port}"
            yield Kms(url, client(url))
        finally:
            process.terminate()


def client(url: str) -> Any:
    """Return a client of a KMS."""
    secrets = {"aws_access_key_id": "owner", "aws_secret_access_key": "owner"}
    return boto3.client("kms", region_name=REGION, endpoint_url=url, config=Config(retries={"total_max_attempts": 1}), **secrets)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "moto ended by itself"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("moto does not listen")
