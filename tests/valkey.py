"""A Valkey or Redis server of its own for a test: it can be killed and started again; nothing it holds outlives its process."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.live import free_port


@dataclass
class Valkey:
    """One server on a port of this machine; nothing it holds outlives its process."""

    program: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients point."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.process = subprocess.Popen([self.program, *options], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if b"Ready to accept connections" in line:
                break
        else:
            raise AssertionError("the server did not start")
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(b"PING\r\n")
            assert client.recv(16).startswith(b"+PONG")

    def freeze(self) -> None:
        """Let it keep its connections and answer nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate(timeout=30)
            self.process = None


@contextmanager
def running(folder: Path) -> Iterator[Valkey]:
    """Run one server while the block runs; skip the test where there is no program, or no client for it."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        pytest.skip("valkey: no server")
    pytest.importorskip("redis", reason="redis: the extra `shared-limits` is not installed")
    one = Valkey(program, folder)
    one.start()
    try:
        yield one
    finally:
        one.kill()
