"""A running ringwall: the real process on a free port of this machine, with a data directory of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def free_port() -> int:
    """Ask the kernel for a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Live:
    """One server and what it printed when it was ready."""

    process: subprocess.Popen[str]
    data_dir: Path
    ready: dict[str, Any]

    @property
    def url(self) -> str:
        """Where every client points."""
        return str(self.ready["url"])

    @property
    def credentials(self) -> dict[str, str]:
        """The environment variables that point an unmodified AWS client here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.ready["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.ready["secretAccessKey"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }

    def stop(self) -> int:
        """Ask it to end, as an init system does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.process.returncode


def start(data_dir: Path, *arguments: str, port: int | None = None) -> Live:
    """Start `ringwall up` and wait for its one JSON line."""
    command = [
        sys.executable,
        "-m",
        "ringwall",
        "up",
        "--json",
        "--data-dir",
        str(data_dir),
        "--port",
        str(port or free_port()),
        *arguments,
    ]
    log = data_dir.parent / f"{data_dir.name}.log"
    with log.open("a") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.communicate(timeout=30)
        raise AssertionError(f"no server: exit code {process.returncode}\n{log.read_text()[-4000:]}")
    return Live(process=process, data_dir=data_dir, ready=json.loads(line))
